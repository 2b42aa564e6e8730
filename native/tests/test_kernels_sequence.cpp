// Rows of the models of fit/, and their products, against their definitions in double precision.
#include "check.h"
#include "fit/dense_products.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

std::vector<float> random_values(random_stream & chance, int64_t n, double scale = 1) {
    std::vector<float> values(static_cast<size_t>(n));
    for (float & value : values) value = static_cast<float>(scale * chance.normal());
    return values;
}

// Runs a kernel under every instruction set, hands what it wrote to `judge`, and checks that the fused sets agree to the byte.
template <typename Run, typename Judge> void sweep(const Run & run, const Judge & judge) {
    std::vector<float> fused;
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        use_cpu_kernels(*kernels);
        const std::vector<float> found = run(*kernels);
        judge(found);
        if (std::string(kernels->name) == "baseline") continue;
        if (fused.empty()) fused = found;
        CHECK(fused.size() == found.size() && std::memcmp(fused.data(), found.data(), found.size() * sizeof(float)) == 0);
    }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Widths around those of a register, and one of several.
template <typename Body> void for_each_width(const Body & body) {
    random_stream chance(3, "rows");
    for (const int64_t n : {1, 3, 4, 7, 8, 15, 16, 17, 31, 64, 129}) body(n, chance);
}

void the_cell_of_a_gru() {
    for_each_width([](int64_t n, random_stream & chance) {
        const std::vector<float> gates = random_values(chance, 3 * n, 2), from_state = random_values(chance, 3 * n, 2), state = random_values(chance, n), d_next = random_values(chance, n);
        const auto next = [&](int64_t i, const std::vector<double> & g, const std::vector<double> & u, double h) {
            const auto at = [&](const std::vector<double> & x, int64_t part) { return x[static_cast<size_t>(part * n + i)]; };
            const double r = sigmoid(at(g, 0) + at(u, 0)), z = sigmoid(at(g, 1) + at(u, 1)), c = std::tanh(at(g, 2) + r * at(u, 2));
            return (1 - z) * c + z * h;
        };
        sweep([&](const cpu_kernels & cpu) {
            std::vector<float> g = gates, u = from_state, behind(static_cast<size_t>(n)), d_state(behind.size()), all;
            cpu.gru_cell(n, g.data(), u.data(), state.data(), behind.data());
            cpu.gru_cell_back(n, g.data(), u.data(), state.data(), d_next.data(), d_state.data());
            for (const std::vector<float> * part : {&behind, &g, &u, &d_state}) all.insert(all.end(), part->begin(), part->end());
            return all;
        }, [&](const std::vector<float> & found) {
            std::vector<double> g(gates.begin(), gates.end()), u(from_state.begin(), from_state.end());
            for (int64_t i = 0; i < n; i++) {
                const size_t at = static_cast<size_t>(i), width = static_cast<size_t>(n);
                const double h = state[at], step = 1e-6;
                CHECK_NEAR(found[at], next(i, g, u, h), 1e-6 * (1 + std::fabs(h)));
                const auto slope = [&](double & of) {
                    const double value = of;
                    of = value + step;
                    const double above = next(i, g, u, h);
                    of = value - step;
                    const double below = next(i, g, u, h);
                    of = value;
                    return (above - below) / (2 * step) * static_cast<double>(d_next[at]);
                };
                for (size_t part = 0; part < 3; part++) {
                    CHECK_NEAR(found[(1 + part) * width + at], slope(g[part * width + at]), 1e-5);
                    CHECK_NEAR(found[(4 + part) * width + at], slope(u[part * width + at]), 1e-5);
                }
                CHECK_NEAR(found[7 * width + at], (next(i, g, u, h + step) - next(i, g, u, h - step)) / (2 * step) * static_cast<double>(d_next[at]), 1e-5); // straight through z
            }
        });
    });
}

