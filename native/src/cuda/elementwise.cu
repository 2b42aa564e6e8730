#include "grid.h"
#include "launch.h"
#include "numbers.cuh"

namespace cuda {

namespace {

const int THREADS = 256;

// Four numbers a thread; at once where both begin on a boundary for that.
__global__ void convert(const float * x, __nv_bfloat16 * y, size_t n, bool is_aligned) {
    const size_t i = 4 * (static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x);
    if (is_aligned && i + 4 <= n) store4(y + i, *reinterpret_cast<const float4 *>(x + i));
    else for (size_t at = i; at < min(n, i + 4); at++) y[at] = __float2bfloat16(x[at]);
}

// N numbers a thread, all of them whole: as many as one load takes where everything begins on a boundary for that, else one.
template <int N> struct alignas(4 * N) group { float at[N]; };

template <int N> __device__ inline group<N> load_group(const float * from) {
    group<N> values;
    if constexpr (N == 4) *reinterpret_cast<float4 *>(values.at) = *reinterpret_cast<const float4 *>(from);
    else values.at[0] = *from;
    return values;
}

template <int N> __device__ inline group<N> load_group(const __nv_bfloat16 * from) {
    group<N> values;
    if constexpr (N == 4) {
        const uint2 stored = *reinterpret_cast<const uint2 *>(from);
        const float2 first = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162 *>(&stored.x)), second = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162 *>(&stored.y));
        values.at[0] = first.x, values.at[1] = first.y, values.at[2] = second.x, values.at[3] = second.y;
    } else {
        values.at[0] = load(from);
    }
    return values;
}

template <int N> __device__ inline void store_group(float * to, const group<N> & values) {
    if constexpr (N == 4) *reinterpret_cast<float4 *>(to) = *reinterpret_cast<const float4 *>(values.at);
    else *to = values.at[0];
}

template <int N> __device__ inline void store_group(__nv_bfloat16 * to, const group<N> & values) {
    if constexpr (N == 4) store4(to, *reinterpret_cast<const float4 *>(values.at));
    else store(to, values.at[0]);
}

// A row a warp, N numbers a lane at a time.
template <int N, typename T> __global__ void norm(const float * x, const float * weight, float epsilon, int64_t n_row, int64_t n, T * y) {
    const int64_t row = static_cast<int64_t>(blockIdx.x) * (THREADS / 32) + threadIdx.x / 32;
    if (row >= n) return;
    const float * from = x + row * n_row;
    float sum = 0;
#pragma unroll 4
    for (int64_t i = threadIdx.x % 32 * N; i < n_row; i += 32 * N) {
        const group<N> values = load_group<N>(from + i);
        for (int e = 0; e < N; e++) sum += values.at[e] * values.at[e];
    }
    const float factor = rsqrtf(over_warp(sum) / static_cast<float>(n_row) + epsilon);
#pragma unroll 4
    for (int64_t i = threadIdx.x % 32 * N; i < n_row; i += 32 * N) {
        const group<N> values = load_group<N>(from + i), weights = load_group<N>(weight + i);
        group<N> normed;
        for (int e = 0; e < N; e++) normed.at[e] = values.at[e] * factor * weights.at[e];
        store_group(y + row * n_row + i, normed);
    }
}

template <int N> __global__ void norm_back(const float * x, const float * weight, const float * dy, const float * onto, float epsilon, int64_t n_row, int64_t n, float * dx) {
    const int64_t row = static_cast<int64_t>(blockIdx.x) * (THREADS / 32) + threadIdx.x / 32;
    if (row >= n) return;
    const size_t begin = static_cast<size_t>(row * n_row);
    float squares = 0, products = 0;
#pragma unroll 4
    for (int64_t i = threadIdx.x % 32 * N; i < n_row; i += 32 * N) {
        const group<N> values = load_group<N>(x + begin + i), weights = load_group<N>(weight + i), d = load_group<N>(dy + begin + i);
        for (int e = 0; e < N; e++) {
            squares += values.at[e] * values.at[e];
            products += values.at[e] * weights.at[e] * d.at[e];
        }
    }
    const float factor = rsqrtf(over_warp(squares) / static_cast<float>(n_row) + epsilon);
    const float along = factor * factor * factor * over_warp(products) / static_cast<float>(n_row);
#pragma unroll 4
    for (int64_t i = threadIdx.x % 32 * N; i < n_row; i += 32 * N) {
        const group<N> values = load_group<N>(x + begin + i), weights = load_group<N>(weight + i), d = load_group<N>(dy + begin + i);
        group<N> change{};
        if (onto) change = load_group<N>(onto + begin + i);
        for (int e = 0; e < N; e++) change.at[e] += factor * weights.at[e] * d.at[e] - along * values.at[e];
        store_group(dx + begin + i, change);
    }
}

