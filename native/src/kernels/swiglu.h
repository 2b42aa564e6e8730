// The gate of a feed-forward block: silu(gate) * up, silu(x) = x / (1 + exp(-x)).   Shazeer 2020, arXiv:2002.05202
#pragma once
#include "ggml.h"

// gate, up [n_ff, n] -> [n_ff, n]; all contiguous f32.
ggml_tensor * swiglu(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up);

// d_gate = d_out * up * (s + gate * s * (1 - s)) with s = sigmoid(gate);  d_up = d_out * gate * s.
// Both packed in one tensor; take them out with the accessors, contiguous views [n_ff, n].
ggml_tensor * swiglu_back(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out);
ggml_tensor * swiglu_d_gate(ggml_context * ctx, ggml_tensor * packed);
ggml_tensor * swiglu_d_up(ggml_context * ctx, ggml_tensor * packed);
