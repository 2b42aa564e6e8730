#include "fit/parameter_layout.h"
#include "random.h"
#include <algorithm>
#include <cmath>

size_t parameter_layout::add(const std::string & name, int64_t rows, int64_t columns) {
    parts_.push_back({name, rows, columns, size_});
    size_ += static_cast<size_t>(rows * columns);
    return parts_.size() - 1;
}

const_matrix parameter_layout::of(const float * values, size_t number) const {
    const part & at = parts_[number];
    return {values + at.begin, at.rows, at.columns};
}

matrix_view parameter_layout::of(float * values, size_t number) const {
    const part & at = parts_[number];
    return {values + at.begin, at.rows, at.columns};
}

void fill_normal(matrix_view w, double deviation, random_stream & chance) {
    for (int64_t i = 0; i < w.rows * w.columns; i++) w.data[i] = static_cast<float>(deviation * chance.normal());
}

void fill_uniform(matrix_view w, double bound, random_stream & chance) {
    for (int64_t i = 0; i < w.rows * w.columns; i++) w.data[i] = static_cast<float>(bound * (2 * chance.uniform() - 1));
}

void fill(matrix_view w, float value) { std::fill_n(w.data, w.rows * w.columns, value); }

double xavier_normal_deviation(const matrix_view & w) { return std::sqrt(2.0 / static_cast<double>(w.rows + w.columns)); }
double xavier_uniform_bound(const matrix_view & w) { return std::sqrt(6.0 / static_cast<double>(w.rows + w.columns)); }
double linear_bound(int64_t n_in) { return 1 / std::sqrt(static_cast<double>(n_in)); }
