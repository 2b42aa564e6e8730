#include "svd.h"
#include "random.h"
#include <algorithm>
#include <cmath>
#include <numeric>

static const int64_t OVERSAMPLING = 10;
static const int POWER_ITERATIONS = 8; // the singular values of a language model's weights fall slowly
static const int MOST_SWEEPS = 60;     // Jacobi converges in about ten

static double dot(const double * a, const double * b, int64_t n) { return std::inner_product(a, a + n, b, 0.0); }

static dense_columns zeros(int64_t n_rows, int64_t n_columns) { return {n_rows, n_columns, std::vector<double>(static_cast<size_t>(n_rows * n_columns), 0.0)}; }

// x y, both small enough for a plain loop
static dense_columns product(const dense_columns & x, const dense_columns & y) {
    dense_columns out = zeros(x.n_rows, y.n_columns);
    for (int64_t j = 0; j < y.n_columns; j++) {
        for (int64_t k = 0; k < x.n_columns; k++) {
            for (int64_t i = 0; i < x.n_rows; i++) out.at(i, j) += x.at(i, k) * y.at(k, j);
        }
    }
    return out;
}

dense_columns orthonormalise(dense_columns & x) {
    const int64_t n = x.n_rows;
    dense_columns r = zeros(x.n_columns, x.n_columns);
    for (int64_t j = 0; j < x.n_columns; j++) {
        double * column = x.column(j);
        const double before = std::sqrt(dot(column, column, n));
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t i = 0; i < j; i++) {
                const double shared = dot(x.column(i), column, n);
                for (int64_t k = 0; k < n; k++) column[k] -= shared * x.column(i)[k];
                r.at(i, j) += shared;
            }
        }
        const double left = std::sqrt(dot(column, column, n));
        const bool depends = !(left > 1e-12 * before); // what is left is rounding
        r.at(j, j) = depends ? 0.0 : left;
        for (int64_t k = 0; k < n; k++) column[k] = depends ? 0.0 : column[k] / left;
    }
    return r;
}

singular_triplets exact_triplets(const dense_columns & matrix) {
    const int64_t n_rows = matrix.n_rows, n = matrix.n_columns;
    dense_columns turned = matrix, right = zeros(n, n); // turned = matrix * right, its columns ever closer to orthogonal
    for (int64_t i = 0; i < n; i++) right.at(i, i) = 1.0;
    bool has_turned = true;
    for (int sweep = 0; sweep < MOST_SWEEPS && has_turned; sweep++) {
        has_turned = false;
        for (int64_t p = 0; p < n; p++) {
            for (int64_t q = p + 1; q < n; q++) {
                const double pp = dot(turned.column(p), turned.column(p), n_rows), qq = dot(turned.column(q), turned.column(q), n_rows);
                const double pq = dot(turned.column(p), turned.column(q), n_rows);
                if (!(std::fabs(pq) > 1e-15 * std::sqrt(pp * qq))) continue;
                has_turned = true;
                const double zeta = (qq - pp) / (2.0 * pq);
                const double tangent = (zeta < 0 ? -1.0 : 1.0) / (std::fabs(zeta) + std::sqrt(1.0 + zeta * zeta));
                const double cosine = 1.0 / std::sqrt(1.0 + tangent * tangent), sine = cosine * tangent;
                for (dense_columns * both : {&turned, &right}) {
                    for (int64_t i = 0; i < both->n_rows; i++) {
                        const double x = both->at(i, p), y = both->at(i, q);
                        both->at(i, p) = cosine * x - sine * y;
                        both->at(i, q) = sine * x + cosine * y;
                    }
                }
            }
        }
    }

    std::vector<double> sizes;
    for (int64_t j = 0; j < n; j++) sizes.push_back(std::sqrt(dot(turned.column(j), turned.column(j), n_rows)));
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return sizes[static_cast<size_t>(a)] > sizes[static_cast<size_t>(b)]; });
    singular_triplets all{zeros(n_rows, n), {}, zeros(n, n)};
    for (int64_t j = 0; j < n; j++) {
        const int64_t from = order[static_cast<size_t>(j)];
        const double size = sizes[static_cast<size_t>(from)];
        all.values.push_back(size);
        for (int64_t i = 0; i < n_rows; i++) all.left.at(i, j) = size > 0 ? turned.at(i, from) / size : 0.0;
        for (int64_t i = 0; i < n; i++) all.right.at(i, j) = right.at(i, from);
    }
    return all;
}

static dense_columns first_columns(const dense_columns & x, int64_t n) {
    return {x.n_rows, n, std::vector<double>(x.values.begin(), x.values.begin() + static_cast<std::ptrdiff_t>(n * x.n_rows))};
}

singular_triplets largest_triplets(const matrix_products & matrix, int64_t rank, uint64_t seed, uint64_t index) {
    const int64_t width = std::min({rank + OVERSAMPLING, matrix.n_rows(), matrix.n_columns()});
    dense_columns drawn = zeros(matrix.n_columns(), width);
    random_stream chance(seed, "singular-subspace", index);
    for (double & value : drawn.values) value = chance.normal();
    dense_columns left = matrix.times(drawn); // its columns come to span the largest left vectors
    orthonormalise(left);
    for (int i = 0; i < POWER_ITERATIONS; i++) {
        dense_columns right = matrix.transposed_times(left);
        orthonormalise(right);
        left = matrix.times(right);
        orthonormalise(left);
    }
    // M is close to left left^T M, whose transpose is tall: Q R, and R is small.
    dense_columns q = matrix.transposed_times(left);
    const singular_triplets small = exact_triplets(orthonormalise(q));
    singular_triplets all{product(left, small.right), small.values, product(q, small.left)};
    all.left = first_columns(all.left, rank);
    all.right = first_columns(all.right, rank);
    all.values.resize(static_cast<size_t>(rank));
    return all;
}
