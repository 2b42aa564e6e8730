// Linear layers with one small side, as a LoRA pair has them: the rank.   Hu et al. 2021, arXiv:2106.09685
//
// Such products do a few operations for each number they read, so what counts is to pass over x and y once: no packing, no
// transposes, and the result is added where it belongs. Everything is contiguous f32. Each element of a result is a sum in one
// fixed order, whatever the other columns are and however many threads share the work.
#pragma once
#include "ggml.h"
#include <cstddef>

// Up to this small side they are worth it; the general product overtakes them somewhere above.
constexpr int64_t low_rank_most = 64;

// Bytes that one thread keeps as its working memory for layers up to this width.
size_t low_rank_scratch_bytes(int64_t rank, int64_t width);

// y = W x:      w [n_in, n_out], x [n_in, n] -> [n_out, n], where n_out is the small side
// dx = W^T dy:  dy [n_out, n] -> [n_in, n], where n_in is the small side
ggml_tensor * low_rank_down(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x);
ggml_tensor * low_rank_down_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy);

// y + scale * W x, where n_in is the small side, and dx + scale * W^T dy, where n_out is. Written over y and dx, which nothing else may read.
ggml_tensor * low_rank_up(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale);
ggml_tensor * low_rank_up_back(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale);

// dW = scale * dy x^T, [n_in, n_out] where one side is small: a sum of outer products of the columns.
ggml_tensor * low_rank_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale);
