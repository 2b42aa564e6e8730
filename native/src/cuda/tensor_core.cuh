// Products of 16 x 16 by 16 x 8 on tensor cores, bf16 in and f32 out, and how a warp's lanes hold their parts.
//
// Lane l holds, with g = l / 4 and t = l % 4:
//   a[0..3]  rows g and g + 8 of columns 2t, 2t + 1, then the same rows of columns 2t + 8, 2t + 9
//   b[0..1]  rows 2t, 2t + 1 of column g, then rows 2t + 8, 2t + 9 of it
//   c[0..3]  row g of columns 2t, 2t + 1, then row g + 8 of them
// so the sums of two products side by side are, rounded, the left factor of the next.      (PTX ISA, mma.m16n8k16)
#pragma once
#include "numbers.cuh"

namespace cuda {

__device__ inline void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four matrices of 8 x 8 from shared memory; lane l gives the address of row l % 8 of matrix l / 8.
__device__ inline void load_matrices(uint32_t (&parts)[4], const __nv_bfloat16 * row) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n" : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3]) : "r"(address) : "memory");
}

__device__ inline void load_matrices_turned(uint32_t (&parts)[4], const __nv_bfloat16 * row) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n" : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3]) : "r"(address) : "memory");
}

// What a thread has asked for so far is a batch; `arrived<N>` waits until all but its last N batches are there.
__device__ inline void close_batch() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
template <int N> __device__ void arrived() { asm volatile("cp.async.wait_group %0;\n" :: "n"(N) : "memory"); }

__device__ inline float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// A tile of rows of WIDTH numbers in shared memory; eight more stand behind each row, so that eight rows at one place are in different banks.
template <int WIDTH> struct tile {
    static constexpr int STRIDE = WIDTH + 8;

    // Left factor: rows [row, row + 16) of columns [k, k + 16)
    static __device__ void left(uint32_t (&a)[4], const __nv_bfloat16 * at, int row, int k) {
        const int lane = threadIdx.x % 32;
        load_matrices(a, at + (row + lane % 16) * STRIDE + k + lane / 16 * 8);
    }

    // Right factor of x y^T: rows [row, row + 16) of y are 16 columns; b[0..1] of the first eight, b[2..3] of the others
    static __device__ void right_turned(uint32_t (&b)[4], const __nv_bfloat16 * at, int row, int k) {
        const int lane = threadIdx.x % 32;
        load_matrices(b, at + (row + lane % 8 + lane / 16 * 8) * STRIDE + k + lane / 8 % 2 * 8);
    }

    // Right factor of x y: rows [k, k + 16) of y, columns [column, column + 16); b as above
    static __device__ void right(uint32_t (&b)[4], const __nv_bfloat16 * at, int k, int column) {
        const int lane = threadIdx.x % 32;
        load_matrices_turned(b, at + (k + lane % 16) * STRIDE + column + lane / 16 * 8);
    }

    // Rows [0, n) from memory where they stand close, by all threads of the block; there once `arrived` and a barrier say so.
    static __device__ void fetch(__nv_bfloat16 * to, const __nv_bfloat16 * from, int n) {
        const int parts = WIDTH / 8;
        for (int i = threadIdx.x; i < n * parts; i += blockDim.x) {
            const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(to + i / parts * STRIDE + i % parts * 8));
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" :: "r"(address), "l"(from + i * 8) : "memory");
        }
    }
};

// x y^T: x rows [row, row + 16) of a tile, y N rows of another -> sums[N / 8][4]
template <int WIDTH, int N> __device__ void product_turned(float (&sums)[N / 8][4], const __nv_bfloat16 * x, int row, const __nv_bfloat16 * y) {
#pragma unroll
    for (int i = 0; i < N / 8; i++) sums[i][0] = sums[i][1] = sums[i][2] = sums[i][3] = 0;
#pragma unroll
    for (int k = 0; k < WIDTH; k += 16) {
        uint32_t a[4];
        tile<WIDTH>::left(a, x, row, k);
#pragma unroll
        for (int n = 0; n < N; n += 16) {
            uint32_t b[4];
            tile<WIDTH>::right_turned(b, y, n, k);
            multiply_add(sums[n / 8], a, b[0], b[1]);
            multiply_add(sums[n / 8 + 1], a, b[2], b[3]);
        }
    }
}

// sums += p y: p [16, N] as the sums of a product, y N rows of WIDTH numbers -> sums[WIDTH / 8][4]
template <int WIDTH, int N> __device__ void add_product(float (&sums)[WIDTH / 8][4], const float (&p)[N / 8][4], const __nv_bfloat16 * y) {
#pragma unroll
    for (int k = 0; k < N; k += 16) {
        const float (&left)[4] = p[k / 8], (&right)[4] = p[k / 8 + 1];
        const uint32_t a[4] = {two_bf16(left[0], left[1]), two_bf16(left[2], left[3]), two_bf16(right[0], right[1]), two_bf16(right[2], right[3])};
#pragma unroll
        for (int column = 0; column < WIDTH; column += 16) {
            uint32_t b[4];
            tile<WIDTH>::right(b, y, k, column);
            multiply_add(sums[column / 8], a, b[0], b[1]);
            multiply_add(sums[column / 8 + 1], a, b[2], b[3]);
        }
    }
}

} // namespace cuda
