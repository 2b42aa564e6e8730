// Gates, soft cap, cross entropy and dropout against their definitions in double precision.
#include "test_kernels.h"
#include "kernels/columns.h"
#include "kernels/cross_entropy.h"
#include "kernels/dropout.h"
#include "kernels/gates.h"
#include "kernels/norm.h"
#include "random.h"
#include <algorithm>

static void exponential() {
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        std::vector<float> x, y;
        for (double at = -69; at <= 88; at += 0.00137) x.push_back((float) at);
        y.resize(x.size());
        kernels->exp_scaled(x.size(), x.data(), 0, 1, y.data());
        double worst = 0;
        for (size_t i = 0; i < x.size(); i++) worst = std::max(worst, std::fabs(y[i] / std::exp((double) x[i]) - 1));
        CHECK_NEAR(worst, 0, 2e-7);
        const float beyond[] = {-1000, -INFINITY};
        kernels->exp_scaled(2, beyond, 0, 1, y.data());
        CHECK(y[0] == 0 && y[1] == 0);
        const float undefined = NAN; // or a broken weight would pass for a score
        kernels->exp_scaled(1, &undefined, 0, 1, y.data());
        CHECK(std::isnan(y[0]));
    }
}

// By the definition in norm.h, in double precision; each column on its own, so a column has the same bits in any batch.
static void norm_by_definition() {
    random_stream chance(4, "norm");
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        for (int trial = 0; trial < 60; trial++) {
            const size_t n = 1 + chance.below(trial < 30 ? 40 : 2000);
            const float epsilon = trial % 3 == 0 ? 1e-5f : 0.5f;
            std::vector<float> x(n), weight(n), dy(n), onto(n), y(n), dx(n), sum(n);
            for (std::vector<float> * values : {&x, &weight, &dy, &onto})
                for (float & value : *values) value = (float) chance.normal() * (trial % 5 == 0 ? 100.0f : 1.0f);
            kernels->rms_norm(n, x.data(), weight.data(), epsilon, y.data());
            kernels->rms_norm_back(n, x.data(), weight.data(), epsilon, dy.data(), nullptr, dx.data());
            kernels->rms_norm_back(n, x.data(), weight.data(), epsilon, dy.data(), onto.data(), sum.data());
            double squares = 0, product = 0, size = 0;
            for (size_t i = 0; i < n; i++) {
                squares += (double) x[i] * x[i];
                product += (double) dy[i] * weight[i] * x[i];
                size += std::fabs((double) dy[i] * weight[i] * x[i]);
            }
            const double r = 1 / std::sqrt(squares / n + epsilon);
            for (size_t i = 0; i < n; i++) {
                const double expected = r * ((double) dy[i] * weight[i] - x[i] * r * r * product / n);
                const double scale = r * (std::fabs((double) dy[i] * weight[i]) + std::fabs(x[i]) * r * r * size / n);
                CHECK_NEAR(y[i], x[i] * r * weight[i], 2e-6 * std::fabs(x[i] * r * weight[i]) + 1e-30);
                CHECK_NEAR(dx[i], expected, 4e-6 * scale + 1e-30);
                CHECK(sum[i] == onto[i] + dx[i]);
            }
        }
    }
}

static std::vector<float> random_values(random_stream & chance, size_t n) {
    std::vector<float> values(n);
    for (float & value : values) value = (float) chance.normal();
    return values;
}

static void norm_nodes_by_ggml() {
    random_stream chance(6, "norm nodes");
    for (int trial = 0; trial < 12; trial++) {
        const size_t n = 1 + chance.below(70), rows = 1 + chance.below(9);
        const std::vector<float> x = random_values(chance, n * rows), weight = random_values(chance, n), dy = random_values(chance, n * rows), onto = random_values(chance, n * rows);
        sweep([&](small_graph & graph) -> std::vector<ggml_tensor *> {
            ggml_context * ctx = graph.context();
            ggml_tensor * tx = graph.matrix(x, n), * tw = graph.matrix(weight, n), * td = graph.matrix(dy, n), * to = graph.matrix(onto, n);
            return {rms_norm(ctx, tx, tw, 1e-5f), ggml_mul(ctx, ggml_rms_norm(ctx, tx, 1e-5f), tw), rms_norm_back(ctx, tx, tw, td, to, 1e-5f),
                    ggml_add(ctx, to, ggml_rms_norm_back(ctx, ggml_mul(ctx, td, tw), tx, 1e-5f))};
        }, [&](const results & found) {
            for (size_t i = 0; i < n * rows; i++) {
                CHECK_NEAR(found[0][i], found[1][i], 1e-5 * std::fabs(found[1][i]) + 1e-6);
                if (n > 1) CHECK_NEAR(found[2][i], found[3][i], 1e-4 * std::fabs(found[3][i]) + 1e-4); // with one element both differences are of rounding alone
            }
        });
    }
}

