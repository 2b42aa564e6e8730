// Products with the small matrices of an adapter against their definitions in double precision.
#include "test_kernels.h"
#include "kernels/frozen_linear.h"
#include "kernels/low_rank.h"

static const double tolerance = 2e-6; // relative to the largest element

struct pair_case {
    int64_t wide, rank, n;
    float scale;
    std::vector<float> lines, across, columns, small, base; // [wide] a rank, [rank] a wide, [wide] a column, [rank] a column, [wide] a column
};

static pair_case random_pair(chance & random, int64_t wide, int64_t rank, int64_t n, float scale) {
    pair_case c = {wide, rank, n, scale, normal(random, wide * rank, 0.1f), std::vector<float>(wide * rank), normal(random, wide * n), normal(random, rank * n),
                   normal(random, wide * n)};
    for (int64_t r = 0; r < rank; r++)
        for (int64_t i = 0; i < wide; i++) c.across[i * rank + r] = c.lines[r * wide + i];
    return c;
}

static void check_pair(const pair_case & c) {
    std::vector<double> down(c.rank * c.n, 0), up(c.base.begin(), c.base.end()), outer(c.rank * c.wide, 0), outer_across(c.rank * c.wide, 0);
    for (int64_t at = 0; at < c.n; at++)
        for (int64_t r = 0; r < c.rank; r++)
            for (int64_t i = 0; i < c.wide; i++) {
                const double line = c.lines[r * c.wide + i], x = c.columns[at * c.wide + i], small = c.small[at * c.rank + r];
                down[at * c.rank + r] += line * x;
                up[at * c.wide + i] += c.scale * line * small;
                outer[r * c.wide + i] += c.scale * small * x;
                outer_across[i * c.rank + r] += c.scale * small * x;
            }
    sweep([&](small_graph & graph) {
        ggml_context * ctx = graph.context();
        ggml_tensor * a = graph.matrix(c.lines, c.wide), * b = graph.matrix(c.across, c.rank);
        ggml_tensor * columns = graph.matrix(c.columns, c.wide), * small = graph.matrix(c.small, c.rank);
        return std::vector<ggml_tensor *>{low_rank_down(ctx, a, columns), low_rank_down_back(ctx, b, columns),
                                          low_rank_up(ctx, graph.matrix(c.base, c.wide), b, small, c.scale),
                                          low_rank_up_back(ctx, graph.matrix(c.base, c.wide), a, small, c.scale),
                                          low_rank_gradient(ctx, columns, small, c.scale), low_rank_gradient(ctx, small, columns, c.scale)};
    }, [&](const results & got) {
        CHECK_NEAR(worst_error(got[0], down), 0, tolerance);
        CHECK_NEAR(worst_error(got[1], down), 0, tolerance);
        CHECK_NEAR(worst_error(got[2], up), 0, tolerance);
        CHECK_NEAR(worst_error(got[3], up), 0, tolerance);
        CHECK_NEAR(worst_error(got[4], outer), 0, tolerance);
        // A square of small sides is read as the wide side first: then both are the same thing.
        CHECK_NEAR(worst_error(got[5], outer_across), 0, tolerance);
    });
}

static void any_shape() {
    chance random(1);
    for (int trial = 0; trial < 40; trial++)
        check_pair(random_pair(random, any(random, 1, 700), any(random, 1, 64), any(random, 1, 200), trial == 0 ? 1.0f : -0.37f * trial));
    for (int64_t rank : {1, 4, 8, 64})
        for (int64_t wide : {1, 31, 32, 33, 576}) check_pair(random_pair(random, wide, rank, 1 + rank % 7, 2));
}

static void many_columns() {
    chance random(2);
    check_pair(random_pair(random, 70, 8, 1501, 0.5f));
}

// What a column comes to must not depend on where it stands, nor on its neighbours.
static void any_place() {
    chance random(3);
    const pair_case c = random_pair(random, 100, 6, 23, 2);
    const auto part = [](const std::vector<float> & all, int64_t length, int64_t begin, int64_t end) {
        return std::vector<float>(all.begin() + length * begin, all.begin() + length * end);
    };
    results whole;
    sweep([&](small_graph & graph) {
        ggml_context * ctx = graph.context();
        return std::vector<ggml_tensor *>{low_rank_down(ctx, graph.matrix(c.lines, c.wide), graph.matrix(c.columns, c.wide)),
                                          low_rank_up(ctx, graph.matrix(c.base, c.wide), graph.matrix(c.across, c.rank), graph.matrix(c.small, c.rank), c.scale)};
    }, [&](const results & got) { whole.push_back(got[0]), whole.push_back(got[1]); });
    for (int64_t begin : {1, 2, 7, 22}) {
        size_t kernels = 0;
        sweep([&](small_graph & graph) {
            ggml_context * ctx = graph.context();
            return std::vector<ggml_tensor *>{
                low_rank_down(ctx, graph.matrix(c.lines, c.wide), graph.matrix(part(c.columns, c.wide, begin, c.n), c.wide)),
                low_rank_up(ctx, graph.matrix(part(c.base, c.wide, begin, c.n), c.wide), graph.matrix(c.across, c.rank),
                            graph.matrix(part(c.small, c.rank, begin, c.n), c.rank), c.scale)};
        }, [&](const results & got) {
            CHECK(same_bytes({got[0]}, {part(whole[kernels * 2], c.rank, begin, c.n)}));
            CHECK(same_bytes({got[1]}, {part(whole[kernels * 2 + 1], c.wide, begin, c.n)}));
            kernels++;
        });
    }
}

static void gradients_added_in_place() {
    chance random(4);
    const int64_t n_in = 150, n_out = 70, n = 90;
    const std::vector<float> w = normal(random, n_in * n_out, 0.1f), dy = normal(random, n_out * n), base = normal(random, n_in * n);
    std::vector<double> dx(base.begin(), base.end());
    for (int64_t c = 0; c < n; c++)
        for (int64_t o = 0; o < n_out; o++)
            for (int64_t i = 0; i < n_in; i++) dx[c * n_in + i] += (double) w[o * n_in + i] * dy[c * n_out + o];
    sweep([&](small_graph & graph) {
        return std::vector<ggml_tensor *>{frozen_linear_back(graph.context(), graph.matrix(w, n_in), graph.matrix(dy, n_out), graph.matrix(base, n_in))};
    }, [&](const results & got) { CHECK_NEAR(worst_error(got[0], dx), 0, tolerance); });
}

int main() {
    return run_tests({
        {"products with a matrix of few lines equal their definitions for any shape, in both directions", any_shape},
        {"products with a matrix of few lines take many columns", many_columns},
        {"a product with a matrix of few lines gives a column the same bytes wherever it stands", any_place},
        {"a frozen layer's gradient is added to the one that is there", gradients_added_in_place},
    });
}
