// Causal attention over paths, forward and backward, without a matrix of scores in memory.   Dao 2023, arXiv:2307.08691
// A warp has 16 queries (or, for the gradients by keys and values, 16 keys). The gradient by the queries is computed by a kernel of its
// own, with the scores once more: adding it up from all keys would be in an order that changes from run to run.
#include "launch.h"
#include "tensor_core.cuh"
#include <math_constants.h>

namespace cuda {

namespace {

const int THREADS = 128; // four warps
const float LOG2_E = 1.4426950408889634f;

__device__ bool sees(const path_shape & shape, int query, int key) { return key <= query && (shape.window == 0 || query - key < shape.window); }

// Whether every query of a tile from `query` on sees every key up to `last_key`.
__device__ bool all_see(const path_shape & shape, int query, int last_key) { return shape.window == 0 && last_key <= query; }

// A multiple of the tile before which no query of a block sees a key.
__device__ int first_key(const path_shape & shape, int query) {
    return shape.window == 0 || query < shape.window ? 0 : (query - shape.window + 1) / ATTENTION_TILE * ATTENTION_TILE;
}

__device__ size_t packed_row(const path_shape & shape, int path, int heads, int head, int place) {
    return (static_cast<size_t>(path) * heads + head) * shape.padded + place;
}

__device__ float over_four(float value) { // lanes that hold one row of sums
    value += __shfl_xor_sync(0xffffffffu, value, 1);
    return value + __shfl_xor_sync(0xffffffffu, value, 2);
}

__device__ float largest_of_four(float value) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 1));
    return fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

template <int DIM> __global__ void __launch_bounds__(THREADS) forward(path_shape shape, const __nv_bfloat16 * q, const __nv_bfloat16 * k, const __nv_bfloat16 * v,
                                                                     __nv_bfloat16 * out, float * log_sums) {
    using rows = tile<DIM>;
    extern __shared__ __nv_bfloat16 shared[];
    constexpr int SIZE = ATTENTION_TILE * rows::STRIDE;
    __nv_bfloat16 * queries = shared, * stage = queries + SIZE; // keys and values, twice: the next are fetched while these are computed with
    const int path = blockIdx.z, head = blockIdx.y, head_kv = head / (shape.n_head / shape.n_head_kv);
    const int block = (gridDim.x - 1 - blockIdx.x) * ATTENTION_TILE; // the longest first
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int query = block + warp * 16 + g; // and the one eight behind it
    rows::fetch(queries, q + packed_row(shape, path, shape.n_head, head, block) * DIM, ATTENTION_TILE);

    float sums[DIM / 8][4] = {}, largest[2] = {-CUDART_INF_F, -CUDART_INF_F}, total[2] = {0, 0};
    const float factor = shape.scale * LOG2_E;
    const auto fetch = [&](int begin, int side) {
        const size_t from = packed_row(shape, path, shape.n_head_kv, head_kv, begin) * DIM;
        rows::fetch(stage + side * 2 * SIZE, k + from, ATTENTION_TILE);
        rows::fetch(stage + side * 2 * SIZE + SIZE, v + from, ATTENTION_TILE);
        close_batch();
    };
    int side = 0;
    fetch(first_key(shape, block), side);
    for (int begin = first_key(shape, block); begin <= block; begin += ATTENTION_TILE, side ^= 1) {
        const __nv_bfloat16 * keys = stage + side * 2 * SIZE, * values = keys + SIZE;
        const bool is_last = begin + ATTENTION_TILE > block;
        if (!is_last) fetch(begin + ATTENTION_TILE, side ^ 1);
        if (is_last) arrived<0>();
        else arrived<1>();
        __syncthreads();
        float p[ATTENTION_TILE / 8][4];
        product_turned<DIM, ATTENTION_TILE>(p, queries, warp * 16, keys);
        float now[2] = {largest[0], largest[1]};
        const bool all = all_see(shape, block, begin + ATTENTION_TILE - 1);
#pragma unroll
        for (int i = 0; i < ATTENTION_TILE / 8; i++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                p[i][e] = all || sees(shape, query + e / 2 * 8, begin + i * 8 + t * 2 + e % 2) ? p[i][e] * factor : -CUDART_INF_F;
                now[e / 2] = fmaxf(now[e / 2], p[i][e]);
            }
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            now[half] = largest_of_four(now[half]);
            const float base = now[half] == -CUDART_INF_F ? 0 : now[half], shrink = power_of_two(largest[half] - base);
            largest[half] = now[half];
            total[half] *= shrink;
#pragma unroll
            for (int i = 0; i < DIM / 8; i++) {
                sums[i][half * 2] *= shrink;
                sums[i][half * 2 + 1] *= shrink;
            }
#pragma unroll
            for (int i = 0; i < ATTENTION_TILE / 8; i++) {
#pragma unroll
                for (int e = half * 2; e < half * 2 + 2; e++) {
                    p[i][e] = power_of_two(p[i][e] - base);
                    total[half] += p[i][e];
                }
            }
        }
        add_product<DIM, ATTENTION_TILE>(sums, p, values);
        __syncthreads(); // before the next but one is fetched to where these stand
    }

    for (int half = 0; half < 2; half++) {
        const int at = query + half * 8;
        const float sum = over_four(total[half]), inverse = 1 / sum;
        if (t == 0) log_sums[packed_row(shape, path, shape.n_head, head, at)] = largest[half] + log2f(sum);
        const int64_t place = static_cast<int64_t>(path) * shape.length + at;
        if (at >= shape.length || shape.first[place] == 0) continue;
        __nv_bfloat16 * to = out + (static_cast<size_t>(shape.gather[place]) * shape.n_head + head) * DIM + t * 2;
#pragma unroll
        for (int i = 0; i < DIM / 8; i++) *reinterpret_cast<uint32_t *>(to + i * 8) = two_bf16(sums[i][half * 2] * inverse, sums[i][half * 2 + 1] * inverse);
    }
}

