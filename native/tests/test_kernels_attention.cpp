// Fused attention over forests of segments against a dense oracle in double precision, and the oracle's derivative
// against central differences of itself.
#include "test_kernels.h"
#include "kernels/attention.h"
#include "ggml-alloc.h"
#include "token_layout.h"
#include <algorithm>

static const double tolerance = 3e-6; // relative to the largest element

struct case_of_attention {
    attention_plan plan;
    std::vector<float> q, k, v, d_out;
    int64_t n() const { return plan.segments.back().end; }
};

static case_of_attention random_case(chance & random, std::vector<segment> segments, int32_t n_head_kv, int32_t group, int32_t dim) {
    case_of_attention c = {{n_head_kv * group, n_head_kv, dim, 1.0f / std::sqrt((float) dim), std::move(segments)}, {}, {}, {}, {}};
    c.q = normal(random, c.n() * c.plan.n_head * dim);
    c.k = normal(random, c.n() * n_head_kv * dim);
    c.v = normal(random, c.n() * n_head_kv * dim);
    c.d_out = normal(random, c.n() * c.plan.n_head * dim);
    return c;
}

// mask[i * n + j]: column i sees column j.
static std::vector<bool> visible(const attention_plan & plan) {
    const std::vector<segment> & segments = plan.segments;
    const int64_t n = segments.back().end;
    std::vector<bool> mask(n * n, false);
    for (const segment & own : segments)
        for (int64_t i = own.begin; i < own.end; i++) {
            for (int64_t j = own.begin; j <= i; j++) mask[i * n + j] = true;
            for (int32_t up = own.parent; up >= 0; up = segments[up].parent)
                for (int64_t j = segments[up].begin; j < segments[up].end; j++) mask[i * n + j] = true;
            int64_t nearest = plan.window; // of those it could see, the last `window` are left
            for (int64_t j = i; plan.window > 0 && j >= 0; j--)
                if (mask[i * n + j] && nearest-- <= 0) mask[i * n + j] = false;
        }
    return mask;
}

struct oracle_result { std::vector<double> out, dq, dk, dv; };

static oracle_result oracle(const attention_plan & plan, const std::vector<double> & q, const std::vector<double> & k,
                            const std::vector<double> & v, const std::vector<float> & d_out) {
    const int64_t n = plan.segments.back().end, dim = plan.head_dim, group = plan.n_head / plan.n_head_kv;
    const std::vector<bool> mask = visible(plan);
    oracle_result r = {std::vector<double>(q.size(), 0), std::vector<double>(q.size(), 0), std::vector<double>(k.size(), 0), std::vector<double>(k.size(), 0)};
    const auto dot = [&](const auto & a, int64_t at, const auto & b, int64_t bt) {
        double sum = 0;
        for (int64_t e = 0; e < dim; e++) sum += (double) a[at + e] * b[bt + e];
        return sum;
    };
    for (int64_t head = 0; head < plan.n_head; head++)
        for (int64_t i = 0; i < n; i++) {
            const int64_t qi = (i * plan.n_head + head) * dim;
            const auto kv = [&](int64_t j) { return (j * plan.n_head_kv + head / group) * dim; };
            std::vector<double> p(n, 0), dp(n, 0), score(n, 0), slope(n, plan.scale);
            double largest = -1e300, sum = 0, mean = 0;
            for (int64_t j = 0; j < n; j++) {
                if (!mask[i * n + j]) continue;
                score[j] = plan.scale * dot(q, qi, k, kv(j));
                if (plan.soft_cap > 0) {
                    const double t = std::tanh(score[j] / plan.soft_cap);
                    score[j] = plan.soft_cap * t;
                    slope[j] = plan.scale * (1 - t * t);
                }
                largest = std::max(largest, score[j]);
            }
            for (int64_t j = 0; j < n; j++)
                if (mask[i * n + j]) sum += p[j] = std::exp(score[j] - largest);
            for (int64_t j = 0; j < n; j++) {
                if (!mask[i * n + j]) continue;
                p[j] /= sum;
                dp[j] = dot(d_out, qi, v, kv(j));
                mean += p[j] * dp[j];
            }
            for (int64_t j = 0; j < n; j++) {
                if (!mask[i * n + j]) continue;
                const double ds = slope[j] * p[j] * (dp[j] - mean);
                for (int64_t e = 0; e < dim; e++) {
                    r.out[qi + e] += p[j] * v[kv(j) + e];
                    r.dq[qi + e] += ds * k[kv(j) + e];
                    r.dk[kv(j) + e] += ds * q[qi + e];
                    r.dv[kv(j) + e] += p[j] * d_out[qi + e];
                }
            }
        }
    return r;
}

