#include "fit/gru_layer.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <numeric>

step_order::step_order(const std::vector<sequence_window> & windows) : begin_{0}, rank_(windows.size()) {
    std::vector<size_t> order(windows.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return windows[a].n_inputs > windows[b].n_inputs; });
    for (size_t i = 0; i < order.size(); i++) rank_[order[i]] = static_cast<int64_t>(i);
    int64_t running = static_cast<int64_t>(windows.size());
    for (int32_t step = 0;; step++) {
        while (running > 0 && windows[order[static_cast<size_t>(running - 1)]].n_inputs <= step) running--;
        if (running == 0) break;
        begin_.push_back(begin_.back() + running);
    }
}

static matrix_view rows_of(std::vector<float> & memory, int64_t rows, int64_t columns) {
    memory.resize(static_cast<size_t>(rows * columns));
    return {memory.data(), rows, columns};
}

void gru_forward(const gru_weights & w, const step_order & steps, const_matrix x, gru_pass & pass, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t n = steps.n_rows(), width = w.width();
    const matrix_view gates = rows_of(pass.gates, n, 3 * width), from_state = rows_of(pass.from_state, n, 3 * width);
    const matrix_view before = rows_of(pass.before, n, width), behind = rows_of(pass.behind, n, width);
    multiply_by_transposed(x, w.input, gates, onto::nothing, lane);
    const packed_matrix state(w.state, true);
    std::vector<float> working;
    for (int64_t step = 0; step < steps.n_steps(); step++) {
        const int64_t first = steps.begin(step), running = steps.n_running(step);
        if (step == 0) {
            std::fill_n(before.row(0), running * width, 0.0f);
            std::fill_n(from_state.row(0), running * 3 * width, 0.0f);
        } else {
            std::copy_n(behind.row(steps.begin(step - 1)), running * width, before.row(first));
            state.multiply(before.part(first, running), from_state.part(first, running), onto::nothing, working);
        }
        for (int64_t row = first; row < first + running; row++) cpu.gru_cell(width, gates.row(row), from_state.row(row), before.row(row), behind.row(row));
    }
}

void gru_backward(const gru_weights & w, const step_order & steps, const_matrix x, gru_pass & pass, matrix_view d_behind, matrix_view dx,
                  matrix_view d_input, matrix_view d_state, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t n = steps.n_rows(), width = w.width();
    const matrix_view gates = rows_of(pass.gates, n, 3 * width), from_state = rows_of(pass.from_state, n, 3 * width);
    const matrix_view before = rows_of(pass.before, n, width);
    const packed_matrix state(w.state, false);
    std::vector<float> working, memory;
    for (int64_t step = steps.n_steps() - 1; step >= 0; step--) {
        const int64_t first = steps.begin(step), running = steps.n_running(step);
        const matrix_view back = rows_of(memory, running, width);
        for (int64_t i = 0; i < running; i++)
            cpu.gru_cell_back(width, gates.row(first + i), from_state.row(first + i), before.row(first + i), d_behind.row(first + i), back.row(i));
        if (step == 0) break;
        state.multiply(from_state.part(first, running), back, onto::what_is_there, working);
        cpu.add(running * width, back.data, d_behind.row(steps.begin(step - 1)));
    }
    multiply(gates, w.input, dx, onto::nothing, lane);
    multiply_transposed(gates, x, d_input, onto::what_is_there, lane);
    multiply_transposed(from_state, before, d_state, onto::what_is_there, lane);
}
