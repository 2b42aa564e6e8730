// log of the sum of exponentials, in double: what log-probabilities are told against.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

inline double log_sum(const float * logits, size_t n) {
    const double largest = *std::max_element(logits, logits + n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += std::exp(logits[i] - largest);
    return largest + std::log(sum);
}
