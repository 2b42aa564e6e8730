// What a LoRA pair computes beside the frozen layers. A matrix of an adapter has one side of a few numbers, so reading and writing the other
// side is all that counts. On tensor cores an f32 number is the sum of two of bf16, which loses less than 2^-16 of it.
#include "grid.h"
#include "launch.h"
#include "tensor_core.cuh"

namespace cuda {

namespace {

const int THREADS = 128, WARPS = 4;

__device__ inline float element(const low_rank_matrix & m, int64_t k, int64_t r) {
    if (r >= m.rank || k >= m.width) return 0;
    return __ldg(m.at + (m.is_rank_first ? k * m.rank + r : r * m.width + k));
}

struct two_halves { uint32_t high, low; };

// Two f32 numbers as two pairs.
__device__ inline two_halves split(float a, float b) {
    const float a_high = __bfloat162float(__float2bfloat16(a)), b_high = __bfloat162float(__float2bfloat16(b));
    return {two_bf16(a_high, b_high), two_bf16(a - a_high, b - b_high)};
}

// Numbers k and k + 1 of a row.
template <bool IS_EVEN> __device__ inline uint32_t pair_of(const __nv_bfloat16 * x, int64_t row, int64_t n, int64_t k, int64_t width) {
    if (row >= n || k >= width) return 0;
    if constexpr (IS_EVEN) return __ldg(reinterpret_cast<const uint32_t *>(x + row * width + k));
    return two_bf16(load(x + row * width + k), k + 1 < width ? load(x + row * width + k + 1) : 0);
}

// Sixteen columns a block; each warp sums over a quarter of their numbers. RANKS: of eight
template <int RANKS, bool IS_EVEN> __global__ void __launch_bounds__(THREADS) down(low_rank_matrix m, const __nv_bfloat16 * x, int64_t n, float * u) {
    __shared__ float parts[WARPS][16][RANKS * 8 + 1];
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int64_t column = static_cast<int64_t>(blockIdx.x) * 16;
    float sums[RANKS][4] = {};
    constexpr int AT_ONCE = RANKS > 1 ? 1 : 4; // a wider matrix takes the registers
#pragma unroll AT_ONCE
    for (int64_t k = warp * 16; k < m.width; k += WARPS * 16) {
        const uint32_t a[4] = {pair_of<IS_EVEN>(x, column + g, n, k + 2 * t, m.width), pair_of<IS_EVEN>(x, column + g + 8, n, k + 2 * t, m.width),
                               pair_of<IS_EVEN>(x, column + g, n, k + 2 * t + 8, m.width), pair_of<IS_EVEN>(x, column + g + 8, n, k + 2 * t + 8, m.width)};
#pragma unroll
        for (int i = 0; i < RANKS; i++) {
            const int64_t r = i * 8 + g;
            const two_halves b0 = split(element(m, k + 2 * t, r), element(m, k + 2 * t + 1, r)), b1 = split(element(m, k + 2 * t + 8, r), element(m, k + 2 * t + 9, r));
            multiply_add(sums[i], a, b0.high, b1.high);
            multiply_add(sums[i], a, b0.low, b1.low);
        }
    }
#pragma unroll
    for (int i = 0; i < RANKS; i++) {
        for (int e = 0; e < 4; e++) parts[warp][g + e / 2 * 8][i * 8 + 2 * t + e % 2] = sums[i][e];
    }
    __syncthreads();
    for (int i = threadIdx.x; i < 16 * m.rank; i += THREADS) {
        const int64_t c = i / m.rank, r = i % m.rank;
        float sum = 0;
        for (int w = 0; w < WARPS; w++) sum += parts[w][c][r];
        if (column + c < n) u[(column + c) * m.rank + r] = sum;
    }
}

const int64_t UP_COLUMNS = 32;

template <int RANK> __global__ void up(low_rank_matrix m, const float * u, int64_t n, float scale, float * y) {
    const int64_t k = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x, begin = static_cast<int64_t>(blockIdx.y) * UP_COLUMNS;
    if (k >= m.width) return;
    float factors[RANK];
#pragma unroll
    for (int r = 0; r < RANK; r++) factors[r] = scale * element(m, k, r);
#pragma unroll 4
    for (int64_t c = begin; c < min(n, begin + UP_COLUMNS); c++) {
        float sum = 0;
#pragma unroll
        for (int r = 0; r < RANK; r++) sum += r < m.rank ? factors[r] * __ldg(u + c * m.rank + r) : 0;
        y[c * m.width + k] += sum;
    }
}

const int TILE = 64; // columns and numbers of a column that are in shared memory at a time

// Sixty-four numbers of some columns a block; each warp has sixteen of them. parts [n_parts][rank][width]
template <int RANKS, bool IS_ALIGNED> __global__ void __launch_bounds__(THREADS) partial_gradient(low_rank_matrix m, const __nv_bfloat16 * x, const float * u, int64_t n, int64_t n_of_part, float * parts) {
    constexpr int STRIDE = TILE + 8;
    __shared__ __align__(16) __nv_bfloat16 columns[TILE * STRIDE], high[RANKS * 8 * STRIDE], low[RANKS * 8 * STRIDE];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int64_t first = static_cast<int64_t>(blockIdx.x) * TILE, begin = blockIdx.y * n_of_part, end = min(n, begin + n_of_part);
    float sums[RANKS][4] = {};
    for (int64_t c = begin; c < end; c += TILE) {
        __syncthreads();
        if constexpr (IS_ALIGNED) {
            for (int i = threadIdx.x; i < TILE * TILE / 8; i += THREADS) {
                const int64_t column = c + i / (TILE / 8), k = first + i % (TILE / 8) * 8;
                const uint4 values = column < end && k < m.width ? *reinterpret_cast<const uint4 *>(x + column * m.width + k) : make_uint4(0, 0, 0, 0);
                *reinterpret_cast<uint4 *>(columns + i / (TILE / 8) * STRIDE + i % (TILE / 8) * 8) = values;
            }
        } else {
            for (int i = threadIdx.x; i < TILE * TILE; i += THREADS) {
                const int64_t column = c + i / TILE, k = first + i % TILE;
                columns[i / TILE * STRIDE + i % TILE] = column < end && k < m.width ? x[column * m.width + k] : __float2bfloat16(0);
            }
        }
        for (int i = threadIdx.x; i < TILE * RANKS * 8; i += THREADS) {
            const int column = i / (RANKS * 8), r = i % (RANKS * 8);
            const float value = c + column < end && r < m.rank ? u[(c + column) * m.rank + r] : 0;
            const __nv_bfloat16 rounded = __float2bfloat16(value);
            high[r * STRIDE + column] = rounded;
            low[r * STRIDE + column] = __float2bfloat16(value - __bfloat162float(rounded));
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE; k += 16) { // columns: what is summed over
            uint32_t a[4];
            load_matrices_turned(a, columns + (k + lane / 16 * 8 + lane % 8) * STRIDE + warp * 16 + lane / 8 % 2 * 8);
#pragma unroll
            for (int i = 0; i < RANKS; i++) {
                const int at = (i * 8 + g) * STRIDE + k + 2 * t;
                multiply_add(sums[i], a, *reinterpret_cast<const uint32_t *>(high + at), *reinterpret_cast<const uint32_t *>(high + at + 8));
                multiply_add(sums[i], a, *reinterpret_cast<const uint32_t *>(low + at), *reinterpret_cast<const uint32_t *>(low + at + 8));
            }
        }
    }
    float * part = parts + static_cast<int64_t>(blockIdx.y) * m.width * m.rank;
#pragma unroll
    for (int i = 0; i < RANKS; i++) {
        for (int e = 0; e < 4; e++) {
            const int64_t k = first + warp * 16 + g + e / 2 * 8, r = i * 8 + 2 * t + e % 2;
            if (k < m.width && r < m.rank) part[r * m.width + k] = sums[i][e];
        }
    }
}

// A warp's lanes have neighbouring elements, its block's warps a quarter of the parts each.
__global__ void whole_gradient(low_rank_matrix m, const float * parts, int64_t n_parts, float scale, float * g) {
    __shared__ float of_warps[WARPS][32];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int64_t i = static_cast<int64_t>(blockIdx.x) * 32 + lane, size = m.width * m.rank;
    float sum = 0;
    if (i < size) {
#pragma unroll 8
        for (int64_t part = warp; part < n_parts; part += WARPS) sum += parts[part * size + i];
    }
    of_warps[warp][lane] = sum;
    __syncthreads();
    if (warp > 0 || i >= size) return;
    for (int w = 1; w < WARPS; w++) sum += of_warps[w][lane];
    const int64_t k = i % m.width, r = i / m.width;
    g[m.is_rank_first ? k * m.rank + r : i] = scale * sum;
}

// Columns of a partial sum: enough parts to keep a card busy, and not so many that adding them up costs as much again.
int64_t columns_of_part(int64_t n) {
    const int64_t most_parts = 128, columns = (n + most_parts - 1) / most_parts;
    return (columns + TILE - 1) / TILE * TILE;
}

// Calls with the smallest compiled number of eights that holds this rank.
template <typename F> void with_rank(int64_t rank, const F & call) {
    if (rank <= 8) call.template with<1>();
    else if (rank <= 16) call.template with<2>();
    else if (rank <= 32) call.template with<4>();
    else call.template with<8>();
}

const __nv_bfloat16 * narrow(const void * x) { return static_cast<const __nv_bfloat16 *>(x); }

struct down_call {
    cudaStream_t stream;
    const low_rank_matrix & m;
    const void * x;
    int64_t n;
    float * u;
    template <int RANKS> void with() const {
        if (m.width % 2 == 0 && is_on(x, 4)) down<RANKS, true><<<blocks_of(n, 16), THREADS, 0, stream>>>(m, narrow(x), n, u);
        else down<RANKS, false><<<blocks_of(n, 16), THREADS, 0, stream>>>(m, narrow(x), n, u);
    }
};

struct up_call {
    cudaStream_t stream;
    const low_rank_matrix & m;
    const float * u;
    int64_t n;
    float scale;
    float * y;
    template <int RANKS> void with() const { up<RANKS * 8><<<dim3(blocks_of(m.width, THREADS), blocks_of(n, UP_COLUMNS)), THREADS, 0, stream>>>(m, u, n, scale, y); }
};

struct gradient_call {
    cudaStream_t stream;
    const low_rank_matrix & m;
    const void * x;
    const float * u;
    int64_t n;
    float * parts;
    template <int RANKS> void with() const {
        const int64_t columns = columns_of_part(n);
        const dim3 blocks(blocks_of(m.width, TILE), blocks_of(n, columns));
        if (m.width % 8 == 0 && is_on(x, 16)) partial_gradient<RANKS, true><<<blocks, THREADS, 0, stream>>>(m, narrow(x), u, n, columns, parts);
        else partial_gradient<RANKS, false><<<blocks, THREADS, 0, stream>>>(m, narrow(x), u, n, columns, parts);
    }
};

} // namespace

void low_rank_down(cudaStream_t stream, const low_rank_matrix & m, const void * x, int64_t n, float * u) { with_rank(m.rank, down_call{stream, m, x, n, u}); }

void low_rank_up(cudaStream_t stream, const low_rank_matrix & m, const float * u, int64_t n, float scale, float * y) {
    with_rank(m.rank, up_call{stream, m, u, n, scale, y});
}

int64_t low_rank_gradient_room(int64_t width, int64_t rank, int64_t n) { return blocks_of(n, columns_of_part(n)) * width * rank; }

void low_rank_gradient(cudaStream_t stream, const low_rank_matrix & m, const void * x, const float * u, int64_t n, float scale, float * room, float * g) {
    with_rank(m.rank, gradient_call{stream, m, x, u, n, room});
    whole_gradient<<<blocks_of(m.width * m.rank, 32), THREADS, 0, stream>>>(m, room, blocks_of(n, columns_of_part(n)), scale, g);
}

} // namespace cuda
