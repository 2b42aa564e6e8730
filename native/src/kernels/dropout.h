// Dropout whose mask is a function of (seed, column, row), not of a state: the forward and the backward make the same
// mask without storing it, any number of threads gives the same bytes, and so does a run resumed from a checkpoint.
// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (counter-based generators), doi:10.1145/2063384.2063405
#pragma once
#include "ggml.h"
#include <cstdint>
#include <vector>

// Must outlive the graph. Read when the graph runs: the seed may change between two runs of one graph.
struct dropout_plan {
    float rate; // share of elements set to zero, [0, 1); 0 copies
    uint64_t seed;
};

// y = x * mask / (1 - rate), x [n_rows, n] contiguous f32. The gradient is the same function, applied to dy.
ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan);

// The same mask as numbers, [n_rows, n_columns] one column after another: 0, or 1 / (1 - rate).
std::vector<float> dropout_mask(const dropout_plan & plan, int64_t n_rows, int64_t n_columns);

// One column of it outside a graph: y = x * mask / (1 - rate); y may be x.
void drop_column(const dropout_plan & plan, int64_t n_rows, int64_t column, const float * x, float * y);