template <int DIM> struct backward_tiles { static constexpr int INNER = DIM > 64 ? 32 : 64; }; // sums of wide heads take the registers

template <int DIM> __global__ void __launch_bounds__(THREADS) by_queries(path_shape shape, const __nv_bfloat16 * q, const __nv_bfloat16 * k, const __nv_bfloat16 * v,
                                                                        const __nv_bfloat16 * d_out, const float * log_sums, const float * products, float * dq) {
    using rows = tile<DIM>;
    constexpr int INNER = backward_tiles<DIM>::INNER;
    extern __shared__ __nv_bfloat16 shared[];
    constexpr int SIZE = INNER * rows::STRIDE;
    __nv_bfloat16 * queries = shared, * gradients = queries + ATTENTION_TILE * rows::STRIDE, * stage = gradients + ATTENTION_TILE * rows::STRIDE;
    const int path = blockIdx.z, head = blockIdx.y, head_kv = head / (shape.n_head / shape.n_head_kv);
    const int block = (gridDim.x - 1 - blockIdx.x) * ATTENTION_TILE;
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int query = block + warp * 16 + g;
    const size_t own = packed_row(shape, path, shape.n_head, head, block);
    rows::fetch(queries, q + own * DIM, ATTENTION_TILE);
    rows::fetch(gradients, d_out + own * DIM, ATTENTION_TILE);
    float log_sum[2], product[2];
    for (int half = 0; half < 2; half++) {
        log_sum[half] = log_sums[own + warp * 16 + g + half * 8];
        product[half] = products[own + warp * 16 + g + half * 8];
    }

    float sums[DIM / 8][4] = {};
    const float factor = shape.scale * LOG2_E;
    const auto fetch = [&](int begin, int side) {
        const size_t from = packed_row(shape, path, shape.n_head_kv, head_kv, begin) * DIM;
        rows::fetch(stage + side * 2 * SIZE, k + from, INNER);
        rows::fetch(stage + side * 2 * SIZE + SIZE, v + from, INNER);
        close_batch();
    };
    int side = 0;
    fetch(first_key(shape, block), side);
    for (int begin = first_key(shape, block); begin < block + ATTENTION_TILE; begin += INNER, side ^= 1) {
        const __nv_bfloat16 * keys = stage + side * 2 * SIZE, * values = keys + SIZE;
        const bool is_last = begin + INNER >= block + ATTENTION_TILE;
        if (!is_last) fetch(begin + INNER, side ^ 1);
        if (is_last) arrived<0>();
        else arrived<1>();
        __syncthreads();
        const bool all = all_see(shape, block, begin + INNER - 1);
        float p[INNER / 8][4], dp[INNER / 8][4];
        product_turned<DIM, INNER>(p, queries, warp * 16, keys);
        product_turned<DIM, INNER>(dp, gradients, warp * 16, values);
#pragma unroll
        for (int i = 0; i < INNER / 8; i++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const bool visible = all || sees(shape, query + e / 2 * 8, begin + i * 8 + t * 2 + e % 2);
                p[i][e] = visible ? power_of_two(p[i][e] * factor - log_sum[e / 2]) * (dp[i][e] - product[e / 2]) : 0;
            }
        }
        add_product<DIM, INNER>(sums, p, keys);
        __syncthreads();
    }

    for (int half = 0; half < 2; half++) {
        const int at = query + half * 8;
        const int64_t place = static_cast<int64_t>(path) * shape.length + at;
        if (at >= shape.length || shape.first[place] == 0) continue;
        float * to = dq + (static_cast<size_t>(shape.gather[place]) * shape.n_head + head) * DIM + t * 2;
#pragma unroll
        for (int i = 0; i < DIM / 8; i++) *reinterpret_cast<float2 *>(to + i * 8) = make_float2(shape.scale * sums[i][half * 2], shape.scale * sums[i][half * 2 + 1]);
    }
}

