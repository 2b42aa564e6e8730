#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <cmath>

static const int64_t LOGITS_AT_ONCE = 1 << 18; // 1 MB: they are gone over four times, and stay in the cache

double softmax_loss(const_matrix h, const_matrix items, const int32_t * targets, float weight, matrix_view dh, matrix_view d_items, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t at_once = std::min(h.rows, std::max<int64_t>(LOGITS_AT_ONCE / items.rows, 16));
    std::vector<float> memory(static_cast<size_t>(at_once * items.rows));
    double loss = 0;
    for (int64_t first = 0; first < h.rows; first += at_once) {
        const int64_t n = std::min(at_once, h.rows - first);
        const matrix_view logits(memory.data(), n, items.rows);
        multiply_by_transposed(h.part(first, n), items, logits, onto::nothing, lane);
        for (int64_t i = 0; i < n; i++) {
            float * row = logits.row(i);
            const int32_t target = targets[first + i];
            const float top = cpu.maximum(items.rows, row);
            const double sum = cpu.exp_sum(items.rows, row, top);
            loss += std::log(sum) + (static_cast<double>(top) - static_cast<double>(row[target]));
            cpu.exp_scaled(items.rows, row, top, static_cast<float>(weight / sum), row);
            row[target] -= weight;
        }
        multiply(logits, items, dh.part(first, n), onto::nothing, lane);
        multiply_transposed(logits, h.part(first, n), d_items, onto::what_is_there, lane);
    }
    return loss;
}
