// Which rows a step takes. A pure function of the step, so that a resumed run needs no saved position.
#pragma once
#include "config.h"
#include <cstdint>
#include <vector>

class row_order {
  public:
    // n_rows  at least 1
    row_order(size_t n_rows, const train_config & config);

    int64_t steps_an_epoch() const { return (n_rows_ + batch_size_ - 1) / batch_size_; }
    int64_t steps() const { return steps_; }
    int64_t epoch_of(int64_t step) const { return step / steps_an_epoch(); } // from 0

    // Indices of the rows of a step, from 0; the last batch of an epoch may be smaller.
    std::vector<size_t> rows_of(int64_t step);

  private:
    int64_t n_rows_, batch_size_, steps_;
    uint64_t seed_;
    bool shuffle_;
    int64_t shown_epoch_ = -1;
    std::vector<int64_t> order_;
};