static std::vector<double> doubles(const std::vector<float> & x) { return {x.begin(), x.end()}; }

static void check_case(const case_of_attention & c) {
    const oracle_result expected = oracle(c.plan, doubles(c.q), doubles(c.k), doubles(c.v), c.d_out);
    const int64_t width = c.plan.n_head * c.plan.head_dim, kv_width = c.plan.n_head_kv * c.plan.head_dim;
    sweep([&](small_graph & graph) {
        ggml_context * ctx = graph.context();
        ggml_tensor * q = graph.matrix(c.q, width), * k = graph.matrix(c.k, kv_width), * v = graph.matrix(c.v, kv_width);
        ggml_tensor * packed = attention_back(ctx, q, k, v, graph.matrix(c.d_out, width), &c.plan);
        return std::vector<ggml_tensor *>{attention(ctx, q, k, v, &c.plan), attention_dq(ctx, packed, &c.plan, c.n()),
                                          attention_dk(ctx, packed, &c.plan, c.n()), attention_dv(ctx, packed, &c.plan, c.n())};
    }, [&](const results & got) {
        CHECK_NEAR(worst_error(got[0], expected.out), 0, tolerance);
        CHECK_NEAR(worst_error(got[1], expected.dq), 0, tolerance);
        CHECK_NEAR(worst_error(got[2], expected.dk), 0, tolerance);
        CHECK_NEAR(worst_error(got[3], expected.dv), 0, tolerance);
    });
}

static void random_forests() {
    chance random(1);
    for (int trial = 0; trial < 40; trial++) {
        const int32_t n_head_kv = (int32_t) any(random, 1, 3), group = (int32_t) any(random, 1, 4), dim = (int32_t) any(random, 1, 70);
        check_case(random_case(random, random_forest(random, any(random, 1, 12), any(random, 1, 40)), n_head_kv, group, dim));
    }
}

static void random_windows() {
    chance random(10);
    for (int trial = 0; trial < 60; trial++) {
        const int32_t n_head_kv = (int32_t) any(random, 1, 2), group = (int32_t) any(random, 1, 4), dim = (int32_t) any(random, 1, 40);
        const bool is_chain = trial % 3 == 0; // else rows of many depths stand side by side in one block
        case_of_attention c = random_case(random, is_chain ? random_forest(random, any(random, 1, 4), 250) : random_forest(random, any(random, 1, 40), any(random, 1, 40)), n_head_kv, group, dim);
        c.plan.window = (int32_t) (trial == 0 ? 1 : any(random, 1, trial % 2 ? 8 : 150));
        check_case(c);
    }
}

static void soft_caps() {
    chance random(11);
    for (int trial = 0; trial < 20; trial++) {
        case_of_attention c = random_case(random, random_forest(random, any(random, 1, 8), any(random, 1, 40)), (int32_t) any(random, 1, 2), (int32_t) any(random, 1, 3), (int32_t) any(random, 4, 40));
        c.plan.soft_cap = trial % 2 ? 0.5f : 3.0f; // scores of about 1: well into the bend
        if (trial % 3 == 0) c.plan.window = (int32_t) any(random, 1, 30);
        check_case(c);
    }
}

static void typical_batch() {
    chance random(2);
    std::vector<segment> segments = {{-1, 0, 70}};
    for (int32_t row = 0; row < 3; row++) segments.push_back({0, 70 + row * 150, 220 + row * 150});
    check_case(random_case(random, segments, 3, 3, 64));
}

