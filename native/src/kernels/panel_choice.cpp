#include "kernels/panel_choice.h"
#include "kernels/gemm.h"
#include <algorithm>
#include <cmath>
#include <ctime>

static const double WORTH_LEAVING_F32 = 1.25;
static const double LARGEST_ERROR = 1e-2; // of the result's root mean square; bf16 stays below 5e-3

bool gives_right_answers(const narrow_panels & panels) {
    // More than one tile, more than one sum of 64 terms, and remainders of all three.
    const int64_t rows = 17, columns = 71, k = 150;
    uint32_t state = 1;
    const auto next = [&] { return (float) ((state = state * 1664525u + 1013904223u) >> 8) / 8388608.0f - 1; };
    std::vector<float> a(rows * k), b(columns * k), c(rows * columns, NAN);
    for (float & value : a) value = next();
    for (float & value : b) value = next();
    gemm({a.data(), GGML_TYPE_F32, k * 4, true}, {b.data(), GGML_TYPE_F32, k * 4, true}, {0, rows}, {0, columns}, k, c.data(), columns, false, 0, &panels);
    double error = 0, size = 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            double exact = 0;
            for (int64_t step = 0; step < k; step++) exact += (double) a[i * k + step] * b[j * k + step];
            const double difference = c[i * columns + j] - exact;
            error += difference * difference;
            size += exact * exact;
        }
    return std::sqrt(error / size) <= LARGEST_ERROR; // false for NaN
}

// Processor time of the calling thread, so that a neighbour's turn on the core does not count.
static double thread_seconds() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

double speed_of(const cpu_kernels & cpu, const narrow_panels * panels) {
    const int64_t k = 256;
    const int height = panels ? panels->tile_rows : cpu.tile_rows, width = panels ? panels->tile_columns : cpu.tile_columns;
    std::vector<float> plain_a(height * k + pack_slack, 0.5f), plain_b(width * k + pack_slack, 0.25f), c(height * width);
    std::vector<float> ones(height, 1.0f), scales(k / narrow_terms * width, 1.0f);
    std::vector<uint32_t> a(panels ? panels->rows_size(k) + pack_slack : 0), b(panels ? panels->columns_size(k) + pack_slack : 0);
    if (panels) {
        panels->narrow_rows(k, plain_a.data(), ones.data(), a.data());
        panels->narrow_columns(k, plain_b.data(), b.data(), scales.data());
    }
    const double start = thread_seconds();
    double seconds = 0;
    int64_t tiles = 0;
    while (seconds < 0.001) {
        for (int repeat = 0; repeat < 16; repeat++) {
            if (panels) panels->tile(k, a.data(), b.data(), scales.data(), ones.data(), c.data(), width, false, height, width);
            else cpu.tile(k, plain_a.data(), plain_b.data(), c.data(), width, false, height, width);
        }
        tiles += 16;
        seconds = thread_seconds() - start;
    }
    return 2.0 * (double) (tiles * k * height * width) / seconds;
}

const narrow_panels * choose_panels(const cpu_kernels & cpu, const std::vector<const narrow_panels *> & candidates,
                                    const std::function<double(const cpu_kernels &, const narrow_panels *)> & speed) {
    std::vector<const narrow_panels *> right = {nullptr};
    for (const narrow_panels * candidate : candidates)
        if (gives_right_answers(*candidate)) right.push_back(candidate);
    if (right.size() == 1) return nullptr;
    std::vector<double> best(right.size(), 0);
    for (int round = 0; round < 4; round++)
        for (size_t i = 0; i < right.size(); i++) best[i] = std::max(best[i], speed(cpu, right[i]));
    const size_t fastest = (size_t) (std::max_element(best.begin(), best.end()) - best.begin());
    return best[fastest] > WORTH_LEAVING_F32 * best[0] ? right[fastest] : nullptr;
}