void the_norm_of_a_layer() {
    for_each_width([](int64_t n, random_stream & chance) {
        const std::vector<float> x = random_values(chance, n, 3), weight = random_values(chance, n), bias = random_values(chance, n), dy = random_values(chance, n);
        const float epsilon = 0.01f; // so that a row of one has a slope
        sweep([&](const cpu_kernels & cpu) {
            std::vector<float> normal(x.size()), y(x.size()), d_weight(x.size(), 1.0f), d_bias(x.size(), 2.0f), dx(x.size()), all;
            const float inverse = cpu.layer_norm(n, x.data(), weight.data(), bias.data(), epsilon, normal.data(), y.data());
            cpu.layer_norm_back(n, normal.data(), inverse, weight.data(), dy.data(), d_weight.data(), d_bias.data(), dx.data());
            for (const std::vector<float> * part : {&y, &dx, &d_weight, &d_bias}) all.insert(all.end(), part->begin(), part->end());
            return all;
        }, [&](const std::vector<float> & found) {
            const size_t width = x.size();
            const auto normals = [&](const std::vector<double> & of) {
                double mean = 0, variance = 0;
                for (const double v : of) mean += v / static_cast<double>(n);
                for (const double v : of) variance += (v - mean) * (v - mean) / static_cast<double>(n);
                std::vector<double> result;
                for (const double v : of) result.push_back((v - mean) / std::sqrt(variance + static_cast<double>(epsilon)));
                return result;
            };
            std::vector<double> of(x.begin(), x.end());
            const std::vector<double> normal = normals(of);
            for (size_t i = 0; i < width; i++) {
                CHECK_NEAR(found[i], normal[i] * weight[i] + bias[i], 1e-5);
                CHECK_NEAR(found[2 * width + i], 1 + normal[i] * dy[i], 1e-5);
                CHECK_NEAR(found[3 * width + i], 2 + dy[i], 1e-5);
                double slope = 0;
                for (const double step : {1e-5, -1e-5}) {
                    std::vector<double> moved = of;
                    moved[i] += step;
                    const std::vector<double> there = normals(moved);
                    for (size_t j = 0; j < width; j++) slope += there[j] * weight[j] * dy[j] / (2 * step);
                }
                CHECK_NEAR(found[width + i], slope, 1e-4);
            }
        });
    });
}

void functions_of_one_number_and_of_a_row() {
    for_each_width([](int64_t n, random_stream & chance) {
        const std::vector<float> x = random_values(chance, n, 4), d = random_values(chance, n);
        std::vector<float> p = random_values(chance, n);
        for (float & value : p) value = value * value / static_cast<float>(n);
        sweep([&](const cpu_kernels & cpu) {
            std::vector<float> s(x.size()), g(x.size()), back(x.size()), sum = d, scaled = d, softmax = d, all;
            cpu.sigmoid(n, x.data(), s.data());
            cpu.gelu(n, x.data(), g.data());
            cpu.gelu_back(n, x.data(), d.data(), back.data());
            cpu.add(n, x.data(), sum.data());
            cpu.add_scaled(n, -0.75f, x.data(), scaled.data());
            cpu.softmax_row_back(n, 0.5f, p.data(), softmax.data());
            for (const std::vector<float> * part : {&s, &g, &back, &sum, &softmax, &scaled}) all.insert(all.end(), part->begin(), part->end());
            return all;
        }, [&](const std::vector<float> & found) {
            const size_t width = x.size();
            const auto gelu = [](double v) { return v / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v))); };
            double product = 0;
            for (size_t i = 0; i < width; i++) product += static_cast<double>(p[i]) * d[i];
            for (size_t i = 0; i < width; i++) {
                const double v = x[i], step = 1e-5;
                CHECK_NEAR(found[i], sigmoid(v), 1e-6);
                CHECK_NEAR(found[width + i], gelu(v), 2e-6 * (1 + std::fabs(v)));
                CHECK_NEAR(found[2 * width + i], (gelu(v + step) - gelu(v - step)) / (2 * step) * d[i], 1e-5);
                CHECK(found[3 * width + i] == d[i] + x[i]);
                CHECK_NEAR(found[5 * width + i], d[i] - 0.75 * x[i], 1e-6 * (1 + std::fabs(v)));
                CHECK_NEAR(found[4 * width + i], 0.5 * p[i] * (d[i] - product), 1e-5);
            }
        });
    });
}