static void columns_go_where_they_belong() {
    random_stream chance(5, "columns");
    for (int trial = 0; trial < 20; trial++) {
        const size_t width = 1 + chance.below(20), n = 1 + chance.below(40);
        std::vector<int32_t> places, others, order;
        for (size_t column = 0; column < n; column++) (chance.below(3) == 0 ? places : others).push_back((int32_t) column);
        if (places.empty() || others.empty()) continue;
        const std::vector<float> first = random_values(chance, width * places.size()), second = random_values(chance, width * others.size());
        std::vector<float> merged(width * n), spread(width * n, 0.0f);
        order.resize(n);
        for (size_t i = 0; i < places.size(); i++) {
            order[places[i]] = (int32_t) i;
            for (size_t row = 0; row < width; row++) merged[places[i] * width + row] = spread[places[i] * width + row] = first[i * width + row];
        }
        for (size_t i = 0; i < others.size(); i++) {
            order[others[i]] = (int32_t) (places.size() + i);
            for (size_t row = 0; row < width; row++) merged[others[i] * width + row] = second[i * width + row];
        }
        sweep([&](small_graph & graph) -> std::vector<ggml_tensor *> {
            ggml_context * ctx = graph.context();
            return {spread_columns(ctx, graph.matrix(first, width), graph.indices(places), n), merge_columns(ctx, graph.matrix(first, width), graph.matrix(second, width), graph.indices(order))};
        }, [&](const results & found) { CHECK(found[0] == spread && found[1] == merged); });
    }
}

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

static void hyperbolic_tangent() {
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        for (const float cap : {1.0f, 30.0f}) {
            std::vector<float> x, slope;
            for (double at = -20; at <= 20; at += 0.00137) x.push_back((float) at);
            for (float tiny : {0.0f, 1e-30f, -1e-10f, 3e30f, -3e30f}) x.push_back(tiny);
            std::vector<float> y = x, again = x;
            slope.resize(x.size());
            kernels->soft_cap(y.size(), 0.7f, cap, y.data(), slope.data());
            kernels->soft_cap(again.size(), 0.7f, cap, again.data(), nullptr);
            CHECK(y == again);
            for (size_t i = 0; i < x.size(); i++) {
                const double t = std::tanh((double) 0.7f * x[i] / cap);
                CHECK_NEAR(y[i], cap * t, 4e-7 * std::fabs(cap * t) + 1e-37);
                CHECK_NEAR(slope[i], 0.7f * (1 - t * t), 2e-7);
            }
            y[0] = NAN;
            kernels->soft_cap(1, 1, cap, y.data(), nullptr);
            CHECK(std::isnan(y[0]));
        }
    }
}

// act(x) and its derivative
struct activation { double value, slope; };

static activation exact_activation(gate_kind kind, double x) {
    if (kind == gate_kind::swiglu) return {x * sigmoid(x), sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))};
    const double c = std::sqrt(2 / std::acos(-1.0)), t = std::tanh(c * (x + 0.044715 * x * x * x));
    return {x / 2 * (1 + t), (1 + t) / 2 + x / 2 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)};
}

