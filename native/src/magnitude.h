// DoRA: an adapter turns the rows of W, and a magnitude m of its own scales each.   Liu et al. 2024, arXiv:2402.09353
//
//   V = W + scale * B A,   y = m / |V| * (V x) + bias,   |V| the L2 norm of each row [n_out]
//
// As in section 4.3 of the paper |V| counts as a constant in the gradient:
//   d(V x) = m / |V| * dy,   dm = sum over columns of dy * (V x) / |V|
//
// |V|^2 = |W|^2 + sum over r of b_r (2 scale W a_r + scale^2 (a a^T b)_r): V itself is never made.
#pragma once
#include "pass.h"

// What the backward needs from the forward.
struct magnitude_tape {
    ggml_tensor * direction = nullptr; // V x [n_out, n]
    row_scales scales;
};

// throws user_error(exit_usage) on a layer for which there is no such thing: the token embedding
void check_magnitudes(const std::vector<lora_pair> & pairs);

// Squared norms of W's rows from W; and m = |V|, with which W alone is unchanged.
void read_squared_norms(const lora_pair & pair, const ggml_tensor & weight);
void init_magnitude(const lora_pair & pair, const ggml_tensor & weight);

// direction [n_out, n] = V x, without bias
ggml_tensor * scale_rows(pass_scope & scope, const lora_pair & pair, ggml_tensor * weight, ggml_tensor * direction, magnitude_tape & tape);

// Adds the gradient of m to the scope; returns that of V x.
ggml_tensor * scale_rows_back(pass_scope & scope, const lora_pair & pair, const magnitude_tape & tape, ggml_tensor * dy);
