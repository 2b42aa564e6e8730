#include "fit/convolutions.h"
#include "fit/vector_products.h"
#include <algorithm>

static float dot(int64_t n, const float * x, const float * y) {
    float sums[16] = {};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int lane = 0; lane < 16; lane++) sums[lane] += x[i + lane] * y[i + lane];
    float sum = 0;
    for (; i < n; i++) sum += x[i] * y[i];
    for (const float one : sums) sum += one;
    return sum;
}

static const int64_t FILTERS_AT_ONCE = 32; // columns of the widest tile

across_filters::across_filters(const std::vector<const_matrix> & weights, const std::vector<const float *> & biases, int64_t width)
    : weights_(weights), biases_(biases), width_(width), n_(weights[0].rows), heights_at_once_(std::min(std::max<int64_t>(FILTERS_AT_ONCE / n_, 1), height())) {
    for (int64_t lowest = 1; lowest <= height(); lowest += heights_at_once_) {
        const int64_t n_heights = std::min(heights_at_once_, height() - lowest + 1), columns = (lowest + n_heights - 1) * width_;
        std::vector<float> memory(static_cast<size_t>(n_heights * n_ * columns), 0.0f);
        for (int64_t i = 0; i < n_heights; i++) {
            const const_matrix & own = weights_[static_cast<size_t>(lowest - 1 + i)];
            for (int64_t f = 0; f < n_; f++) std::copy_n(own.row(f), own.columns, memory.data() + (i * n_ + f) * columns);
        }
        groups_.push_back({lowest, n_heights, packed_matrix({memory.data(), n_heights * n_, columns}, true)});
    }
}

void across_filters::convolve(const_matrix image, float * largest, int32_t * where, working_memory & working) const {
    for (const group & one : groups_) {
        const int64_t n_places = height() - one.lowest + 1, n_columns = one.n_heights * n_;
        working.values.resize(static_cast<size_t>(n_places * n_columns));
        const matrix_view found(working.values.data(), n_places, n_columns);
        // what a filter sees from a place on lies in one piece: rows that overlap
        one.filters.multiply({image.data, n_places, (one.lowest + one.n_heights - 1) * width_, width_}, found, onto::nothing, working.panels);
        float * best = largest + (one.lowest - 1) * n_;
        int32_t * at = where + (one.lowest - 1) * n_;
        std::copy_n(found.row(0), n_columns, best);
        std::fill_n(at, n_columns, 0);
        for (int64_t t = 1; t < n_places; t++) {
            const float * row = found.row(t);
            const int64_t n_inside = std::min(n_places - t, one.n_heights) * n_; // higher ones would stick out
            for (int64_t f = 0; f < n_inside; f++) {
                at[f] = row[f] > best[f] ? static_cast<int32_t>(t) : at[f];
                best[f] = row[f] > best[f] ? row[f] : best[f];
            }
        }
        for (int64_t f = 0; f < n_columns; f++) {
            best[f] += biases_[static_cast<size_t>(one.lowest - 1 + f / n_)][f % n_];
            if (best[f] > 0) continue;
            best[f] = 0;
            at[f] = -1;
        }
    }
}

void across_filters::back(const_matrix image, const float * d_largest, const int32_t * where, matrix_view d_image, const std::vector<matrix_view> & d_weights, const std::vector<float *> & d_biases) const {
    for (int64_t i = 0; i < n_values(); i++) {
        if (where[i] < 0 || d_largest[i] == 0) continue;
        const size_t height = static_cast<size_t>(i / n_);
        const int64_t f = i % n_;
        const const_matrix & own = weights_[height];
        add_scaled(own.columns, d_largest[i], image.row(where[i]), d_weights[height].row(f));
        add_scaled(own.columns, d_largest[i], own.row(f), d_image.row(where[i]));
        d_biases[height][f] += d_largest[i];
    }
}

void convolve_down(const_matrix weights, const float * bias, const_matrix image, float * sums) {
    for (int64_t f = 0; f < weights.rows; f++) {
        float * sum = sums + f * image.columns;
        std::fill_n(sum, image.columns, bias[f]);
        for (int64_t t = 0; t < image.rows; t++) add_scaled(image.columns, weights.row(f)[t], image.row(t), sum);
    }
}

void convolve_down_back(const_matrix weights, const_matrix image, const float * d_sums, matrix_view d_image, matrix_view d_weights, float * d_bias) {
    for (int64_t f = 0; f < weights.rows; f++) {
        const float * d = d_sums + f * image.columns;
        for (int64_t k = 0; k < image.columns; k++) d_bias[f] += d[k];
        for (int64_t t = 0; t < image.rows; t++) {
            d_weights.row(f)[t] += dot(image.columns, d, image.row(t));
            add_scaled(image.columns, weights.row(f)[t], d, d_image.row(t));
        }
    }
}
