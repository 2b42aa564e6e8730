// Stops a run whose loss is no longer worth a step: not finite, or far above what it was.
#pragma once
#include "token_rows.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class loss_watch {
  public:
    static const size_t WINDOW = 32;             // steps, all of which must be there before a loss can be a spike
    static constexpr double SMALLEST_MEDIAN = 0.5; // nats: rows learned by heart have losses near 0, and ten times those is no harm

    // factor       a loss above so many times the median of the last steps is a spike; 0: none is
    // begins_at    steps before this one are warm-up: they neither count nor are judged
    // recent       the losses that are remembered, the oldest first; a checkpoint keeps them
    loss_watch(double factor, int64_t begins_at, std::vector<double> & recent) : factor_(factor), begins_at_(begins_at), recent_(recent) {}

    // What is wrong with a step, before it is taken; nothing when it may be. Otherwise the step is remembered.
    //
    // step        from 0
    // row_losses  of the batch's rows, in their order
    // norm        of the gradient
    std::optional<std::string> fault(int64_t step, double loss, double norm, const std::vector<token_row> & batch, const std::vector<double> & row_losses);

  private:
    double factor_;
    int64_t begins_at_;
    std::vector<double> & recent_;
};
