// The largest singular triplets against those of the eigenvalues of M^T M, by a plain two-sided Jacobi.
#include "check.h"
#include "random.h"
#include "svd.h"
#include <algorithm>
#include <cmath>

namespace {

class dense_matrix : public matrix_products {
  public:
    explicit dense_matrix(dense_columns m) : m_(std::move(m)) {}
    int64_t n_rows() const override { return m_.n_rows; }
    int64_t n_columns() const override { return m_.n_columns; }
    dense_columns times(const dense_columns & x) const override {
        dense_columns out{m_.n_rows, x.n_columns, std::vector<double>(static_cast<size_t>(m_.n_rows * x.n_columns), 0.0)};
        for (int64_t j = 0; j < x.n_columns; j++)
            for (int64_t k = 0; k < m_.n_columns; k++)
                for (int64_t i = 0; i < m_.n_rows; i++) out.at(i, j) += m_.at(i, k) * x.at(k, j);
        return out;
    }
    dense_columns transposed_times(const dense_columns & x) const override {
        dense_columns out{m_.n_columns, x.n_columns, std::vector<double>(static_cast<size_t>(m_.n_columns * x.n_columns), 0.0)};
        for (int64_t j = 0; j < x.n_columns; j++)
            for (int64_t k = 0; k < m_.n_columns; k++)
                for (int64_t i = 0; i < m_.n_rows; i++) out.at(k, j) += m_.at(i, k) * x.at(i, j);
        return out;
    }

