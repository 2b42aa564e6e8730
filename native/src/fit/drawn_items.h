// A softmax over few items that stands for one over all: what all others come to is estimated from some that are drawn.
//
// Each item is drawn with a chance of its own, p_i = min(1, c (1 + count_i)), independently of the others; c is such that the chances sum to the number
// asked for. With drawn items D and target t, neither of them twice:
//
//   Z ~ exp(s_t) + sum over i in D, i != t, of exp(s_i - ln p_i)          loss = ln Z - s_t
//
// The estimate of Z is right in the mean (Horvitz and Thompson 1952), whatever the chances; items met often, which make up most of Z, are nearly always drawn and then
// count as they are. The correction by ln p is the one of Bengio and Senecal 2008, doi:10.1109/TNN.2007.912312, and Yi et al. 2019, doi:10.1145/3298689.3346996. Asked for
// as many as there are, it is the softmax itself.
#pragma once
#include "fit/interactions.h"

class random_stream;

// One draw, shared by all targets of a batch.
struct drawn_items {
    std::vector<int32_t> items;     // in rising order
    std::vector<float> corrections; // -ln p of each, at least 0
};

class item_draw {
  public:
    // n  items of a draw, in the mean; from 1
    item_draw(const interaction_log & log, int64_t n);

    drawn_items draw(random_stream & chance) const;
    const std::vector<double> & chances() const { return chances_; } // [n_items]

  private:
    std::vector<double> chances_;
};
