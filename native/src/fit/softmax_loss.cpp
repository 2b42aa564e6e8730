#include "fit/softmax_loss.h"
#include "fit/vector_products.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <cmath>

static const int64_t LOGITS_AT_ONCE = 1 << 18; // 1 MB: they are gone over four times, and stay in the cache

static double over_all(const_matrix h, const_matrix items, const int32_t * targets, float weight, matrix_view dh, matrix_view d_items, int lane) {
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

// As over_all, with a row's target beside the drawn items, and left out where it is one of them.
static double over_drawn(const_matrix h, const_matrix items, const int32_t * targets, const drawn_items & drawn, float weight, matrix_view dh, matrix_view d_items, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    if (drawn.items.empty()) {
        for (int64_t i = 0; i < h.rows; i++) std::fill_n(dh.row(i), dh.columns, 0.0f);
        return 0;
    }
    const int64_t n_drawn = static_cast<int64_t>(drawn.items.size()), width = items.columns;
    std::vector<float> vectors(static_cast<size_t>(n_drawn * width)), d_vectors(vectors.size(), 0.0f);
    for (int64_t j = 0; j < n_drawn; j++) std::copy_n(items.row(drawn.items[static_cast<size_t>(j)]), width, vectors.data() + j * width);
    const const_matrix others(vectors.data(), n_drawn, width);
    const int64_t at_once = std::min(h.rows, std::max<int64_t>(LOGITS_AT_ONCE / n_drawn, 16));
    std::vector<float> memory(static_cast<size_t>(at_once * n_drawn));
    std::vector<float> of_target(static_cast<size_t>(at_once)); // d loss / d logit
    double loss = 0;
    for (int64_t first = 0; first < h.rows; first += at_once) {
        const int64_t n = std::min(at_once, h.rows - first);
        const matrix_view logits(memory.data(), n, n_drawn);
        multiply_by_transposed(h.part(first, n), others, logits, onto::nothing, lane);
        for (int64_t i = 0; i < n; i++) {
            float * row = logits.row(i);
            const int32_t target = targets[first + i];
            const auto found = std::lower_bound(drawn.items.begin(), drawn.items.end(), target);
            float * twice = found != drawn.items.end() && *found == target ? row + (found - drawn.items.begin()) : nullptr;
            const float own = inner_product(h.row(first + i), items.row(target), static_cast<size_t>(width));
            cpu.add(n_drawn, drawn.corrections.data(), row);
            if (twice) *twice = -INFINITY;
            const float top = std::max(cpu.maximum(n_drawn, row), own);
            const double of_own = std::exp(static_cast<double>(own) - static_cast<double>(top)), sum = cpu.exp_sum(n_drawn, row, top) + of_own;
            loss += std::log(sum) + (static_cast<double>(top) - static_cast<double>(own));
            cpu.exp_scaled(n_drawn, row, top, static_cast<float>(weight / sum), row);
            if (twice) *twice = 0;
            of_target[static_cast<size_t>(i)] = static_cast<float>(weight * (of_own / sum - 1));
        }
        multiply(logits, others, dh.part(first, n), onto::nothing, lane);
        multiply_transposed(logits, h.part(first, n), {d_vectors.data(), n_drawn, width}, onto::what_is_there, lane);
        for (int64_t i = 0; i < n; i++) {
            const int32_t target = targets[first + i];
            cpu.add_scaled(width, of_target[static_cast<size_t>(i)], items.row(target), dh.row(first + i));
            cpu.add_scaled(width, of_target[static_cast<size_t>(i)], h.row(first + i), d_items.row(target));
        }
    }
    for (int64_t j = 0; j < n_drawn; j++) cpu.add(width, d_vectors.data() + j * width, d_items.row(drawn.items[static_cast<size_t>(j)]));
    return loss;
}

double softmax_loss(const_matrix h, const_matrix items, const int32_t * targets, const drawn_items * drawn, float weight, matrix_view dh, matrix_view d_items, int lane) {
    return drawn ? over_drawn(h, items, targets, *drawn, weight, dh, d_items, lane) : over_all(h, items, targets, weight, dh, d_items, lane);
}
