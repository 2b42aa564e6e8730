// The gate of a feed-forward block, act(gate) * up.   Shazeer 2020, arXiv:2002.05202
//   swiglu: act = silu(x) = x / (1 + exp(-x))
//   geglu:  act = gelu(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), the form that Gemma was trained with
//   library_geglu: ggml's own GeGLU, which reads GELU from a table of half floats on CPUs; forward only, to be held against libllama
#pragma once
#include "ggml.h"

enum class gate_kind { swiglu, geglu, library_geglu };

// gate, up [n_ff, n] -> [n_ff, n]; all contiguous f32.
ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up);

// d_gate = d_out * up * act'(gate);  d_up = d_out * act(gate).
// Both packed in one tensor; take them out with the accessors, contiguous views [n_ff, n].
ggml_tensor * gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out);
ggml_tensor * gated_d_gate(ggml_context * ctx, ggml_tensor * packed);
ggml_tensor * gated_d_up(ggml_context * ctx, ggml_tensor * packed);