// dk and dv by place: [head_dim * n_head_kv, length * n_paths]
template <int DIM> __global__ void __launch_bounds__(THREADS, DIM > 64 ? 2 : 3) by_keys(path_shape shape, const __nv_bfloat16 * q, const __nv_bfloat16 * k, const __nv_bfloat16 * v,
                                                                     const __nv_bfloat16 * d_out, const float * log_sums, const float * products, float * dk, float * dv) {
    using rows = tile<DIM>;
    constexpr int INNER = backward_tiles<DIM>::INNER;
    extern __shared__ __nv_bfloat16 shared[];
    __shared__ float log_sum[2][INNER], product[2][INNER];
    constexpr int SIZE = INNER * rows::STRIDE;
    __nv_bfloat16 * keys = shared, * values = keys + ATTENTION_TILE * rows::STRIDE, * stage = values + ATTENTION_TILE * rows::STRIDE;
    const int path = blockIdx.z, head_kv = blockIdx.y, group = shape.n_head / shape.n_head_kv, block = blockIdx.x * ATTENTION_TILE;
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int key = block + warp * 16 + g;
    const size_t own = packed_row(shape, path, shape.n_head_kv, head_kv, block) * DIM;
    rows::fetch(keys, k + own, ATTENTION_TILE);
    rows::fetch(values, v + own, ATTENTION_TILE);

    float dk_sums[DIM / 8][4] = {}, dv_sums[DIM / 8][4] = {};
    const float factor = shape.scale * LOG2_E;
    const int end = shape.window == 0 ? shape.padded : min(shape.padded, block + ATTENTION_TILE + (shape.window + INNER - 2) / INNER * INNER);
    const int steps = (end - block + INNER - 1) / INNER, n = steps * group; // all tiles of queries of one head after the other
    const auto fetch = [&](int step, int side) {
        const size_t from = packed_row(shape, path, shape.n_head, head_kv * group + step / steps, block + step % steps * INNER);
        rows::fetch(stage + side * 2 * SIZE, q + from * DIM, INNER);
        rows::fetch(stage + side * 2 * SIZE + SIZE, d_out + from * DIM, INNER);
        for (int i = threadIdx.x; i < INNER; i += THREADS) {
            log_sum[side][i] = log_sums[from + i];
            product[side][i] = products[from + i];
        }
        close_batch();
    };
    fetch(0, 0);
    for (int step = 0; step < n; step++) {
        const int side = step % 2, begin = block + step % steps * INNER;
        const __nv_bfloat16 * queries = stage + side * 2 * SIZE, * gradients = queries + SIZE;
        if (step + 1 < n) {
            fetch(step + 1, side ^ 1);
            arrived<1>();
        } else {
            arrived<0>();
        }
        __syncthreads();
        const bool all = all_see(shape, begin, block + ATTENTION_TILE - 1);
        float p[INNER / 8][4], dp[INNER / 8][4];
        product_turned<DIM, INNER>(p, keys, warp * 16, queries);
        product_turned<DIM, INNER>(dp, values, warp * 16, gradients);
#pragma unroll
        for (int i = 0; i < INNER / 8; i++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int at = i * 8 + t * 2 + e % 2;
                p[i][e] = all || sees(shape, begin + at, key + e / 2 * 8) ? power_of_two(p[i][e] * factor - log_sum[side][at]) : 0;
                dp[i][e] = p[i][e] * (dp[i][e] - product[side][at]);
            }
        }
        add_product<DIM, INNER>(dv_sums, p, gradients);
        add_product<DIM, INNER>(dk_sums, dp, queries);
        __syncthreads();
    }

    for (int half = 0; half < 2; half++) {
        const int at = key + half * 8;
        if (at >= shape.length) continue;
        const size_t to = ((static_cast<size_t>(path) * shape.length + at) * shape.n_head_kv + head_kv) * DIM + t * 2;
#pragma unroll
        for (int i = 0; i < DIM / 8; i++) {
            *reinterpret_cast<float2 *>(dk + to + i * 8) = make_float2(shape.scale * dk_sums[i][half * 2], shape.scale * dk_sums[i][half * 2 + 1]);
            *reinterpret_cast<float2 *>(dv + to + i * 8) = make_float2(dv_sums[i][half * 2], dv_sums[i][half * 2 + 1]);
        }
    }
}

