#include "fit/dense_products.h"
#include "kernels/cpu_kernels.h"
#include "kernels/gemm.h"
#include <algorithm>

static gemm_operand operand(const const_matrix & m, bool k_in_line) {
    return {m.data, GGML_TYPE_F32, m.stride * static_cast<int64_t>(sizeof(float)), k_in_line};
}

static void product(const gemm_operand & a, const gemm_operand & b, int64_t k, matrix_view c, onto start, int lane) {
    gemm(a, b, {0, c.rows}, {0, c.columns}, k, c.data, c.stride, start == onto::what_is_there, lane);
}

void multiply_by_transposed(const_matrix a, const_matrix b, matrix_view c, onto start, int lane) {
    product(operand(a, true), operand(b, true), a.columns, c, start, lane);
}

void multiply(const_matrix a, const_matrix b, matrix_view c, onto start, int lane) {
    product(operand(a, true), operand(b, false), a.columns, c, start, lane);
}

void multiply_transposed(const_matrix a, const_matrix b, matrix_view c, onto start, int lane) {
    product(operand(a, false), operand(b, false), a.rows, c, start, lane);
}

void linear(const_matrix x, const_matrix w, const float * bias, matrix_view y, int lane) {
    if (bias) {
        for (int64_t i = 0; i < y.rows; i++) std::copy_n(bias, y.columns, y.row(i));
    }
    multiply_by_transposed(x, w, y, bias ? onto::what_is_there : onto::nothing, lane);
}

void linear_back(const_matrix x, const_matrix w, const_matrix dy, matrix_view dx, matrix_view dw, float * d_bias, int lane) {
    multiply_transposed(dy, x, dw, onto::what_is_there, lane);
    if (d_bias) {
        for (int64_t i = 0; i < dy.rows; i++) current_cpu_kernels().add(dy.columns, dy.row(i), d_bias);
    }
    if (dx.data) multiply(dy, w, dx, onto::nothing, lane);
}

packed_matrix::packed_matrix(const_matrix m, bool across) : terms_(across ? m.columns : m.rows), columns_(across ? m.rows : m.columns) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t width = cpu.tile_columns;
    panels_.resize(static_cast<size_t>((columns_ + width - 1) / width * width * terms_ + pack_slack));
    float * panel = panels_.data();
    for (int64_t column = 0; column < columns_; column += width, panel += width * terms_) {
        const int count = static_cast<int>(std::min(width, columns_ - column));
        if (across) cpu.pack_across(m.row(column), m.stride, count, terms_, static_cast<int>(width), panel);
        else cpu.pack_along(m.data + column, m.stride, count, terms_, static_cast<int>(width), panel);
    }
}

void packed_matrix::multiply(const_matrix a, matrix_view c, onto start, std::vector<float> & working) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t height = cpu.tile_rows, width = cpu.tile_columns, tiles = (a.rows + height - 1) / height;
    working.resize(std::max(working.size(), static_cast<size_t>(tiles * height * terms_ + pack_slack)));
    for (int64_t tile = 0; tile < tiles; tile++) {
        cpu.pack_across(a.row(tile * height), a.stride, static_cast<int>(std::min(height, a.rows - tile * height)), terms_, static_cast<int>(height),
                        working.data() + tile * height * terms_);
    }
    const float * panel = panels_.data();
    for (int64_t column = 0; column < columns_; column += width, panel += width * terms_) {
        for (int64_t tile = 0; tile < tiles; tile++) {
            const int64_t row = tile * height;
            cpu.tile(terms_, working.data() + row * terms_, panel, c.row(row) + column, c.stride, start == onto::what_is_there,
                     static_cast<int>(std::min(height, a.rows - row)), static_cast<int>(std::min(width, columns_ - column)));
        }
    }
}
