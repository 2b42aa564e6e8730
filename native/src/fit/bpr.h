// Matrix factorisation that ranks what a user liked above the rest.   Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", arXiv:1205.2618
//
//   loss of (user u, liked item i, other item j) = -ln sigmoid(u . i - u . j) + l2 / 2 * (|u|^2 + |i|^2 + |j|^2)      score(user, item) = u . i
//
// A training example is a liked interaction, with another item drawn anew each epoch from those that the user did not like, all alike. Gradients are means over a batch.
// The update is Adam's on all vectors, also those that the batch does not touch, as RecBole's BPR (1.2.1) does it; vectors begin as normal numbers of the variance
// 2 / (width + count) (Glorot and Bengio 2010). A user without a liked interaction is scored as the mean of those who have one.
#pragma once
#include "fit/fit_model.h"
#include "fit/liked_items.h"
#include "random.h"
#include <memory>

struct bpr_settings {
    int64_t width;         // of a vector
    int64_t batch_size;    // training examples
    double learning_rate;
    double l2;
};

struct bpr_example { int32_t user, liked, other; };

// The mean loss of a batch; its gradients are added to d_users and d_items, which have the shape of the vectors: [n_users][width], [n_items][width].
double bpr_loss(const std::vector<float> & users, const std::vector<float> & items, size_t width, double l2, const bpr_example * examples, size_t n,
                std::vector<float> & d_users, std::vector<float> & d_items);

// An item that is not among those liked, all alike; there must be one.
int32_t draw_other(const number_sets::range & liked, int32_t n_items, random_stream & chance);

std::unique_ptr<fit_model> make_bpr(const interaction_log & log, const bpr_settings & settings, const fit_context & context);
