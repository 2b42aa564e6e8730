// Blocked f32 matrix product on one thread, and how several threads share one.
//
//   c[i][j] (+)= sum_k A(i, k) * B(k, j)
//
// Panels of A and B are packed, and B is dequantised, on the way: k runs in blocks of at most 768 (a panel of B then
// stays in L1/L2, its products in registers), A in chunks of at most 1 MB. Each element of c is one running sum in the
// order of k, whatever the ranges asked for. With `add` it goes on from what c holds, so a sum has the same bits as one
// whole product or cut along k into any number of them.
#pragma once
#include "ggml.h"
#include <cstddef>
#include <cstdint>

struct narrow_panels; // narrow_panels.h

// A matrix as it lies in memory: lines of contiguous elements.
struct gemm_operand {
    const void * data;
    ggml_type type;     // f32, or for B any type with a to_float trait
    int64_t line_bytes; // from one line to the next
    bool k_in_line;     // true: a line holds all k of one row of A (column of B); false: a line holds one k
};

struct gemm_range { int64_t begin, end; };

// Rows [rows) and columns [columns) of c; c points to element (0, 0), ldc in floats. When B is quantised and its lines
// hold one k each, columns.begin must lie on a quantisation block.
// narrow  nullptr, or the sixteen-bit panels to compute with; rows of A must then lie in lines. The sum of a block of k is then added as a
//         whole to what c holds.
void gemm(const gemm_operand & a, const gemm_operand & b, gemm_range rows, gemm_range columns, int64_t k,
          float * c, int64_t ldc, bool add, int thread, const narrow_panels * narrow = nullptr);

// The share of thread `thread` of `threads` of a [rows, columns] product: a grid over both, chosen so that tiles come
// out even and packing (packing B with dequantisation costs more) is repeated least. May be empty.
struct gemm_share { gemm_range rows, columns; };
gemm_share share_gemm(int64_t rows, int64_t columns, int64_t k, ggml_type b_type, int thread, int threads);

// Bytes that one thread keeps as its working memory, at most, whatever the product.
size_t gemm_scratch_bytes();

// Name of the instruction set in use: "avx512", "avx2" or "baseline".
const char * gemm_kernel_name();
