#include "fit/convolutions.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <cmath>

across_filters::across_filters(const std::vector<const_matrix> & weights, const std::vector<const float *> & biases, int64_t width)
    : weights_(weights), biases_(biases), width_(width), n_(weights[0].rows) {
    for (int64_t of = 1; of <= height(); of++) {
        const const_matrix & own = weights_[static_cast<size_t>(of - 1)];
        std::vector<float> & rows = by_row_.emplace_back(static_cast<size_t>(own.rows * own.columns));
        for (int64_t k = 0; k < of; k++)
            for (int64_t f = 0; f < n_; f++) std::copy_n(own.row(f) + k * width_, width_, rows.data() + (k * n_ + f) * width_);
    }
}

void across_filters::convolve(const_matrix inputs, const std::vector<image_stretch> & stretches, matrix_view largest, int32_t * where) const {
    int64_t longest = 0;
    for (const image_stretch & one : stretches) longest = std::max(longest, one.n_inputs);
    const packed_matrix packed(inputs, true);
    std::vector<float> memory(static_cast<size_t>(std::min(longest, height()) * n_ * inputs.rows)), working;
    for (int64_t of = 1; of <= height(); of++) {
        const matrix_view products(memory.data(), std::min(of, longest) * n_, inputs.rows); // of each row of the filters with each input; further rows meet nothing
        packed.multiply({by_row_[static_cast<size_t>(of - 1)].data(), products.rows, width_}, products, onto::nothing, working);
        for (const image_stretch & one : stretches) find_largest(of, products, one, largest, where);
    }
}

namespace {

// The largest of values that come one after the other, for several targets; and where.
struct contest {
    std::vector<float> best;
    std::vector<int32_t> at;

    void offer(int64_t target, int64_t n, const float * values, int64_t place) { // values[i] of place + i, to target + i
        float * own = best.data() + target;
        int32_t * own_at = at.data() + target;
        for (int64_t i = 0; i < n; i++) {
            const bool wins = values[i] > own[i];
            own[i] = wins ? values[i] : own[i];
            own_at[i] = wins ? static_cast<int32_t>(place + i) : own_at[i];
        }
    }
};

} // namespace

void across_filters::find_largest(int64_t of, const_matrix products, const image_stretch & one, matrix_view largest, int32_t * where) const {
    const int64_t most_place = height() - of, first_end = one.end(0); // places of a filter in an image: 0 .. most_place
    contest found{std::vector<float>(static_cast<size_t>(one.n_targets)), std::vector<int32_t>(static_cast<size_t>(one.n_targets))};
    std::vector<float> values(static_cast<size_t>(one.n_inputs));
    for (int64_t f = 0; f < n_; f++) {
        for (int64_t i = 0; i < one.n_targets; i++) {
            const bool ends_in_zeros = one.end(i) <= most_place;
            found.best[static_cast<size_t>(i)] = ends_in_zeros ? 0 : -INFINITY;
            found.at[static_cast<size_t>(i)] = static_cast<int32_t>(one.end(i));
        }
        std::fill(values.begin(), values.end(), 0.0f);
        for (int64_t k = 0; k < std::min(of, one.n_inputs); k++) {
            current_cpu_kernels().add(one.n_inputs - k, products.row(k * n_ + f) + one.first_input + k, values.data());
            if (k + 1 == of) break;
            // images that end behind row k of the filter: they begin with the history, so places are inputs
            const int64_t begin = std::max<int64_t>(0, first_end - k - 1), end = std::min(most_place, one.n_inputs - k - 1) + 1;
            if (begin < end) found.offer(begin + k + 1 - first_end, end - begin, values.data() + begin, begin);
        }
        // whole filters, the oldest place of each image first
        for (int64_t behind = most_place; behind >= 0; behind--) { // from the place to the last one of an image
            const int64_t begin = std::max<int64_t>(0, first_end - of - behind), end = one.n_inputs - of - behind + 1;
            if (begin < end) found.offer(begin + of + behind - first_end, end - begin, values.data() + begin, begin);
        }
        const float bias = biases_[static_cast<size_t>(of - 1)][f];
        const int64_t column = (of - 1) * n_ + f;
        for (int64_t i = 0; i < one.n_targets; i++) {
            const float value = found.best[static_cast<size_t>(i)] + bias;
            largest.row(one.first_target + i)[column] = std::max(value, 0.0f);
            where[(one.first_target + i) * n_values() + column] = value > 0 ? found.at[static_cast<size_t>(i)] : -1;
        }
    }
}

