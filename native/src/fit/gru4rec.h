// GRU4Rec: a recurrent network over what a user met, trained to predict the next item among all.
// Hidasi et al. 2016, arXiv:1511.06939; Tan, Xu and Liu 2016, arXiv:1606.08117, in the form of RecBole 1.2.1:
//   x_t = dropout(item vector of interaction t);  h_t = GRU layers;  state = W h_t + b;  score(item) = state . item vector
//   loss = -ln softmax(scores)[next item], over all items
#pragma once
#include "fit/fit_model.h"
#include "fit/sequence_model.h"
#include <memory>

struct gru4rec_settings {
    sequence_settings sequence;
    int64_t width;   // of an item vector
    int64_t hidden;  // of a layer's state
    int64_t layers;
    double dropout;  // of the item vectors
};

std::unique_ptr<sequence_network> make_gru4rec_network(int64_t n_items, const gru4rec_settings & settings);
std::unique_ptr<fit_model> make_gru4rec(const interaction_log & log, const gru4rec_settings & settings, const fit_context & context);