// A pair of numbers of a column a thread, in all heads.
__global__ void turn(rotation by, const float * x, const int32_t * positions, int64_t n, float * y) {
    const int half = by.head_dim / 2, n_turned = by.n_rot / 2;
    const int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
    if (i >= n * half) return;
    const int pair = static_cast<int>(i % half);
    const int64_t column = i / half;
    float sine = 0, cosine = 1;
    if (pair < n_turned) {
        const float angle = static_cast<float>(positions[column]) * powf(by.base, -2.0f * static_cast<float>(pair) / static_cast<float>(by.n_rot)) / (by.factors ? by.factors[pair] : 1.0f) * by.scale;
        sincosf(angle, &sine, &cosine);
        sine *= by.is_backward ? -by.attention : by.attention;
        cosine *= by.attention;
    }
    // Numbers behind n_rot stay as they are, two neighbours a thread.
    const int first = by.stand_apart && pair < n_turned ? pair : 2 * pair, second = by.stand_apart && pair < n_turned ? pair + n_turned : 2 * pair + 1;
    for (int head = 0; head < by.heads; head++) {
        const int64_t at = (column * by.heads + head) * by.head_dim;
        const float a = x[at + first], b = x[at + second];
        y[at + first] = a * cosine - b * sine;
        y[at + second] = a * sine + b * cosine;
    }
}

// A column a block.
__global__ void to_places(const float * x, const int32_t * places, int64_t width, float * y) {
    for (int64_t i = threadIdx.x; i < width; i += THREADS) y[places[blockIdx.x] * width + i] = x[blockIdx.x * width + i];
}

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

template <int N, typename S, typename T> __global__ void gate_up(const S * gate, const S * up, size_t n, T * y) {
    const size_t i = N * (static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x);
    if (i >= n) return;
    const group<N> g = load_group<N>(gate + i), u = load_group<N>(up + i);
    group<N> product;
    for (int e = 0; e < N; e++) product.at[e] = g.at[e] * sigmoid(g.at[e]) * u.at[e];
    store_group(y + i, product);
}

template <int N, typename S, typename T> __global__ void gate_up_back(const S * gate, const S * up, const S * dy, size_t n, T * d_gate, T * d_up) {
    const size_t i = N * (static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x);
    if (i >= n) return;
    const group<N> g = load_group<N>(gate + i), u = load_group<N>(up + i), d = load_group<N>(dy + i);
    group<N> of_gate, of_up;
    for (int e = 0; e < N; e++) {
        const float share = sigmoid(g.at[e]);
        of_gate.at[e] = d.at[e] * u.at[e] * share * (1 + g.at[e] * (1 - share));
        of_up.at[e] = d.at[e] * g.at[e] * share;
    }
    store_group(d_gate + i, of_gate);
    store_group(d_up + i, of_up);
}

} // namespace

bool has_code_for(int device) {
    cudaFuncAttributes ignored;
    const bool has = cudaSetDevice(device) == cudaSuccess && cudaFuncGetAttributes(&ignored, convert) == cudaSuccess;
    cudaGetLastError(); // a kernel that is not there is no error of ours
    return has;
}

void to_bf16(cudaStream_t stream, const float * x, void * y, size_t n) {
    convert<<<blocks_of(static_cast<int64_t>(n), 4 * THREADS), THREADS, 0, stream>>>(x, static_cast<__nv_bfloat16 *>(y), n, is_on(x, 16) && is_on(y, 8));
}

template <typename T> static void norm_of(cudaStream_t stream, const float * x, const float * weight, float epsilon, int64_t n_row, int64_t n, T * y) {
    const unsigned blocks = blocks_of(n, THREADS / 32);
    if (n_row % 4 == 0 && is_on(x, 16) && is_on(weight, 16) && is_on(y, 16)) norm<4><<<blocks, THREADS, 0, stream>>>(x, weight, epsilon, n_row, n, y);
    else norm<1><<<blocks, THREADS, 0, stream>>>(x, weight, epsilon, n_row, n, y);
}

