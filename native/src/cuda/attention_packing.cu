// Columns of a pass as the packed paths that attention works on, and what it says of places as columns again.
#include "grid.h"
#include "launch.h"
#include "numbers.cuh"

namespace cuda {

namespace {

const int THREADS = 128, WARPS = 4;

// What all places of a column say, in the order of the paths.
__global__ void over_places(path_shape shape, const float * by_place, int width, float * by_column) {
    const int column = blockIdx.x, depth = shape.place[column] % shape.length;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        float sum = 0;
        if (!shape.shares) sum = by_place[static_cast<size_t>(shape.place[column]) * width + i];
        for (int path = 0; shape.shares && path < shape.n_paths; path++) { // padding names column 0, but stands at no place of its depth
            const size_t place = static_cast<size_t>(path) * shape.length + depth;
            if (shape.gather[place] == column) sum += by_place[place * width + i];
        }
        by_column[static_cast<size_t>(column) * width + i] = sum;
    }
}

// Four numbers a thread.
__global__ void pack(path_shape shape, const float * x, int heads, __nv_bfloat16 * packed) {
    const int parts = shape.head_dim / 4;
    const size_t i = static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x, n = static_cast<size_t>(shape.n_paths) * heads * shape.padded * parts;
    if (i >= n) return;
    const int part = static_cast<int>(i % parts), place = static_cast<int>(i / parts % shape.padded), head = static_cast<int>(i / parts / shape.padded % heads);
    const int path = static_cast<int>(i / parts / shape.padded / heads);
    float4 values = make_float4(0, 0, 0, 0);
    if (place < shape.length) {
        const size_t column = shape.gather[static_cast<size_t>(path) * shape.length + place];
        values = *reinterpret_cast<const float4 *>(x + (column * heads + head) * shape.head_dim + part * 4);
    }
    store4(packed + i * 4, values);
}

// A place of a head a warp.
__global__ void pack_gradient(path_shape shape, const float * d_out, const __nv_bfloat16 * out, __nv_bfloat16 * packed, float * products) {
    const size_t row = static_cast<size_t>(blockIdx.x) * WARPS + threadIdx.x / 32, n = static_cast<size_t>(shape.n_paths) * shape.n_head * shape.padded;
    if (row >= n) return;
    const int place = static_cast<int>(row % shape.padded), head = static_cast<int>(row / shape.padded % shape.n_head), path = static_cast<int>(row / shape.padded / shape.n_head);
    const size_t at = static_cast<size_t>(path) * shape.length + place;
    const bool counts = place < shape.length && shape.first[at] != 0;
    const size_t from = counts ? (static_cast<size_t>(shape.gather[at]) * shape.n_head + head) * shape.head_dim : 0;
    float product = 0;
    for (int i = threadIdx.x % 32; i < shape.head_dim; i += 32) {
        const float value = counts ? d_out[from + i] : 0;
        if (counts) product += value * __bfloat162float(out[from + i]);
        packed[row * shape.head_dim + i] = __float2bfloat16(value);
    }
    product = over_warp(product);
    if (threadIdx.x % 32 == 0) products[row] = product;
}

} // namespace

void pack_heads(cudaStream_t stream, const path_shape & shape, const float * x, int32_t heads, void * packed) {
    const size_t n = static_cast<size_t>(shape.n_paths) * heads * shape.padded * (shape.head_dim / 4);
    pack<<<blocks_of(static_cast<int64_t>(n), THREADS), THREADS, 0, stream>>>(shape, x, heads, static_cast<__nv_bfloat16 *>(packed));
}

void pack_output_gradient(cudaStream_t stream, const path_shape & shape, const float * d_out, const void * out, void * packed, float * products) {
    const size_t n = static_cast<size_t>(shape.n_paths) * shape.n_head * shape.padded;
    pack_gradient<<<blocks_of(static_cast<int64_t>(n), WARPS), THREADS, 0, stream>>>(shape, d_out, static_cast<const __nv_bfloat16 *>(out), static_cast<__nv_bfloat16 *>(packed), products);
}

void sum_places(cudaStream_t stream, const path_shape & shape, const float * by_place, float * by_column) {
    over_places<<<static_cast<unsigned>(shape.n_columns), THREADS, 0, stream>>>(shape, by_place, shape.head_dim * shape.n_head_kv, by_column);
}

} // namespace cuda
