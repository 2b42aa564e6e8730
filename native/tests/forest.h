// Random forests of segments, and the chance that kernel tests draw from.
#pragma once
#include "segment.h"
#include <algorithm>
#include <random>
#include <vector>

using chance = std::mt19937;

inline int64_t any(chance & random, int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }

inline std::vector<float> normal(chance & random, int64_t count, float deviation = 1) {
    std::normal_distribution<float> draw(0, deviation);
    std::vector<float> values(count);
    for (float & value : values) value = draw(random);
    return values;
}

// A random forest in depth-first order: after each segment go down (a child), sideways (a sibling) or up.
inline std::vector<segment> random_forest(chance & random, int64_t segments, int64_t longest) {
    std::vector<segment> forest;
    std::vector<int32_t> open; // chain of the last segment
    int32_t column = 0;
    for (int64_t s = 0; s < segments; s++) {
        const int64_t keep = any(random, 0, (int64_t) open.size());
        open.resize(any(random, 0, 3) ? std::max<int64_t>(keep, (int64_t) open.size() - 1) : keep);
        const int32_t length = (int32_t) any(random, 1, longest);
        forest.push_back({open.empty() ? -1 : open.back(), column, column + length});
        open.push_back((int32_t) s);
        column += length;
    }
    return forest;
}

// Rows that share nothing.
inline std::vector<segment> separate_rows(chance & random, int64_t rows, int64_t longest) {
    std::vector<segment> forest;
    int32_t column = 0;
    for (int64_t r = 0; r < rows; r++) {
        const int32_t length = (int32_t) any(random, 1, longest);
        forest.push_back({-1, column, column + length});
        column += length;
    }
    return forest;
}
