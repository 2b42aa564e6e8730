// Caser's filters (caser.h) over one image E [height][width], rows contiguous.
#pragma once
#include "fit/dense_products.h"

// Filters of every height 1 .. height: n of each. Several heights are computed in one product, the lower ones with zeros below them, so that the product's tiles are filled.
class across_filters {
  public:
    // weights  by height - 1: [n][height * width]; biases: [n] each
    across_filters(const std::vector<const_matrix> & weights, const std::vector<const float *> & biases, int64_t width);

    int64_t height() const { return static_cast<int64_t>(weights_.size()); }
    int64_t n_values() const { return height() * n_; }
    int64_t rows_behind() const { return heights_at_once_ - 1; } // of zeros that an image needs

    struct working_memory { std::vector<float> values, panels; };

    // image    [height + rows_behind][width]
    // largest  [height][n]: max(0, the largest of w . E[t .. t + height) + b over t);  where: that t, or -1 when it is not above 0
    void convolve(const_matrix image, float * largest, int32_t * where, working_memory & working) const;

    // Adds to the gradients of the image and, by height - 1, of the weights and biases.
    void back(const_matrix image, const float * d_largest, const int32_t * where, matrix_view d_image, const std::vector<matrix_view> & d_weights, const std::vector<float *> & d_biases) const;

  private:
    struct group { int64_t lowest, n_heights; packed_matrix filters; };

    std::vector<const_matrix> weights_;
    std::vector<const float *> biases_;
    int64_t width_, n_, heights_at_once_;
    std::vector<group> groups_;
};

// sums[f] = sum_t w_f[t] E[t] + b_f, [n][width];  weights [n][height]
void convolve_down(const_matrix weights, const float * bias, const_matrix image, float * sums);
void convolve_down_back(const_matrix weights, const_matrix image, const float * d_sums, matrix_view d_image, matrix_view d_weights, float * d_bias);