void across_filters::back(const_matrix inputs, const std::vector<image_stretch> & stretches, const_matrix d_largest, const int32_t * where, matrix_view d_inputs, const std::vector<matrix_view> & d_weights,
                          const std::vector<float *> & d_biases) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    std::vector<float> sums; // [place][rows of the filter that were within the image], of one filter: what targets that found the same add up to
    std::vector<int64_t> places;
    for (const image_stretch & one : stretches) {
        for (int64_t column = 0; column < n_values(); column++) {
            const int64_t of = column / n_ + 1, f = column % n_;
            const size_t number = static_cast<size_t>(of - 1);
            sums.resize(std::max(sums.size(), static_cast<size_t>(one.n_inputs * (of + 1))), 0.0f);
            places.clear();
            for (int64_t i = 0; i < one.n_targets; i++) {
                const int64_t place = where[(one.first_target + i) * n_values() + column], inside = std::min(of, one.end(i) - place);
                const float d = d_largest.row(one.first_target + i)[column];
                if (place < 0 || d == 0) continue;
                d_biases[number][f] += d;
                if (inside == 0) continue;
                sums[static_cast<size_t>(place * (of + 1) + inside)] += d;
                if (places.empty() || places.back() != place) places.push_back(place);
            }
            for (const int64_t place : places) {
                float * own = sums.data() + place * (of + 1), sum = 0;
                const int64_t input = one.first_input + place;
                for (int64_t end = of; end > 0;) { // rows of the filter from the last one on, as many at once as have the same sum
                    sum += own[end];
                    own[end] = 0;
                    int64_t begin = end - 1;
                    while (begin > 0 && own[begin] == 0) begin--;
                    if (sum != 0) {
                        const int64_t offset = begin * width_, size = (end - begin) * width_;
                        cpu.add_scaled(size, sum, inputs.row(input) + offset, d_weights[number].row(f) + offset);
                        cpu.add_scaled(size, sum, weights_[number].row(f) + offset, d_inputs.row(input) + offset);
                    }
                    end = begin;
                }
            }
        }
    }
}

// [target][input]: the weight of a filter that meets it.
static std::vector<float> banded(const float * weights, int64_t height, const image_stretch & one) {
    std::vector<float> band(static_cast<size_t>(one.n_targets * one.n_inputs), 0.0f);
    for (int64_t i = 0; i < one.n_targets; i++) {
        const int64_t begin = std::max<int64_t>(0, one.end(i) - height);
        std::copy_n(weights, one.end(i) - begin, band.data() + i * one.n_inputs + begin);
    }
    return band;
}

void convolve_down(const_matrix weights, const float * bias, const_matrix inputs, const image_stretch & one, matrix_view sums, int lane) {
    for (int64_t f = 0; f < weights.rows; f++) {
        const std::vector<float> band = banded(weights.row(f), weights.columns, one);
        const matrix_view own = sums.part(one.first_target, one.n_targets).beside(f * inputs.columns, inputs.columns);
        for (int64_t i = 0; i < one.n_targets; i++) std::fill_n(own.row(i), inputs.columns, bias[f]);
        multiply({band.data(), one.n_targets, one.n_inputs}, inputs.part(one.first_input, one.n_inputs), own, onto::what_is_there, lane);
    }
}

void convolve_down_back(const_matrix weights, const_matrix inputs, const image_stretch & one, const_matrix d_sums, matrix_view d_inputs, matrix_view d_weights, float * d_bias, int lane) {
    const const_matrix seen = inputs.part(one.first_input, one.n_inputs);
    std::vector<float> d_band(static_cast<size_t>(one.n_targets * one.n_inputs));
    for (int64_t f = 0; f < weights.rows; f++) {
        const std::vector<float> band = banded(weights.row(f), weights.columns, one);
        const const_matrix own = d_sums.part(one.first_target, one.n_targets).beside(f * inputs.columns, inputs.columns);
        multiply_transposed({band.data(), one.n_targets, one.n_inputs}, own, d_inputs.part(one.first_input, one.n_inputs), onto::what_is_there, lane);
        multiply_by_transposed(own, seen, {d_band.data(), one.n_targets, one.n_inputs}, onto::nothing, lane);
        for (int64_t i = 0; i < one.n_targets; i++) {
            for (int64_t k = 0; k < inputs.columns; k++) d_bias[f] += own.row(i)[k];
            const int64_t begin = std::max<int64_t>(0, one.end(i) - weights.columns);
            current_cpu_kernels().add(one.end(i) - begin, d_band.data() + i * one.n_inputs + begin, d_weights.row(f));
        }
    }
}
