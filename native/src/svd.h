// The largest singular triplets of a matrix that is known by its products alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

// [n_rows, n_columns], one column after another
struct dense_columns {
    int64_t n_rows, n_columns;
    std::vector<double> values;

    double & at(int64_t row, int64_t column) { return values[static_cast<size_t>(column * n_rows + row)]; }
    double at(int64_t row, int64_t column) const { return values[static_cast<size_t>(column * n_rows + row)]; }
    double * column(int64_t index) { return values.data() + index * n_rows; }
    const double * column(int64_t index) const { return values.data() + index * n_rows; }
};

class matrix_products {
  public:
    virtual ~matrix_products() = default;
    virtual int64_t n_rows() const = 0;
    virtual int64_t n_columns() const = 0;
    virtual dense_columns times(const dense_columns & x) const = 0;            // M x
    virtual dense_columns transposed_times(const dense_columns & x) const = 0; // M^T x
};

// M = sum of values[r] * left_r right_r^T, with orthonormal left [n_rows, rank] and right [n_columns, rank]; values fall.
struct singular_triplets {
    dense_columns left;
    std::vector<double> values;
    dense_columns right;
};

// Makes the columns of x orthonormal, by Gram-Schmidt done twice (Giraud et al. 2005, doi:10.1007/s00211-005-0615-4), and returns the R of
// x = Q R, [n_columns, n_columns]. A column that depends on those before it becomes zero.
dense_columns orthonormalise(dense_columns & x);

// All triplets of a small matrix with n_rows >= n_columns, by one-sided Jacobi rotations.   Hestenes 1958, doi:10.1137/0106005
singular_triplets exact_triplets(const dense_columns & matrix);

// The `rank` largest ones, by power iterations on a random subspace.   Halko, Martinsson and Tropp 2011, arXiv:0909.4061, algorithms
// 4.4 and 5.1. The same numbers for the same seed and index.
//
// rank  at most min(n_rows, n_columns)
singular_triplets largest_triplets(const matrix_products & matrix, int64_t rank, uint64_t seed, uint64_t index);