static void short_segments_under_a_chain() {
    chance random(3);
    std::vector<segment> segments;
    int32_t column = 0;
    for (int32_t s = 0; s < 30; s++, column = segments.back().end) segments.push_back({s - 1, column, column + (int32_t) any(random, 1, 5)});
    for (int32_t leaf = 0; leaf < 60; leaf++, column = segments.back().end)
        segments.push_back({29 - leaf / 4, column, column + (int32_t) any(random, 1, 20)});
    check_case(random_case(random, segments, 2, 2, 33));
}

static void one_long_row() {
    chance random(4);
    check_case(random_case(random, {{-1, 0, 1}}, 1, 1, 8));
    check_case(random_case(random, {{-1, 0, 611}}, 1, 2, 32));
}

static void many_rows_without_sharing() {
    chance random(5);
    std::vector<segment> segments;
    for (int32_t row = 0, column = 0; row < 40; row++, column = segments.back().end)
        segments.push_back({-1, column, column + (int32_t) any(random, 1, 25)});
    check_case(random_case(random, segments, 2, 1, 16));
}

static void empty_segments() {
    chance random(6);
    check_case(random_case(random, {{-1, 0, 0}, {0, 0, 5}, {1, 5, 5}, {2, 5, 9}, {0, 9, 12}, {-1, 12, 12}}, 1, 2, 8));
}

static void large_scores() {
    chance random(7);
    case_of_attention c = random_case(random, random_forest(random, 6, 30), 1, 2, 16);
    for (float & x : c.q) x *= 30; // softmax near one-hot, exponents beyond what exp() can hold without the shift
    const oracle_result expected = oracle(c.plan, doubles(c.q), doubles(c.k), doubles(c.v), c.d_out);
    sweep([&](small_graph & graph) {
        return std::vector<ggml_tensor *>{attention(graph.context(), graph.matrix(c.q, 32), graph.matrix(c.k, 16), graph.matrix(c.v, 16), &c.plan)};
    }, [&](const results & got) { CHECK_NEAR(worst_error(got[0], expected.out), 0, 1e-4); });
}

static void broken_scores() {
    chance random(9);
    for (const float broken : {NAN, INFINITY}) {
        for (const bool in_key : {false, true}) {
            case_of_attention c = random_case(random, {{-1, 0, 9}, {0, 9, 14}, {0, 14, 20}}, 1, 2, 16);
            (in_key ? c.k[11 * 16 + 3] : c.q[11 * 32 + 3]) = broken; // column 11, in the second segment
            sweep([&](small_graph & graph) {
                return std::vector<ggml_tensor *>{attention(graph.context(), graph.matrix(c.q, 32), graph.matrix(c.k, 16), graph.matrix(c.v, 16), &c.plan)};
            }, [&](const results & got) {
                const auto is_finite = [&](int64_t column) { return std::all_of(got[0].begin() + column * 32, got[0].begin() + column * 32 + 16, [](float x) { return std::isfinite(x); }); };
                CHECK(!is_finite(11));
                CHECK(is_finite(8) && is_finite(10) && is_finite(15)); // columns that do not see it
            });
        }
    }
}

static void central_differences() {
    chance random(8);
    for (int trial = 0; trial < 4; trial++) {
        case_of_attention c = random_case(random, random_forest(random, 5, 6), 1, 2, 5);
        if (trial == 1) c.plan.window = 3;
        if (trial == 2) c.plan.soft_cap = 0.8f;
        const std::vector<double> inputs[] = {doubles(c.q), doubles(c.k), doubles(c.v)};
        const oracle_result exact = oracle(c.plan, inputs[0], inputs[1], inputs[2], c.d_out);
        const std::vector<double> * derivatives[] = {&exact.dq, &exact.dk, &exact.dv};
        for (int which = 0; which < 3; which++)
            for (int probe = 0; probe < 10; probe++) {
                const size_t at = any(random, 0, inputs[which].size() - 1);
                double sums[2];
                for (int side = 0; side < 2; side++) {
                    std::vector<double> moved[] = {inputs[0], inputs[1], inputs[2]};
                    moved[which][at] += side ? 1e-5 : -1e-5;
                    const oracle_result there = oracle(c.plan, moved[0], moved[1], moved[2], c.d_out);
                    sums[side] = 0;
                    for (size_t i = 0; i < there.out.size(); i++) sums[side] += there.out[i] * c.d_out[i];
                }
                CHECK_NEAR((sums[1] - sums[0]) / 2e-5, (*derivatives[which])[at], 1e-8);
            }
    }
}

