#include "auc.h"
#include <algorithm>
#include <cstdint>
#include <numeric>

double area_under_roc(const std::vector<double> & scores, const std::vector<bool> & labels) {
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
    int64_t twice_wins = 0, positives = 0, negatives = 0; // a pair won counts 2 and a tie 1, so that every sum is a whole number
    for (size_t begin = 0; begin < order.size();) {
        size_t end = begin;
        int64_t tied_positives = 0, tied_negatives = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; end++) (labels[order[end]] ? tied_positives : tied_negatives)++;
        twice_wins += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
        begin = end;
    }
    return static_cast<double>(twice_wins) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}
