// What kernels share: numbers of 32 and 16 bits, sums over a warp.
#pragma once
#include <cstdint>
#include <cuda_bf16.h>

namespace cuda {

__device__ inline void store(float * to, float value) { *to = value; }
__device__ inline void store(__nv_bfloat16 * to, float value) { *to = __float2bfloat16(value); }
__device__ inline float load(const float * from) { return *from; }
__device__ inline float load(const __nv_bfloat16 * from) { return __bfloat162float(*from); }

__device__ inline uint32_t two_bf16(float low, float high) {
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const uint32_t *>(&both);
}

// `to` on a boundary of 8 bytes
__device__ inline void store4(__nv_bfloat16 * to, float4 values) {
    *reinterpret_cast<uint2 *>(to) = make_uint2(two_bf16(values.x, values.y), two_bf16(values.z, values.w));
}

__device__ inline float over_warp(float value) {
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffu, value, distance);
    return value;
}

} // namespace cuda