// The packed gradient is folded in place: a graph allocator must not hand its memory to anyone before the views are read.
static void allocated_by_graph() {
    chance random(9);
    const case_of_attention c = random_case(random, random_forest(random, 40, 40), 2, 2, 16);
    const oracle_result expected = oracle(c.plan, doubles(c.q), doubles(c.k), doubles(c.v), c.d_out);
    const std::unique_ptr<ggml_context, void (*)(ggml_context *)> held(ggml_init({(size_t) 1 << 20, nullptr, true}), ggml_free);
    ggml_context * ctx = held.get();
    ggml_tensor * inputs[4];
    const std::vector<float> * values[] = {&c.q, &c.k, &c.v, &c.d_out};
    for (int i = 0; i < 4; i++) {
        inputs[i] = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, values[i]->size() / c.n(), c.n());
        ggml_set_input(inputs[i]);
    }
    ggml_tensor * packed = attention_back(ctx, inputs[0], inputs[1], inputs[2], inputs[3], &c.plan);
    ggml_tensor * outputs[] = {ggml_scale(ctx, attention_dq(ctx, packed, &c.plan, c.n()), 2), // allocations in between
                               ggml_scale(ctx, attention_dk(ctx, packed, &c.plan, c.n()), 2),
                               ggml_scale(ctx, attention_dv(ctx, packed, &c.plan, c.n()), 2)};
    ggml_cgraph * graph = ggml_new_graph(ctx);
    for (ggml_tensor * output : outputs) {
        ggml_set_output(output);
        ggml_build_forward_expand(graph, output);
    }
    const std::unique_ptr<ggml_gallocr, void (*)(ggml_gallocr_t)> allocator(
        ggml_gallocr_new(ggml_backend_get_default_buffer_type(cpu_backend())), ggml_gallocr_free);
    CHECK(ggml_gallocr_alloc_graph(allocator.get(), graph));
    for (int i = 0; i < 4; i++) ggml_backend_tensor_set(inputs[i], values[i]->data(), 0, ggml_nbytes(inputs[i]));
    CHECK(ggml_backend_graph_compute(cpu_backend(), graph) == GGML_STATUS_SUCCESS);
    const std::vector<double> * wanted[] = {&expected.dq, &expected.dk, &expected.dv};
    for (int i = 0; i < 3; i++) {
        std::vector<float> got = small_graph::read(outputs[i]);
        for (float & x : got) x /= 2;
        CHECK_NEAR(worst_error(got, *wanted[i]), 0, tolerance);
    }
}

// A row of tokens as the forest sees it: what it computes with belongs to the prefix, wherever that stands.
static std::vector<float> values_of_prefix(const std::vector<llama_token> & row, size_t depth, int which, int64_t count) {
    uint32_t key = which + 1;
    for (size_t i = 0; i <= depth; i++) key = key * 1000003u + (uint32_t) row[i];
    chance random(key);
    return normal(random, count);
}

static std::vector<segment> cut_at_random(chance & random, const std::vector<segment> & segments) {
    std::vector<segment> pieces;
    std::vector<int32_t> last_piece;
    for (const segment & whole : segments) {
        int32_t parent = whole.parent < 0 ? -1 : last_piece[whole.parent];
        for (int32_t begin = whole.begin; begin < whole.end;) {
            const int32_t end = any(random, 0, 2) ? (int32_t) any(random, begin + 1, whole.end) : whole.end;
            pieces.push_back({parent, begin, end});
            parent = (int32_t) pieces.size() - 1;
            begin = end;
        }
        last_piece.push_back(parent);
    }
    return pieces;
}

