// Caser's filters (caser.h) over one image E [height][width], rows contiguous.
#pragma once
#include "fit/dense_products.h"

// Filters of one height: weights [n][height * width], a bias each.
struct across_filters {
    const_matrix weights;
    const float * bias;
    packed_matrix packed;

    across_filters(const_matrix weights, const float * bias) : weights(weights), bias(bias), packed(weights, true) {}
};

// largest[f] = max(0, the largest of w_f . E[t .. t + height) + b_f over t); where[f]: that t, or -1 when it is not above 0
void convolve_across(const across_filters & filters, const_matrix image, float * largest, int32_t * where, std::vector<float> & values, std::vector<float> & working);
void convolve_across_back(const across_filters & filters, const_matrix image, const float * d_largest, const int32_t * where, matrix_view d_image, matrix_view d_weights, float * d_bias);

// sums[f] = sum_t w_f[t] E[t] + b_f, [n][width];  weights [n][height]
void convolve_down(const_matrix weights, const float * bias, const_matrix image, float * sums);
void convolve_down_back(const_matrix weights, const_matrix image, const float * d_sums, matrix_view d_image, matrix_view d_weights, float * d_bias);
