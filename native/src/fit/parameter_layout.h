// The parameters of a network as one array, so that gradients can be summed, checked and stepped on without knowing what they are of.
#pragma once
#include "fit/dense_products.h"
#include <string>

class random_stream;

class parameter_layout {
  public:
    struct part { std::string name; int64_t rows, columns; size_t begin; };

    size_t add(const std::string & name, int64_t rows, int64_t columns); // returns its number
    size_t size() const { return size_; }
    const std::vector<part> & parts() const { return parts_; }

    const_matrix of(const float * values, size_t number) const;
    matrix_view of(float * values, size_t number) const;

  private:
    std::vector<part> parts_;
    size_t size_ = 0;
};

// Initial values, as PyTorch names them. W [n_out][n_in].
void fill_normal(matrix_view w, double deviation, random_stream & chance);
void fill_uniform(matrix_view w, double bound, random_stream & chance);
void fill(matrix_view w, float value);
double xavier_normal_deviation(const matrix_view & w); // sqrt(2 / (n_in + n_out))   Glorot and Bengio 2010
double xavier_uniform_bound(const matrix_view & w);    // sqrt(6 / (n_in + n_out))
double linear_bound(int64_t n_in);                     // 1 / sqrt(n_in), of a layer's weight and bias when nothing is said
