// Products of vectors in the memory of this process.
#pragma once
#include <cstddef>
#include <cstdint>

// Sixteen sums side by side, added up in a fixed order: the compiler may compute them at once.
inline float inner_product(const float * a, const float * b, size_t n) {
    float sums[16] = {};
    size_t k = 0;
    for (; k + 16 <= n; k += 16)
        for (size_t lane = 0; lane < 16; lane++) sums[lane] += a[k + lane] * b[k + lane];
    for (size_t lane = 0; k < n; k++, lane++) sums[lane] += a[k] * b[k];
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++) sums[lane] += sums[lane + half];
    return sums[0];
}

// products[i][j] = left[i] . right[j]: [n_left][width], [n_right][width]. A product has the same bytes whatever stands beside it.
// Takes the lanes 0 .. threads - 1 (dense_products.h): not to be called by several threads at once.
void multiply_vectors(const float * left, size_t n_left, const float * right, size_t n_right, size_t width, float * products, int32_t threads);
