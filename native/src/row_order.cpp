#include "row_order.h"
#include "random.h"
#include <algorithm>
#include <numeric>

row_order::row_order(size_t n_rows, const train_config & config)
    : n_rows_(static_cast<int64_t>(n_rows)), batch_size_(config.batch_size), steps_(0), seed_(config.seed), shuffle_(config.shuffle) {
    steps_ = config.steps ? *config.steps : steps_an_epoch() * *config.epochs;
}

std::vector<size_t> row_order::rows_of(int64_t step) {
    const int64_t epoch = epoch_of(step);
    if (epoch != shown_epoch_) {
        order_.resize(static_cast<size_t>(n_rows_));
        std::iota(order_.begin(), order_.end(), 0);
        if (shuffle_) order_ = permutation(n_rows_, seed_, static_cast<uint64_t>(epoch));
        shown_epoch_ = epoch;
    }
    const int64_t begin = (step - epoch * steps_an_epoch()) * batch_size_;
    const int64_t end = std::min(n_rows_, begin + batch_size_);
    std::vector<size_t> rows;
    for (int64_t i = begin; i < end; i++) rows.push_back(static_cast<size_t>(order_[static_cast<size_t>(i)]));
    return rows;
}