static void gates_by_definition(gate_kind kind) {
    chance random(1);
    for (int trial = 0; trial < 30; trial++) {
        const int64_t rows = any(random, 1, 70), n = any(random, 1, 9);
        std::vector<float> gate = normal(random, rows * n, 4), up = normal(random, rows * n), d = normal(random, rows * n);
        gate[0] = trial % 2 ? 200.0f : -200.0f; // far beyond where exp() saturates
        std::vector<double> out, d_gate, d_up;
        for (size_t i = 0; i < gate.size(); i++) {
            const activation act = exact_activation(kind, gate[i]);
            out.push_back(act.value * up[i]);
            d_gate.push_back(d[i] * up[i] * act.slope);
            d_up.push_back(d[i] * act.value);
        }
        sweep([&](small_graph & graph) {
            ggml_context * ctx = graph.context();
            ggml_tensor * g = graph.matrix(gate, rows), * u = graph.matrix(up, rows);
            ggml_tensor * packed = gated_back(ctx, kind, g, u, graph.matrix(d, rows));
            return std::vector<ggml_tensor *>{gated(ctx, kind, g, u), gated_d_gate(ctx, packed), gated_d_up(ctx, packed)};
        }, [&](const results & got) {
            for (size_t i = 0; i < gate.size(); i++) {
                const double around = kind == gate_kind::geglu && gate[i] < 0 ? 1e-6 : 1e-30; // the exponent of GELU grows with the cube
                CHECK_NEAR(got[0][i], out[i], 1e-6 * std::fabs(out[i]) + around);
                CHECK_NEAR(got[1][i], d_gate[i], 2e-6 * std::max(std::fabs((double) d[i] * up[i]), 1e-3));
                CHECK_NEAR(got[2][i], d_up[i], 1e-6 * std::fabs(d_up[i]) + around);
            }
        });
    }
}

static double exact_loss(const std::vector<double> & logits, int32_t target) {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (double x : logits) sum += std::exp(x - largest);
    return largest + std::log(sum) - logits[target];
}

static void losses() {
    chance random(2);
    for (int trial = 0; trial < 20; trial++) {
        const int64_t n_vocab = trial == 0 ? 1 : any(random, 2, trial < 15 ? 40 : 49152), n = any(random, 1, 5);
        std::vector<float> logits = normal(random, n_vocab * n, 5), weights = normal(random, n);
        for (float & x : logits) x += trial == 1 ? 3000.0f : trial == 2 ? -3000.0f : 0.0f;
        weights[0] = trial % 2 ? 0.0f : 1.0f;
        std::vector<int32_t> targets;
        for (int64_t c = 0; c < n; c++) targets.push_back((int32_t) any(random, 0, n_vocab - 1));
        sweep([&](small_graph & graph) {
            ggml_tensor * x = graph.matrix(logits, n_vocab), * t = graph.indices(targets);
            return std::vector<ggml_tensor *>{cross_entropy(graph.context(), x, t),
                                              cross_entropy_back(graph.context(), x, t, graph.matrix(weights, 1))};
        }, [&](const results & got) {
            for (int64_t c = 0; c < n; c++) {
                const std::vector<double> column(logits.begin() + c * n_vocab, logits.begin() + (c + 1) * n_vocab);
                const double loss = exact_loss(column, targets[c]), sum = loss + column[targets[c]];
                CHECK_NEAR(got[0][c * 2], loss, 3e-7 * std::fabs(loss) + 1e-7);
                CHECK_NEAR(got[0][c * 2 + 1], sum, 3e-7 * std::fabs(sum) + 1e-7);
                for (int64_t i = 0; i < n_vocab; i++) {
                    const double expected = weights[c] * (std::exp(column[i] - sum) - (i == targets[c]));
                    CHECK_NEAR(got[1][c * n_vocab + i], expected, 1e-6 * std::fabs(expected) + (i == targets[c] ? 2e-7 : 1e-12) * std::fabs(weights[c]));
                    if (weights[c] == 0) CHECK(got[1][c * n_vocab + i] == 0);
                }
            }
        });
    }
}

