// Items like those that the user liked.   Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms", doi:10.1145/963770.963776
//
//   similarity(i, j) = |users who liked both| / (sqrt(|users of i| |users of j|) + shrink)       0 for i = j
//   score(user, j)   = sum of similarity(i, j) over the liked items i of the history that are among the k items most similar to j
//
// Of equally similar items the one with the lower number comes first. Items that share no user are never neighbours. The choice of neighbours is that
// of RecBole's ItemKNN (1.2.1), which belong to the item that is scored.
#pragma once
#include "fit/fit_model.h"
#include <memory>

struct item_knn_settings {
    int64_t neighbours; // k, at least 1
    double shrink;      // at least 0
};

std::unique_ptr<fit_model> make_item_knn(const interaction_log & log, const item_knn_settings & settings, const fit_context & context);
