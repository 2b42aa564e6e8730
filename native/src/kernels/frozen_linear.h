// A linear layer whose weight is not trained, straight from the weight as the model file stores it.
//
// W [n_in, n_out] (ggml order: n_out rows of n_in) of any type with a to_float trait, or f32. Blocks of W are dequantised
// as they are needed: no f32 copy and no transposed copy of W is ever made. x, y, dx, dy are contiguous f32.
// Same bytes for any number of threads.
//
// panels  nullptr: products in f32; else the sixteen-bit panels that both factors are rounded into on the way (narrow_panels.h)
#pragma once
#include "ggml.h"

struct narrow_panels;

// y = W x:      x [n_in, n] -> y [n_out, n]
ggml_tensor * frozen_linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, const narrow_panels * panels = nullptr);

// dx = W^T dy:  dy [n_out, n] -> dx [n_in, n]. With onto [n_in, n]: onto + W^T dy, written over onto, which nothing else may read.
ggml_tensor * frozen_linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, ggml_tensor * onto = nullptr,
                                 const narrow_panels * panels = nullptr);