static void loss_gradient_by_differences() {
    chance random(3);
    const int64_t n_vocab = 37;
    const std::vector<float> logits = normal(random, n_vocab, 2);
    small_graph graph;
    ggml_tensor * d = cross_entropy_back(graph.context(), graph.matrix(logits, n_vocab), graph.indices({5}), graph.matrix({0.7f}, 1));
    graph.compute({d}, 1);
    for (int64_t i = 0; i < n_vocab; i++) {
        std::vector<double> low(logits.begin(), logits.end()), high = low;
        low[i] -= 1e-5, high[i] += 1e-5;
        CHECK_NEAR(small_graph::read(d)[i], (double) 0.7f * (exact_loss(high, 5) - exact_loss(low, 5)) / 2e-5, 1e-7);
    }
}

static std::vector<float> drop(const std::vector<float> & x, int64_t rows, const dropout_plan & plan) {
    std::vector<float> result;
    sweep([&](small_graph & graph) { return std::vector<ggml_tensor *>{dropout(graph.context(), graph.matrix(x, rows), &plan)}; },
          [&](const results & got) {
              CHECK(result.empty() || result == got[0]); // the mask is integer arithmetic: every instruction set agrees
              result = got[0];
          });
    return result;
}

static void dropped_share() {
    const int64_t rows = 577, n = 301;
    const std::vector<float> ones(rows * n, 1);
    for (float rate : {0.05f, 0.1f, 0.5f, 0.9f}) {
        const std::vector<float> y = drop(ones, rows, {rate, 42});
        double kept = 0, pairs_in_column = 0, pairs_in_row = 0;
        for (int64_t at = 0; at < rows * n; at++) {
            CHECK(y[at] == 0 || y[at] == 1 / (1 - rate));
            kept += y[at] != 0;
            pairs_in_column += at % rows && y[at] != 0 && y[at - 1] != 0;
            pairs_in_row += at >= rows && y[at] != 0 && y[at - rows] != 0;
        }
        const double count = rows * n, keep = 1 - rate;
        CHECK_NEAR(kept / count, keep, 5 * std::sqrt(keep * rate / count)); // five standard deviations
        CHECK_NEAR(pairs_in_column / (count - n), keep * keep, 8 * std::sqrt(keep * rate / count));
        CHECK_NEAR(pairs_in_row / (count - rows), keep * keep, 8 * std::sqrt(keep * rate / count));
    }
}

static void mask_is_a_function() {
    const int64_t rows = 100;
    const std::vector<float> ones(rows * 8, 1);
    const std::vector<float> y = drop(ones, rows, {0.3f, 7});
    CHECK(y == drop(ones, rows, {0.3f, 7}));
    CHECK(y != drop(ones, rows, {0.3f, 8}));
    const std::vector<float> shorter = drop(std::vector<float>(rows * 3, 1), rows, {0.3f, 7});
    CHECK(std::equal(shorter.begin(), shorter.end(), y.begin())); // a column's mask does not depend on the batch
    for (int64_t a = 0; a < 8; a++)
        for (int64_t b = 0; b < a; b++) CHECK(!std::equal(y.begin() + a * rows, y.begin() + (a + 1) * rows, y.begin() + b * rows));
}

static void no_dropout_copies() {
    chance random(4);
    const std::vector<float> x = normal(random, 35);
    CHECK(drop(x, 7, {0.0f, 1}) == x);
}

int main() {
    return run_tests({
        {"the vector exponential is within 2e-7 of exp from -87 to 88, and next to 0 below", exponential},
        {"the soft cap and its slope equal cap * tanh(scale * x / cap) and its derivative", hyperbolic_tangent},
        {"RMS norm and its gradient equal their definitions", norm_by_definition},
        {"RMS norm and its gradient on whole matrices equal ggml's", norm_nodes_by_ggml},
        {"columns that are spread and merged go where they belong", columns_go_where_they_belong},
        {"SwiGLU and its gradients equal their definitions", [] { gates_by_definition(gate_kind::swiglu); }},
        {"GeGLU and its gradients equal their definitions", [] { gates_by_definition(gate_kind::geglu); }},
        {"cross entropy and its gradient equal their definitions, far from zero too", losses},
        {"the gradient of cross entropy equals central differences", loss_gradient_by_differences},
        {"dropout zeroes its share, scales the rest, and neighbours are independent", dropped_share},
        {"a dropout mask depends on seed, column and row, and on nothing else", mask_is_a_function},
        {"dropout of rate 0 copies", no_dropout_copies},
    });
}
