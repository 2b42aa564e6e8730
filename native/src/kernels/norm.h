// RMS norm with its gain, over dimension 0.   Zhang and Sennrich 2019, arXiv:1910.07467
//   y = x * r * weight,   r = 1 / sqrt(mean(x^2) + epsilon)
//   dx = r * (dy * weight - x * r^2 * mean(dy * weight * x))
#pragma once
#include "ggml.h"

// x [n_row, ...], weight [n_row] -> as x; contiguous f32
ggml_tensor * rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float epsilon);

// onto + dx; onto nullptr: dx. All as x
ggml_tensor * rms_norm_back(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto, float epsilon);