// Rows that begin alike, in all ways in which they may be laid out: together and apart, each prefix once or not, segments cut.
static void layouts_change_no_bit() {
    chance random(10);
    for (int trial = 0; trial < 6; trial++) {
        const int32_t n_head_kv = (int32_t) any(random, 1, 2), group = (int32_t) any(random, 1, 3), dim = (int32_t) any(random, 1, 40);
        std::vector<std::vector<llama_token>> rows(any(random, 2, 7));
        for (std::vector<llama_token> & row : rows) {
            if (&row != &rows[0]) row.assign(rows[0].begin(), rows[0].begin() + any(random, 0, rows[0].size()));
            for (int64_t more = any(random, 1, 150); more > 0; more--) row.push_back((llama_token) any(random, 0, 1));
        }
        std::vector<std::vector<std::vector<float>>> expected(rows.size()); // [row][instruction set]: its columns, from the row alone
        for (int layout_trial = 0; layout_trial < 6; layout_trial++) {
            std::vector<size_t> chosen;
            for (size_t row = 0; row < rows.size(); row++)
                if (layout_trial < 2 || any(random, 0, 1)) chosen.push_back(row);
            std::shuffle(chosen.begin(), chosen.end(), random);
            std::vector<std::vector<size_t>> batches;
            if (layout_trial == 0) for (const size_t row : chosen) batches.push_back({row});
            else if (!chosen.empty()) batches.push_back(chosen);
            for (const std::vector<size_t> & batch : batches) {
                std::vector<const std::vector<llama_token> *> pointers;
                for (const size_t row : batch) pointers.push_back(&rows[row]);
                const token_layout layout = lay_out(pointers, any(random, 0, 3) > 0);
                case_of_attention c = {{n_head_kv * group, n_head_kv, dim, 0.3f, layout_trial < 2 ? layout.segments : cut_at_random(random, layout.segments)}, {}, {}, {}, {}};
                if (trial % 2) c.plan.window = 5 * trial;
                if (trial > 3) c.plan.soft_cap = 1.5f;
                c.q.resize(layout.tokens.size() * n_head_kv * group * dim);
                c.k.resize(layout.tokens.size() * n_head_kv * dim);
                c.v.resize(c.k.size());
                for (size_t i = 0; i < batch.size(); i++)
                    for (size_t depth = 0; depth < rows[batch[i]].size(); depth++) {
                        std::vector<float> * all[] = {&c.q, &c.k, &c.v};
                        for (int which = 0; which < 3; which++) {
                            const std::vector<float> values = values_of_prefix(rows[batch[i]], depth, which, all[which]->size() / layout.tokens.size());
                            std::copy(values.begin(), values.end(), all[which]->begin() + layout.columns[i][depth] * values.size());
                        }
                    }
                const int64_t width = n_head_kv * group * dim;
                size_t set = 0;
                sweep([&](small_graph & graph) {
                    return std::vector<ggml_tensor *>{attention(graph.context(), graph.matrix(c.q, width), graph.matrix(c.k, n_head_kv * dim), graph.matrix(c.v, n_head_kv * dim), &c.plan)};
                }, [&](const results & got) {
                    for (size_t i = 0; i < batch.size(); i++) {
                        std::vector<float> out;
                        for (const int32_t column : layout.columns[i]) out.insert(out.end(), got[0].begin() + column * width, got[0].begin() + (column + 1) * width);
                        if (layout_trial == 0) expected[batch[i]].push_back(out);
                        CHECK(same_bytes({out}, {expected[batch[i]][set]}));
                    }
                    set++;
                });
            }
        }
    }
}

int main() {
    return run_tests({
        {"the oracle's gradients equal central differences of the oracle", central_differences},
        {"attention and its gradients equal a dense masked oracle on random forests", random_forests},
        {"with a window a column sees the last of those it would see without, on random forests", random_windows},
        {"a soft cap bends the scores and their gradients, under a window too", soft_caps},
        {"attention takes rows under one shared prefix", typical_batch},
        {"attention takes many short segments under a long chain of ancestors", short_segments_under_a_chain},
        {"attention takes a single column and a single long row", one_long_row},
        {"attention takes rows that share nothing", many_rows_without_sharing},
        {"attention takes empty segments", empty_segments},
        {"attention stays exact when scores are large", large_scores},
        {"a NaN or an infinity in a query or key comes out where it is seen, and nowhere else", broken_scores},
        {"the layout of a batch changes no bit of a column: rows together or apart, prefixes shared or not, segments cut anywhere", layouts_change_no_bit},
        {"the packed gradient survives a graph allocator", allocated_by_graph},
    });
}
