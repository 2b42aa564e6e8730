// How a sequence network is trained and asked for scores: batches of windows, Adam (trained_parameters.h), states of histories against the items' vectors.
// A history with no interaction is scored by how often each item was met: ln(1 + count).
#pragma once
#include "fit/fit_model.h"
#include "fit/sequence_network.h"
#include <memory>

struct sequence_settings {
    window_settings windows;
    int64_t batch_size;     // targets, about: windows are not torn apart
    double learning_rate;
    int64_t sampled_items;  // drawn for each batch, in the mean, to stand for all in the softmax (drawn_items.h); 0: all items
};

// log  outlives the model
// throws user_error(exit_data) when no user has two interactions
std::unique_ptr<fit_model> make_sequence_model(const interaction_log & log, std::unique_ptr<sequence_network> network, const sequence_settings & settings,
                                               const std::string & name, const fit_context & context);