  private:
    dense_columns m_;
};

dense_columns random_matrix(int64_t n_rows, int64_t n_columns, uint64_t seed) {
    dense_columns m{n_rows, n_columns, {}};
    random_stream chance(seed, "matrix");
    for (int64_t i = 0; i < n_rows * n_columns; i++) m.values.push_back(chance.normal());
    return m;
}

// Roots of the eigenvalues of M^T M, falling.
std::vector<double> oracle_values(const dense_columns & m) {
    const int64_t n = m.n_columns;
    dense_columns g = dense_matrix(m).transposed_times(m);
    for (int sweep = 0; sweep < 40; sweep++) {
        for (int64_t p = 0; p < n; p++) {
            for (int64_t q = p + 1; q < n; q++) {
                if (g.at(p, q) == 0) continue;
                const double angle = 0.5 * std::atan2(2 * g.at(p, q), g.at(q, q) - g.at(p, p)), c = std::cos(angle), s = std::sin(angle);
                for (int64_t i = 0; i < n; i++) {
                    const double x = g.at(i, p), y = g.at(i, q);
                    g.at(i, p) = c * x - s * y;
                    g.at(i, q) = s * x + c * y;
                }
                for (int64_t i = 0; i < n; i++) {
                    const double x = g.at(p, i), y = g.at(q, i);
                    g.at(p, i) = c * x - s * y;
                    g.at(q, i) = s * x + c * y;
                }
            }
        }
    }
    std::vector<double> values;
    for (int64_t i = 0; i < n; i++) values.push_back(std::sqrt(std::max(0.0, g.at(i, i))));
    std::sort(values.rbegin(), values.rend());
    return values;
}

double off_orthonormal(const dense_columns & x) {
    const dense_columns g = dense_matrix(x).transposed_times(x);
    double worst = 0;
    for (int64_t i = 0; i < g.n_rows; i++)
        for (int64_t j = 0; j < g.n_columns; j++) worst = std::max(worst, std::fabs(g.at(i, j) - (i == j)));
    return worst;
}

// M v = s u and M^T u = s v
double off_triplets(const dense_columns & m, const singular_triplets & found) {
    const dense_columns mv = dense_matrix(m).times(found.right), mu = dense_matrix(m).transposed_times(found.left);
    double worst = 0;
    for (size_t r = 0; r < found.values.size(); r++) {
        const int64_t column = static_cast<int64_t>(r);
        for (int64_t i = 0; i < m.n_rows; i++) worst = std::max(worst, std::fabs(mv.at(i, column) - found.values[r] * found.left.at(i, column)));
        for (int64_t i = 0; i < m.n_columns; i++) worst = std::max(worst, std::fabs(mu.at(i, column) - found.values[r] * found.right.at(i, column)));
    }
    return worst;
}

void factors_are_orthonormal_times_triangular() {
    dense_columns m = random_matrix(20, 7, 1);
    for (int64_t i = 0; i < 20; i++) m.at(i, 4) = 3 * m.at(i, 1) - m.at(i, 2); // depends on those before it
    dense_columns q = m;
    const dense_columns r = orthonormalise(q), again = dense_matrix(q).times(r);
    for (size_t i = 0; i < m.values.size(); i++) CHECK_NEAR(again.values[i], m.values[i], 1e-12);
    for (int64_t i = 0; i < 7; i++)
        for (int64_t j = 0; j < i; j++) CHECK(r.at(i, j) == 0);
    CHECK(r.at(4, 4) == 0);
    for (int64_t i = 0; i < 20; i++) CHECK(q.at(i, 4) == 0);
}

void exact_ones_are_those_of_the_oracle() {
    for (const auto [rows, columns] : {std::pair<int64_t, int64_t>{9, 9}, {30, 12}, {5, 1}}) {
        const dense_columns m = random_matrix(rows, columns, 2);
        const singular_triplets found = exact_triplets(m);
        const std::vector<double> expected = oracle_values(m);
        for (size_t i = 0; i < expected.size(); i++) CHECK_NEAR(found.values[i], expected[i], 1e-10);
        CHECK(off_orthonormal(found.left) < 1e-12 && off_orthonormal(found.right) < 1e-12 && off_triplets(m, found) < 1e-10);
    }
}

// Wide and tall, with values that fall as those of a weight do: slowly. What the paper promises is the subspace's share, to a fraction of the
// best; single vectors of close values may mix.
void random_ones_come_close() {
    for (const auto [rows, columns] : {std::pair<int64_t, int64_t>{60, 45}, {45, 60}}) {
        const dense_columns m = random_matrix(rows, columns, 3);
        dense_columns tall = m;
        if (rows < columns) {
            tall = {columns, rows, std::vector<double>(m.values.size())};
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < columns; j++) tall.at(j, i) = m.at(i, j);
        }
        const std::vector<double> expected = oracle_values(tall);
        const singular_triplets found = largest_triplets(dense_matrix(m), 6, 5, 0);
        CHECK(off_orthonormal(found.left) < 1e-10 && off_orthonormal(found.right) < 1e-10);
        for (size_t i = 0; i < 6; i++) {
            CHECK(found.values[i] <= expected[i] * (1 + 1e-12));
            CHECK(found.values[i] > expected[i] * 0.995);
        }
        CHECK(largest_triplets(dense_matrix(m), 6, 5, 0).right.values == found.right.values);
        CHECK(largest_triplets(dense_matrix(m), 6, 5, 1).right.values != found.right.values);
    }
}

// Nothing is left to chance when the subspace is the whole space.
void all_of_a_small_matrix_are_exact() {
    const dense_columns m = random_matrix(8, 11, 4);
    const singular_triplets found = largest_triplets(dense_matrix(m), 8, 1, 0);
    CHECK(off_triplets(m, found) < 1e-10);
    dense_columns rank_two{8, 11, std::vector<double>(88)};
    for (int64_t i = 0; i < 8; i++)
        for (int64_t j = 0; j < 11; j++) rank_two.at(i, j) = m.at(i, 0) * m.at(0, j) + m.at(i, 1) * m.at(1, j);
    const singular_triplets few = largest_triplets(dense_matrix(rank_two), 5, 1, 0);
    CHECK(few.values[1] > 1e-3 && few.values[2] < 1e-10 && off_triplets(rank_two, few) < 1e-9);
}

} // namespace

int main() {
    return run_tests({
        {"columns are made orthonormal, and R takes them back, dependent ones too", factors_are_orthonormal_times_triangular},
        {"all triplets of a small matrix are those of the eigenvalues", exact_ones_are_those_of_the_oracle},
        {"the largest ones by random projection are within half a percent, and follow from the seed", random_ones_come_close},
        {"they are exact when nothing is left out, and of a matrix of small rank", all_of_a_small_matrix_are_exact},
    });
}