template <typename F> void allow_shared(F * kernel, size_t bytes) { cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)); }

template <int DIM> size_t tile_bytes(int n) { return static_cast<size_t>(n) * tile<DIM>::STRIDE * sizeof(__nv_bfloat16); }

template <int DIM> struct of_dim {
    static void attention(cudaStream_t stream, const path_shape & shape, const void * q, const void * k, const void * v, void * out, float * log_sums) {
        const size_t bytes = 5 * tile_bytes<DIM>(ATTENTION_TILE);
        allow_shared(forward<DIM>, bytes);
        forward<DIM><<<dim3(shape.padded / ATTENTION_TILE, shape.n_head, shape.n_paths), THREADS, bytes, stream>>>(shape, static_cast<const __nv_bfloat16 *>(q), static_cast<const __nv_bfloat16 *>(k),
            static_cast<const __nv_bfloat16 *>(v), static_cast<__nv_bfloat16 *>(out), log_sums);
    }

    static void back(cudaStream_t stream, const path_shape & shape, const __nv_bfloat16 * q, const __nv_bfloat16 * k, const __nv_bfloat16 * v, const __nv_bfloat16 * d_out,
                     const float * log_sums, const float * products, float * dq, float * dk, float * dv) {
        const size_t bytes = 2 * tile_bytes<DIM>(ATTENTION_TILE) + 4 * tile_bytes<DIM>(backward_tiles<DIM>::INNER);
        allow_shared(by_queries<DIM>, bytes);
        allow_shared(by_keys<DIM>, bytes);
        const unsigned tiles = shape.padded / ATTENTION_TILE;
        by_queries<DIM><<<dim3(tiles, shape.n_head, shape.n_paths), THREADS, bytes, stream>>>(shape, q, k, v, d_out, log_sums, products, dq);
        by_keys<DIM><<<dim3(tiles, shape.n_head_kv, shape.n_paths), THREADS, bytes, stream>>>(shape, q, k, v, d_out, log_sums, products, dk, dv);
    }
};

template <typename F> void with_dim(int32_t head_dim, const F & call) {
    if (head_dim == 32) call(of_dim<32>());
    else if (head_dim == 64) call(of_dim<64>());
    else if (head_dim == 96) call(of_dim<96>());
    else call(of_dim<128>());
}

} // namespace

bool has_attention(int32_t head_dim) { return head_dim == 32 || head_dim == 64 || head_dim == 96 || head_dim == 128; }

void attention(cudaStream_t stream, const path_shape & shape, const void * q, const void * k, const void * v, void * out, float * log_sums) {
    with_dim(shape.head_dim, [&](auto of) { of.attention(stream, shape, q, k, v, out, log_sums); });
}

void attention_back(cudaStream_t stream, const path_shape & shape, const void * q, const void * k, const void * v, const void * d_out, const float * log_sums,
                    const float * products, float * dq, float * dk, float * dv, float * room_k, float * room_v) {
    const auto numbers = [](const void * at) { return static_cast<const __nv_bfloat16 *>(at); };
    float * k_by_place = shape.is_identity ? dk : room_k, * v_by_place = shape.is_identity ? dv : room_v;
    with_dim(shape.head_dim, [&](auto of) { of.back(stream, shape, numbers(q), numbers(k), numbers(v), numbers(d_out), log_sums, products, dq, k_by_place, v_by_place); });
    if (shape.is_identity) return;
    sum_places(stream, shape, k_by_place, dk);
    sum_places(stream, shape, v_by_place, dv);
}

} // namespace cuda
