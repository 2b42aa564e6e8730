#include "fit/trained_parameters.h"
#include "fit/adam.h"
#include "kernels/cpu_kernels.h"
#include "parallel.h"
#include <algorithm>
#include <cstring>

static const size_t GRADIENTS_AT_ONCE = 1 << 15;

trained_parameters::trained_parameters(const parameter_layout & layout) : layout_(layout), values_(layout.size()), first_(layout.size()), second_(layout.size()) {
    for (std::vector<float> & one : gradients_) one.assign(layout.size(), 0.0f);
}

double trained_parameters::step(int64_t number, double learning_rate, int32_t threads, const std::function<double(size_t, float *, int)> & learn) {
    double losses[SHARES];
    for_each_index(SHARES, threads, [&](size_t share) { losses[share] = learn(share, gradients_[share].data(), static_cast<int>(share)); });
    const size_t size = values_.size();
    for_each_index((size + GRADIENTS_AT_ONCE - 1) / GRADIENTS_AT_ONCE, threads, [&](size_t part) {
        const size_t begin = part * GRADIENTS_AT_ONCE, n = std::min(GRADIENTS_AT_ONCE, size - begin);
        for (size_t share = 1; share < SHARES; share++) {
            current_cpu_kernels().add(static_cast<int64_t>(n), gradients_[share].data() + begin, gradients_[0].data() + begin);
            std::memset(gradients_[share].data() + begin, 0, n * sizeof(float));
        }
    });
    update_by_adam({number, learning_rate}, size, values_.data(), gradients_[0].data(), first_.data(), second_.data(), threads);
    double loss = 0;
    for (const double one : losses) loss += one;
    return loss;
}

std::vector<fit_values> trained_parameters::named(std::vector<float> & of, const std::string & ending) const {
    std::vector<fit_values> parts;
    for (const parameter_layout::part & part : layout_.parts()) parts.push_back({part.name + ending, of.data() + part.begin, static_cast<size_t>(part.rows * part.columns)});
    return parts;
}

std::vector<fit_values> trained_parameters::parameters() { return named(values_, ""); }

std::vector<fit_values> trained_parameters::optimizer_state() {
    std::vector<fit_values> state = named(first_, ".m");
    for (const fit_values & one : named(second_, ".v")) state.push_back(one);
    return state;
}
