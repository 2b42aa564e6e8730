// Dense layers with one number at the end, forward and backward over many rows.
//   x' = activation(W x + b) for each hidden layer;  y = w . x + b
// prelu: max(x, 0) + a min(x, 0) with an a learned for each unit, 0.25 at first.   He et al. 2015, arXiv:1502.01852
#pragma once
#include "fit/parameter_layout.h"

class random_stream;

enum class hidden_activation { sigmoid, prelu };

// What the backward needs of a forward: each layer's input, and before activation.
struct dense_pass {
    std::vector<std::vector<float>> inputs, before;
};

class dense_stack {
  public:
    // Adds its parts to the layout, which must outlive it.
    dense_stack(parameter_layout & layout, const std::string & name, int64_t n_in, const std::vector<int64_t> & hidden, hidden_activation activation);

    void initialise(float * values, random_stream & chance) const; // Glorot normal, biases 0

    // x [n][n_in] -> [n]
    std::vector<float> forward(const float * values, const_matrix x, dense_pass & pass, int lane) const;

    // dy [n] -> [n][n_in]; gradients of the parameters are added to
    std::vector<float> backward(const float * values, const dense_pass & pass, const std::vector<float> & dy, float * gradients, int lane) const;

  private:
    struct layer { size_t w, b, slope; }; // slope: of prelu alone

    const parameter_layout & layout_;
    hidden_activation activation_;
    std::vector<layer> layers_; // the last one has no activation
};
