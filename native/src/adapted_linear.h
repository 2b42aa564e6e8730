// A frozen linear layer with an adapter on it, forward and backward.   Hu et al. 2021, arXiv:2106.09685
//
//   y  = W x + scale * B (A dropout(x)) + bias                 with magnitudes, the sum before the bias is scaled row by row (magnitude.h)
//   dx = W^T dy + dropout(A^T (scale * B^T dy)),   dA = (scale * B^T dy) dropout(x)^T,   dB = scale * dy (A dropout(x))^T
#pragma once
#include "magnitude.h"
#include "pass.h"

// What the backward needs from the forward.
struct linear_tape {
    const linear * layer = nullptr;
    const lora_pair * pair = nullptr;
    const dropout_plan * dropped = nullptr;
    ggml_tensor * lora_input = nullptr; // x after dropout [n_in, n]
    ggml_tensor * down = nullptr;       // A x [rank, n]
    magnitude_tape magnitude;           // of a pair that has one
};

// x [n_in, n] -> y [n_out, n]; block -1: the output head
ggml_tensor * adapted_linear(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, linear_tape & tape, read_by by = read_by::anything);

// residual + y
ggml_tensor * adapted_linear_added(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, ggml_tensor * residual, linear_tape & tape);

// Adds the pair's gradients to the scope; returns dx, or nullptr when it is not wanted. With onto [n_in, n], the gradient that x has from
// elsewhere: returns onto + dx; nothing else may read onto then.
ggml_tensor * adapted_linear_back(pass_scope & scope, const linear_tape & tape, ggml_tensor * dy, bool want_dx, ggml_tensor * onto = nullptr, read_by by = read_by::anything);
