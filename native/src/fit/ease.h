// A linear model from items to items without a diagonal, in closed form.   Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv:1905.03375
//
//   P = inverse(X'X + l2 I)        B_ij = -P_ij / P_jj, B_jj = 0        score(user, j) = sum of B_ij over the liked items i of the history
//
// X [users][items] has a 1 where a user liked an item. The inverse is that of a matrix of all items, or of one of all users:
//
//   P = (I - X' M X) / l2,  M = inverse(XX' + l2 I)        B_ij = x_i' M x_j / (1 - x_j' M x_j), x_j being the users who liked j
//
// (Woodbury 1950). Both say the same; the matrix takes 4 n^2 bytes and n^3 / 2 multiply-adds for n users or items. Scores are one sum by items and many by users.
#pragma once
#include "fit/fit_model.h"
#include <memory>

struct ease_settings {
    double l2; // above 0
};

enum class ease_form { by_items, by_users };

ease_form choose_ease_form(const interaction_log & log); // by users where they are fewer than half the items

// throws user_error(exit_memory), when it is fitted, if there is no memory for the matrix
std::unique_ptr<fit_model> make_ease(const interaction_log & log, ease_form form, const ease_settings & settings, const fit_context & context);
