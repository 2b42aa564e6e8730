// The parameters of a network, what Adam keeps of them, and one step: a batch is computed in a fixed number of shares, one thread each, whose
// gradients are added in order. So any number of threads gives the same bytes, and more threads than shares gain nothing.
#pragma once
#include "fit/fit_model.h"
#include "fit/parameter_layout.h"
#include <functional>

const size_t SHARES = 4;

class trained_parameters {
  public:
    // All zeros; the layout must outlive it.
    explicit trained_parameters(const parameter_layout & layout);

    float * values() { return values_.data(); }
    const float * values() const { return values_.data(); }

    // learn  (share, gradients, lane): adds the share's gradients, returns the sum of its losses
    // number from 1
    // returns the sum of all losses, before the step
    double step(int64_t number, double learning_rate, int32_t threads, const std::function<double(size_t, float *, int)> & learn);

    std::vector<fit_values> parameters();
    std::vector<fit_values> optimizer_state();

  private:
    std::vector<fit_values> named(std::vector<float> & of, const std::string & ending) const;

    const parameter_layout & layout_;
    std::vector<float> values_, first_, second_, gradients_[SHARES];
};
