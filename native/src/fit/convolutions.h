// Caser's filters (caser.h) over what came before each of several neighbouring targets of a history, computed together.
//
// A target sees its last inputs, at most `height`, as an image of that many rows: oldest first, zeros behind them where there are fewer. What a filter of height h finds from an input on does not
// depend on the target, as long as the target sees all h of them: it is computed once, and each target takes the largest over the stretch that it sees. Where an image ends within a filter, the
// filter's value is a part of its sum, which comes up on the way to the whole. So each target gets what it would get alone, up to rounding.
#pragma once
#include "fit/dense_products.h"

// Inputs of one history that stand together, and the targets that follow on the last of them.
struct image_stretch {
    int64_t first_input, n_inputs;   // rows of the inputs; each image begins among them
    int64_t first_target, n_targets; // rows of the features; target i sees inputs before n_inputs - n_targets + 1 + i

    int64_t end(int64_t target) const { return n_inputs - n_targets + 1 + target; }
};

// Filters of every height 1 .. height: n of each.
class across_filters {
  public:
    // weights  by height - 1: [n][height * width], which must live on; biases: [n] each
    across_filters(const std::vector<const_matrix> & weights, const std::vector<const float *> & biases, int64_t width);

    int64_t height() const { return static_cast<int64_t>(weights_.size()); }
    int64_t n_values() const { return height() * n_; }

    // inputs   [n_inputs][width]
    // largest  a row for each target, [height][n]: max(0, the largest of w . image[t .. t + height) + b over t)
    // where    [n_targets][height][n]: the input from which it was found, or -1 when it is not above 0; may be the end of the inputs seen: among zeros
    void convolve(const_matrix inputs, const std::vector<image_stretch> & stretches, matrix_view largest, int32_t * where) const;

    // Adds to the gradients of the inputs and, by height - 1, of the weights and biases.
    void back(const_matrix inputs, const std::vector<image_stretch> & stretches, const_matrix d_largest, const int32_t * where, matrix_view d_inputs, const std::vector<matrix_view> & d_weights,
              const std::vector<float *> & d_biases) const;

  private:
    void find_largest(int64_t of, const_matrix products, const image_stretch & one, matrix_view largest, int32_t * where) const;

    std::vector<const_matrix> weights_;
    std::vector<const float *> biases_;
    int64_t width_, n_;
    std::vector<std::vector<float>> by_row_; // by height - 1, [row of the filter][n][width]: as products with an input need them
};

// sums[target][f] = sum_t w_f[t] image[t] + b_f, a row for each target, [n][width];  weights [n][height]
void convolve_down(const_matrix weights, const float * bias, const_matrix inputs, const image_stretch & one, matrix_view sums, int lane);
void convolve_down_back(const_matrix weights, const_matrix inputs, const image_stretch & one, const_matrix d_sums, matrix_view d_inputs, matrix_view d_weights, float * d_bias, int lane);
