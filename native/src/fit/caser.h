// Caser: convolutions over the last interactions as over an image, and a vector of the user.   Tang and Wang 2018, arXiv:1809.07426
// In the form of RecBole 1.2.1: E [most_inputs][width] holds the vectors of the last interactions, oldest first, zeros behind them where there are fewer.
//   down:   v_f = sum_t w_f[t] E[t] + b_f, a vector for each filter f
//   across: for each height 1 .. most_inputs and filter, the largest of relu(w . E[t .. t + height) + b) over t
//   z = relu(W_1 dropout([v, across]) + b_1);  state = relu(W_2 [z, user vector] + b_2);  score(item) = state . item vector
//   loss = -ln softmax(scores)[next item] + l2 * (sum of the norms of the vectors of users and items, w down, each w across, W_1 and W_2)
// A user who is not known has a vector of zeros. Neighbouring targets of a history share the convolutions over what they both see (convolutions.h), and nothing else: each has dropout masks of its own
// and all of its last most_inputs interactions, so with any number of targets at once the sums are those of one.
#pragma once
#include "fit/fit_model.h"
#include "fit/sequence_model.h"
#include <memory>

struct caser_settings {
    sequence_settings sequence; // with windows.looks_back_fully
    int64_t width;
    int64_t filters_down;
    int64_t filters_across;     // of each height
    double dropout;
    double l2;
};

std::unique_ptr<sequence_network> make_caser_network(int64_t n_users, int64_t n_items, const caser_settings & settings);
std::unique_ptr<fit_model> make_caser(const interaction_log & log, const caser_settings & settings, const fit_context & context);
