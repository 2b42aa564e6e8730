// Products of matrices as the networks of fit/ need them, on one thread each: rows lie in lines, contiguous f32. Each element of a result is one
// sum in a fixed order, whatever the other rows are.
#pragma once
#include <cstdint>
#include <vector>

// Rows of a matrix in memory that may be wider than they are.
struct matrix_view {
    float * data;
    int64_t rows, columns;
    int64_t stride; // floats from one row to the next

    matrix_view(float * data, int64_t rows, int64_t columns) : data(data), rows(rows), columns(columns), stride(columns) {}
    matrix_view(float * data, int64_t rows, int64_t columns, int64_t stride) : data(data), rows(rows), columns(columns), stride(stride) {}
    float * row(int64_t i) const { return data + i * stride; }
    matrix_view part(int64_t first_row, int64_t n_rows) const { return {row(first_row), n_rows, columns, stride}; }
    matrix_view beside(int64_t first_column, int64_t n_columns) const { return {data + first_column, rows, n_columns, stride}; }
};

// The same, read only.
struct const_matrix {
    const float * data;
    int64_t rows, columns, stride;

    const_matrix(const float * data, int64_t rows, int64_t columns) : data(data), rows(rows), columns(columns), stride(columns) {}
    const_matrix(const float * data, int64_t rows, int64_t columns, int64_t stride) : data(data), rows(rows), columns(columns), stride(stride) {}
    const_matrix(const matrix_view & m) : data(m.data), rows(m.rows), columns(m.columns), stride(m.stride) {}
    const float * row(int64_t i) const { return data + i * stride; }
    const_matrix part(int64_t first_row, int64_t n_rows) const { return {row(first_row), n_rows, columns, stride}; }
    const_matrix beside(int64_t first_column, int64_t n_columns) const { return {data + first_column, rows, n_columns, stride}; }
};

enum class onto { nothing, what_is_there };

// lane  whose working memory is used: no two products of the same lane at once
void multiply_by_transposed(const_matrix a, const_matrix b, matrix_view c, onto start, int lane); // c[i][j] = a[i] . b[j]
void multiply(const_matrix a, const_matrix b, matrix_view c, onto start, int lane);               // c[i][j] = sum_k a[i][k] b[k][j]
void multiply_transposed(const_matrix a, const_matrix b, matrix_view c, onto start, int lane);    // c[i][j] = sum_k a[k][i] b[k][j]

// y = x W^T + bias, W [n_out][n_in], and its gradients, which are added to dw and d_bias; dx may be nothing (data nullptr).
void linear(const_matrix x, const_matrix w, const float * bias, matrix_view y, int lane);
void linear_back(const_matrix x, const_matrix w, const_matrix dy, matrix_view dx, matrix_view dw, float * d_bias, int lane);

// A matrix laid out for many products with few rows: as a step of a recurrent network needs it. The bits are those of the products above as long as
// the sums have at most 768 terms.
class packed_matrix {
  public:
    // across  true: c[i][j] = a[i] . m[j]; false: c[i][j] = sum_k a[i][k] m[k][j]
    packed_matrix(const_matrix m, bool across);
    void multiply(const_matrix a, matrix_view c, onto start, std::vector<float> & working) const;

  private:
    int64_t terms_, columns_;
    std::vector<float> panels_;
};
