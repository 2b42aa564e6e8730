#include "fit/symmetric_inverse.h"
#include "kernels/gemm.h"
#include "parallel.h"
#include <algorithm>
#include <stdexcept>

namespace {

const int64_t PIVOTS = 128, ROWS = 192; // of a block that is swept, and of one that is updated at once

// Gauss-Jordan without exchanges, which a positive definite matrix does not need.
void invert_pivots(std::vector<double> & a, int64_t n) {
    for (int64_t k = 0; k < n; k++) {
        const double pivot = a[k * n + k];
        if (!(pivot > 0)) throw std::domain_error("the matrix is not positive definite");
        a[k * n + k] = 1;
        for (int64_t j = 0; j < n; j++) a[k * n + j] /= pivot;
        for (int64_t i = 0; i < n; i++) {
            if (i == k) continue;
            const double factor = a[i * n + k];
            a[i * n + k] = 0;
            for (int64_t j = 0; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
        }
    }
}

gemm_operand rows_of(const std::vector<float> & matrix, int64_t width) {
    return {matrix.data(), GGML_TYPE_F32, width * static_cast<int64_t>(sizeof(float)), true};
}

// Blocks of rows 0, 1, ..., each once, thread t doing those with the numbers t, t + threads, ...
void for_each_block(int64_t n, int32_t threads, const std::function<void(gemm_range rows, int thread)> & body) {
    for_each_index(static_cast<size_t>(threads), threads, [&](size_t thread) {
        for (int64_t begin = static_cast<int64_t>(thread) * ROWS; begin < n; begin += threads * ROWS) body({begin, std::min(begin + ROWS, n)}, static_cast<int>(thread));
    });
}

} // namespace

void invert_symmetric(std::vector<float> & matrix, int64_t n, int32_t threads, const std::function<void()> & between) {
    float * a = matrix.data();
    std::vector<float> column(static_cast<size_t>(n * PIVOTS)), swept(column.size()), negative(static_cast<size_t>(PIVOTS * PIVOTS)); // A_iK; -A_iK D; -D
    for (int64_t k = 0; k < n; k += PIVOTS) {
        const int64_t width = std::min(PIVOTS, n - k);
        std::vector<double> pivots(static_cast<size_t>(width * width));
        for (int64_t i = 0; i < width; i++)
            for (int64_t j = 0; j < width; j++) pivots[i * width + j] = a[(k + std::max(i, j)) * n + k + std::min(i, j)];
        invert_pivots(pivots, width);
        for (int64_t i = 0; i < width * width; i++) negative[i] = static_cast<float>(-pivots[i]);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < width; j++) column[i * width + j] = i < k ? a[(k + j) * n + i] : i < k + width ? 0 : a[i * n + k + j]; // zeros: what is swept stays out
        for_each_block(n, threads, [&](gemm_range rows, int thread) {
            gemm(rows_of(column, width), rows_of(negative, width), rows, {0, width}, width, swept.data(), width, false, thread);
        });
        for_each_block(n, threads, [&](gemm_range rows, int thread) {
            gemm(rows_of(swept, width), rows_of(column, width), rows, {0, rows.end}, width, a, n, true, thread);
        });
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < width; j++) {
                if (i < k) a[(k + j) * n + i] = -swept[i * width + j];
                else if (i >= k + width) a[i * n + k + j] = -swept[i * width + j];
                else a[i * n + k + j] = negative[(i - k) * width + j];
            }
        }
        between();
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = -a[i * n + j];
}
