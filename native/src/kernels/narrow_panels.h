// Panels of sixteen bits for the products with frozen weights: on processors that multiply them faster than f32.
//
//   bf16  AVX512-BF16, vdpbf16ps: both factors rounded to bf16 (8 bits), products and sums in f32
//   fp16  AVX512-FP16, vfmadd231ph: both factors rounded to fp16 (11 bits), products and sums of 64 terms in fp16, added up in f32.
//         Rows of A are scaled by a power of two so that their largest element is below 1, columns of B likewise within each 64
//         terms; so neither outliers among the activations nor among the weights push others out of fp16's range.
//
// Everything starts from panels of f32 as cpu_kernels packs them. An element of c is a function of its row of A and its column of B:
// same bytes for any number of threads, and whatever else is computed beside it.
#pragma once
#include <cstdint>
#include <vector>

constexpr int narrow_terms = 64; // k whose products are summed in sixteen bits; blocks of k begin at multiples of it

struct narrow_panels {
    const char * name; // "bf16" or "fp16"
    int tile_rows, tile_columns;
    bool scaled;       // rows of A want a scale

    // f32 panels [k][tile_rows] and [k][tile_columns] to sixteen bits. scale: of each row; scales: [ceil(k / 64)][tile_columns], by
    // which a sum of the narrow panel is multiplied.
    void (*narrow_rows)(int64_t k, const float * panel, const float * scale, uint32_t * narrow);
    void (*narrow_columns)(int64_t k, const float * panel, uint32_t * narrow, float * scales);
    int64_t (*rows_size)(int64_t k);    // of a narrow panel, in uint32_t
    int64_t (*columns_size)(int64_t k);

    // c[i][j] (+)= row_scale[i] * sum_k a b, for i < rows, j < columns
    void (*tile)(int64_t k, const uint32_t * a, const uint32_t * b, const float * scales, const float * row_scale, float * c, int64_t ldc,
                 bool add, int rows, int columns);
};

// What this processor can execute, by its flags alone; may be empty.
const std::vector<const narrow_panels *> & supported_narrow_panels();
