// Next-token loss on chosen columns: the negative log-probability of each column's target.
#pragma once
#include "ggml.h"

// logits [n_vocab, n] f32, targets [n] i32 in [0, n_vocab) -> [2, n] f32: for each column
//   0: loss = log_sum_exp - logits[target], in nats
//   1: log_sum_exp = log(sum_i exp(logits[i]))
// Exponentials are f32, their sum is double; log_sum_exp minus logit is taken before rounding to f32.
ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets);

// Gradient of sum_c weights[c] * loss[c]:  weights [n] f32 -> [n_vocab, n], weight * (softmax(logits) - onehot(target)).
// A column of weight 0 gets exact zeros.
ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights);