void rms_norm(cudaStream_t stream, const float * x, const float * weight, float epsilon, int64_t n_row, int64_t n, numbers y) {
    if (y.is_bf16) norm_of(stream, x, weight, epsilon, n_row, n, static_cast<__nv_bfloat16 *>(y.at));
    else norm_of(stream, x, weight, epsilon, n_row, n, static_cast<float *>(y.at));
}

void rms_norm_back(cudaStream_t stream, const float * x, const float * weight, const float * dy, const float * onto, float epsilon, int64_t n_row, int64_t n, float * dx) {
    const unsigned blocks = blocks_of(n, THREADS / 32);
    const bool is_aligned = n_row % 4 == 0 && is_on(x, 16) && is_on(weight, 16) && is_on(dy, 16) && (!onto || is_on(onto, 16)) && is_on(dx, 16);
    if (is_aligned) norm_back<4><<<blocks, THREADS, 0, stream>>>(x, weight, dy, onto, epsilon, n_row, n, dx);
    else norm_back<1><<<blocks, THREADS, 0, stream>>>(x, weight, dy, onto, epsilon, n_row, n, dx);
}

void rotate(cudaStream_t stream, const rotation & by, const float * x, const int32_t * positions, int64_t n, float * y) {
    turn<<<blocks_of(n * (by.head_dim / 2), THREADS), THREADS, 0, stream>>>(by, x, positions, n, y);
}

template <typename S, typename T> static void gate_up_of(cudaStream_t stream, const S * gate, const S * up, size_t n, T * y) {
    if (n % 4 == 0 && is_on(gate, 16) && is_on(up, 16) && is_on(y, 16)) gate_up<4><<<blocks_of(static_cast<int64_t>(n), 4 * THREADS), THREADS, 0, stream>>>(gate, up, n, y);
    else gate_up<1><<<blocks_of(static_cast<int64_t>(n), THREADS), THREADS, 0, stream>>>(gate, up, n, y);
}

template <typename S, typename T> static void gate_up_back_of(cudaStream_t stream, const S * gate, const S * up, const S * dy, size_t n, T * d_gate, T * d_up) {
    const bool is_aligned = n % 4 == 0 && is_on(gate, 16) && is_on(up, 16) && is_on(dy, 16) && is_on(d_gate, 16) && is_on(d_up, 16);
    if (is_aligned) gate_up_back<4><<<blocks_of(static_cast<int64_t>(n), 4 * THREADS), THREADS, 0, stream>>>(gate, up, dy, n, d_gate, d_up);
    else gate_up_back<1><<<blocks_of(static_cast<int64_t>(n), THREADS), THREADS, 0, stream>>>(gate, up, dy, n, d_gate, d_up);
}

// Calls with pointers to the types that are stored: from, to
template <typename F> static void with_types(bool from_bf16, bool to_bf16, const F & call) {
    const __nv_bfloat16 * narrow = nullptr;
    const float * wide = nullptr;
    if (from_bf16 && to_bf16) call(narrow, narrow);
    else if (from_bf16) call(narrow, wide);
    else if (to_bf16) call(wide, narrow);
    else call(wide, wide);
}

template <typename T> static const T * as(const T *, const_numbers x) { return static_cast<const T *>(x.at); }
template <typename T> static T * as(const T *, numbers x) { return static_cast<T *>(x.at); }

void swiglu(cudaStream_t stream, const_numbers gate, const_numbers up, size_t n, numbers y) {
    with_types(gate.is_bf16, y.is_bf16, [&](auto from, auto to) { gate_up_of(stream, as(from, gate), as(from, up), n, as(to, y)); });
}

void swiglu_back(cudaStream_t stream, const_numbers gate, const_numbers up, const_numbers dy, size_t n, numbers d_gate, numbers d_up) {
    with_types(gate.is_bf16, d_gate.is_bf16, [&](auto from, auto to) { gate_up_back_of(stream, as(from, gate), as(from, up), as(from, dy), n, as(to, d_gate), as(to, d_up)); });
}

void spread(cudaStream_t stream, const float * x, const int32_t * places, int64_t width, int64_t n, float * y, int64_t n_all) {
    cudaMemsetAsync(y, 0, static_cast<size_t>(width * n_all) * sizeof(float), stream);
    to_places<<<static_cast<unsigned>(n), THREADS, 0, stream>>>(x, places, width, y);
}

} // namespace cuda