void products_are_sums_of_products() {
    random_stream chance(7, "products");
    for (int trial = 0; trial < 40; trial++) {
        const int64_t n = 1 + static_cast<int64_t>(chance.below(40)), k = 1 + static_cast<int64_t>(chance.below(trial < 35 ? 70 : 900)), m = 1 + static_cast<int64_t>(chance.below(80)), gap = static_cast<int64_t>(chance.below(5));
        std::vector<float> a = random_values(chance, n * (k + gap)), b = random_values(chance, m * k), start = random_values(chance, n * m), transposed_b(b.size()), transposed_a(static_cast<size_t>(k * n));
        for (int64_t j = 0; j < m; j++)
            for (int64_t i = 0; i < k; i++) transposed_b[static_cast<size_t>(i * m + j)] = b[static_cast<size_t>(j * k + i)];
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < k; i++) transposed_a[static_cast<size_t>(i * n + j)] = a[static_cast<size_t>(j * (k + gap) + i)];
        const const_matrix rows(a.data(), n, k, k + gap), across(b.data(), m, k), along(transposed_b.data(), k, m);
        const onto begin = trial % 2 == 0 ? onto::nothing : onto::what_is_there;
        sweep([&](const cpu_kernels &) {
            std::vector<std::vector<float>> results(5, start);
            const auto into = [&](size_t i) { return matrix_view(results[i].data(), n, m); };
            std::vector<float> working;
            multiply_by_transposed(rows, across, into(0), begin, 0);
            multiply(rows, along, into(1), begin, 0);
            multiply_transposed({transposed_a.data(), k, n}, along, into(2), begin, 0);
            packed_matrix(across, true).multiply(rows, into(3), begin, working);
            packed_matrix(along, false).multiply(rows, into(4), begin, working);
            for (const std::vector<float> & other : results) CHECK(k > 768 || std::memcmp(other.data(), results[0].data(), start.size() * sizeof(float)) == 0);
            for (size_t i = 1; i < 4; i++) results[0].insert(results[0].end(), results[i].begin(), results[i].end());
            return results[0];
        }, [&](const std::vector<float> & found) {
            for (size_t copy = 0; copy < 4; copy++)
                for (int64_t i = 0; i < n; i++)
                    for (int64_t j = 0; j < m; j++) {
                        double sum = begin == onto::nothing ? 0 : start[static_cast<size_t>(i * m + j)], size = 1;
                        for (int64_t t = 0; t < k; t++) {
                            const double term = static_cast<double>(a[static_cast<size_t>(i * (k + gap) + t)]) * b[static_cast<size_t>(j * k + t)];
                            sum += term;
                            size += std::fabs(term);
                        }
                        CHECK_NEAR(found[copy * start.size() + static_cast<size_t>(i * m + j)], sum, 1e-6 * size);
                    }
        });
    }
}

// Also where the rows are computed in several parts.
void the_loss_over_all_items() {
    random_stream chance(8, "loss");
    for (const int64_t n_items : {1, 5, 9000}) {
        const int64_t n = 40, width = 6;
        const std::vector<float> h = random_values(chance, n * width), items = random_values(chance, n_items * width);
        std::vector<int32_t> targets;
        for (int64_t i = 0; i < n; i++) targets.push_back(static_cast<int32_t>(chance.below(static_cast<uint64_t>(n_items))));
        double expected = 0;
        std::vector<double> dh(h.size()), d_items(items.size(), 1.0);
        for (int64_t i = 0; i < n; i++) {
            std::vector<double> p(static_cast<size_t>(n_items));
            double sum = 0;
            for (int64_t j = 0; j < n_items; j++) {
                double score = 0;
                for (int64_t k = 0; k < width; k++) score += static_cast<double>(h[static_cast<size_t>(i * width + k)]) * items[static_cast<size_t>(j * width + k)];
                p[static_cast<size_t>(j)] = std::exp(score);
                sum += p[static_cast<size_t>(j)];
            }
            expected -= std::log(p[static_cast<size_t>(targets[static_cast<size_t>(i)])] / sum);
            for (int64_t j = 0; j < n_items; j++) {
                const double d = 0.25 * (p[static_cast<size_t>(j)] / sum - (j == targets[static_cast<size_t>(i)] ? 1 : 0));
                for (int64_t k = 0; k < width; k++) {
                    dh[static_cast<size_t>(i * width + k)] += d * items[static_cast<size_t>(j * width + k)];
                    d_items[static_cast<size_t>(j * width + k)] += d * h[static_cast<size_t>(i * width + k)];
                }
            }
        }
        sweep([&](const cpu_kernels &) {
            std::vector<float> found(h.size()), into(items.size(), 1.0f);
            CHECK_NEAR(softmax_loss({h.data(), n, width}, {items.data(), n_items, width}, targets.data(), nullptr, 0.25f, {found.data(), n, width}, {into.data(), n_items, width}, 0), expected, 1e-6 * (1 + expected));
            found.insert(found.end(), into.begin(), into.end());
            return found;
        }, [&](const std::vector<float> & found) {
            for (size_t i = 0; i < dh.size(); i++) CHECK_NEAR(found[i], dh[i], 5e-5);
            for (size_t i = 0; i < d_items.size(); i++) CHECK_NEAR(found[dh.size() + i], d_items[i], 5e-5);
        });
    }
}

