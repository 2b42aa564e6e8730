// A linear model from items to items without a diagonal, in closed form.   Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv:1905.03375
//
//   P = inverse(X'X + l2 I)        B_ij = -P_ij / P_jj, B_jj = 0        score(user, j) = sum of B_ij over the liked items i of the history
//
// Takes 4 n^2 bytes for n items, and n^3 multiply-adds.
#pragma once
#include "fit/fit_model.h"
#include <memory>

struct ease_settings {
    double l2; // above 0
};

// throws user_error(exit_memory), when it is fitted, if there is no memory for that many items
std::unique_ptr<fit_model> make_ease(const interaction_log & log, const ease_settings & settings, const fit_context & context);
