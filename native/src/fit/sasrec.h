// SASRec: causal self-attention over what a user met, trained to predict the next item among all.   Kang and McAuley 2018, arXiv:1808.09781
// In the form of RecBole 1.2.1 (post-norm blocks, dense layers, softmax over all items):
//   x_t = dropout(norm(item vector of interaction t + vector of place t))
//   block: a = norm(x + dropout(W_o attention(W_q x, W_k x, W_v x)));  x' = norm(a + dropout(W_2 gelu(W_1 a)))      all W with a bias
//   state = x of the last input;  score(item) = state . item vector;  loss = -ln softmax(scores)[next item], over all items
// gelu is the form with tanh, at most 5e-4 from RecBole's with the error function. The last block computes only the inputs that have a target.
#pragma once
#include "fit/fit_model.h"
#include "fit/sequence_model.h"
#include <memory>

struct sasrec_settings {
    sequence_settings sequence;
    int64_t width;           // of an item vector and a state
    int64_t layers;
    int64_t heads;           // divide the width
    int64_t inner;           // width between W_1 and W_2
    double dropout;          // of inputs and of what a block adds
    double attention_dropout;
};

std::unique_ptr<sequence_network> make_sasrec_network(int64_t n_items, const sasrec_settings & settings);
std::unique_ptr<fit_model> make_sasrec(const interaction_log & log, const sasrec_settings & settings, const fit_context & context);