void a_pair_of_items_and_a_step_of_adam() {
    for_each_width([](int64_t n, random_stream & chance) {
        const std::vector<float> u = random_values(chance, n), i = random_values(chance, n), j = random_values(chance, n), before = random_values(chance, n), first = random_values(chance, n);
        std::vector<float> second = random_values(chance, n);
        for (float & value : second) value *= value;
        const float slope = -0.3f, decay = 0.02f;
        const adam_factors f{0.1f, 0.001f, 0.999f, 0.05f, 3.0f, 1e-8f};
        sweep([&](const cpu_kernels & cpu) {
            std::vector<float> du = before, di = before, dj = before, values = before, gradients = u, m = first, v = second, all = {cpu.pair_margin(n, u.data(), i.data(), j.data())};
            cpu.pair_gradients(n, slope, decay, u.data(), i.data(), j.data(), du.data(), di.data(), dj.data());
            cpu.adam(n, f, values.data(), gradients.data(), m.data(), v.data());
            for (const std::vector<float> * part : {&du, &di, &dj, &values, &gradients, &m, &v}) all.insert(all.end(), part->begin(), part->end());
            return all;
        }, [&](const std::vector<float> & found) {
            const size_t width = u.size();
            double margin = 0;
            for (size_t k = 0; k < width; k++) margin += static_cast<double>(u[k]) * (static_cast<double>(i[k]) - j[k]);
            CHECK_NEAR(found[0], margin, 1e-5 * (1 + static_cast<double>(n)));
            for (size_t k = 0; k < width; k++) {
                const auto at = [&](size_t part) { return found[1 + part * width + k]; };
                CHECK_NEAR(at(0), before[k] + slope * (static_cast<double>(i[k]) - j[k]) + decay * u[k], 1e-5);
                CHECK_NEAR(at(1), before[k] + slope * static_cast<double>(u[k]) + decay * i[k], 1e-5);
                CHECK_NEAR(at(2), before[k] - slope * static_cast<double>(u[k]) + decay * j[k], 1e-5);
                const double m = 0.9 * first[k] + 0.1 * u[k], v = 0.999 * second[k] + 0.001 * u[k] * static_cast<double>(u[k]);
                CHECK_NEAR(at(3), before[k] - 0.05 * m / (std::sqrt(v) * 3 + 1e-8), 1e-5 * (1 + std::fabs(m) / std::sqrt(v)));
                CHECK(at(4) == 0);
                CHECK_NEAR(at(5), m, 1e-5);
                CHECK_NEAR(at(6), v, 1e-5);
            }
        });
    });
}

} // namespace

int main() {
    return run_tests({
        {"the cell of a recurrent unit is its definition, its gradients central differences", the_cell_of_a_gru},
        {"the norm of a layer is its definition, its gradients central differences", the_norm_of_a_layer},
        {"sigmoid, gelu, sums and the softmax's gradient are their definitions", functions_of_one_number_and_of_a_row},
        {"the margin of two items, its gradients and a step of Adam are their definitions", a_pair_of_items_and_a_step_of_adam},
        {"products are sums of products, and packed ones have the same bytes", products_are_sums_of_products},
        {"the loss over all items and its gradients are their definitions", the_loss_over_all_items},
    });
}
