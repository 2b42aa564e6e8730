#include "fit/convolutions.h"
#include <algorithm>

// y += factor * x
static void add_scaled(int64_t n, float factor, const float * x, float * y) {
    for (int64_t i = 0; i < n; i++) y[i] += factor * x[i];
}

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

void convolve_across(const across_filters & filters, const_matrix image, float * largest, int32_t * where, std::vector<float> & values, std::vector<float> & working) {
    const int64_t n = filters.weights.rows, n_places = image.rows - filters.weights.columns / image.columns + 1;
    values.resize(static_cast<size_t>(n_places * n));
    const matrix_view found(values.data(), n_places, n);
    // what a filter sees from a place on lies in one piece: rows that overlap
    filters.packed.multiply({image.data, n_places, filters.weights.columns, image.columns}, found, onto::nothing, working);
    for (int64_t f = 0; f < n; f++) {
        int32_t best = 0;
        for (int32_t t = 1; t < n_places; t++)
            if (found.row(t)[f] > found.row(best)[f]) best = t;
        const float value = found.row(best)[f] + filters.bias[f];
        largest[f] = std::max(value, 0.0f);
        where[f] = value > 0 ? best : -1;
    }
}

void convolve_across_back(const across_filters & filters, const_matrix image, const float * d_largest, const int32_t * where, matrix_view d_image, matrix_view d_weights, float * d_bias) {
    for (int64_t f = 0; f < filters.weights.rows; f++) {
        if (where[f] < 0 || d_largest[f] == 0) continue;
        add_scaled(filters.weights.columns, d_largest[f], image.row(where[f]), d_weights.row(f));
        add_scaled(filters.weights.columns, d_largest[f], filters.weights.row(f), d_image.row(where[f]));
        d_bias[f] += d_largest[f];
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
