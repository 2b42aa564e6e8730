// Gradient of a trained linear layer y = scale * W x with respect to W: a sum of outer products, no transposes made.
#pragma once
#include "ggml.h"

// dW = scale * sum_c dy[:, c] x[:, c]^T:  x [n_in, n], dy [n_out, n] -> dW [n_in, n_out]; all contiguous f32.
// Where n_in or n_out is small, low_rank_gradient (low_rank.h) is faster. Same bytes for any number of threads.
ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale);
