#include "fit/vector_products.h"
#include "kernels/gemm.h"
#include "parallel.h"

static gemm_operand vectors_in(const float * data, size_t width) {
    return {data, GGML_TYPE_F32, static_cast<int64_t>(width * sizeof(float)), true};
}

void multiply_vectors(const float * left, size_t n_left, const float * right, size_t n_right, size_t width, float * products, int32_t threads) {
    const int64_t rows = static_cast<int64_t>(n_left), columns = static_cast<int64_t>(n_right), k = static_cast<int64_t>(width);
    for_each_index(static_cast<size_t>(threads), threads, [&](size_t thread) {
        const gemm_share share = share_gemm(rows, columns, k, GGML_TYPE_F32, static_cast<int>(thread), threads);
        gemm(vectors_in(left, width), vectors_in(right, width), share.rows, share.columns, k, products, columns, false, static_cast<int>(thread));
    });
}
