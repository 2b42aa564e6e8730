// The operators made of plain ggml ops against our own kernels, on the CPU: two ways to the same numbers.
#include "check.h"
#include "backend.h"
#include "device_operators.h"
#include "attention_paths.h"
#include "forest.h"
#include "kernels/attention.h"
#include "kernels/dropout.h"
#include "operator_graph.h"

namespace {

void check_both(const std::function<std::vector<ggml_tensor *>(graph_in_the_making &, operators &)> & build, double tolerance = 1e-5) {
    backend cpu(1);
    const transposed_weights none;
    const results expected = compute(cpu, *make_cpu_operators(), build);
    for (const bool has_outer_products : {false, true}) check_same(expected, compute(cpu, *make_device_operators(none, has_outer_products), build), tolerance);
}

void attention_is_the_same() {
    chance random(3);
    for (int trial = 0; trial < 30; trial++) {
        const int32_t n_head_kv = static_cast<int32_t>(any(random, 1, 3)), group = static_cast<int32_t>(any(random, 1, 4)), dim = static_cast<int32_t>(any(random, 2, 40));
        attention_plan plan = {n_head_kv * group, n_head_kv, dim, 1.0f / std::sqrt(static_cast<float>(dim)),
                                     trial == 0 ? std::vector<segment>{{-1, 0, 7}, {-1, 7, 14}} : trial % 3 == 0 ? separate_rows(random, any(random, 1, 6), 30) : random_forest(random, any(random, 1, 12), 30)};
        if (trial % 2) plan.window = static_cast<int32_t>(any(random, 1, 40));
        if (trial % 5 > 2) plan.soft_cap = 1.5f;
        const int64_t n = plan.segments.back().end, width = plan.n_head * dim, kv_width = n_head_kv * dim;
        const std::vector<float> q = normal(random, n * width), k = normal(random, n * kv_width), v = normal(random, n * kv_width), d_out = normal(random, n * width);
        check_both([&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * tq = graph.matrix(q, width), * tk = graph.matrix(k, kv_width), * tv = graph.matrix(v, kv_width);
            const attention_gradient d = ops.attention_back(graph.ctx, tq, tk, tv, graph.matrix(d_out, width), &plan);
            return std::vector<ggml_tensor *>{ops.attention(graph.ctx, tq, tk, tv, &plan), d.dq, d.dk, d.dv};
        });
    }
}

// By their definition: each path holds the columns of a leaf's chain, and every column is found where its tables say.
void paths_hold_each_chain() {
    chance random(4);
    for (int trial = 0; trial < 200; trial++) {
        const std::vector<segment> forest = random_forest(random, any(random, 1, 15), 6);
        const attention_paths paths = lay_out_paths(forest);
        std::vector<int32_t> times(static_cast<size_t>(paths.n_columns), 0);
        for (int32_t path = 0; path < paths.n_paths; path++) {
            for (int32_t at = 0; at < paths.length; at++) {
                const size_t place = static_cast<size_t>(path * paths.length + at);
                double through = 0;
                for (int32_t s = 0; s < paths.n_sharers; s++) through += paths.sum[static_cast<size_t>((at * paths.n_sharers + s) * paths.n_paths + path)];
                CHECK(through == 0 || through == 1); // padding, or exactly one column
                if (through == 1) times[static_cast<size_t>(paths.gather[place])]++;
                if (at > 0 && through == 1) { // its parent stands before it
                    const int32_t column = paths.gather[place], before = paths.gather[place - 1];
                    bool follows = before == column - 1;
                    for (const segment & s : forest) {
                        if (s.begin == column) follows = s.parent >= 0 && before == forest[static_cast<size_t>(s.parent)].end - 1;
                    }
                    CHECK(follows);
                }
            }
        }
        for (int32_t c = 0; c < paths.n_columns; c++) {
            const size_t column = static_cast<size_t>(c), place = static_cast<size_t>(paths.place[column]);
            CHECK(times[column] >= 1 && paths.gather[place] == c && paths.first[place] == 1);
            const int32_t at = paths.sharer[column] / paths.n_sharers;
            double sum = 0;
            for (int32_t path = 0; path < paths.n_paths; path++) {
                const float counts = paths.sum[static_cast<size_t>(paths.sharer[column] * paths.n_paths + path)];
                if (counts == 1) CHECK(paths.gather[static_cast<size_t>(path * paths.length + at)] == c);
                sum += counts;
            }
            CHECK(sum == times[column]);
        }
    }
}

void linear_layers_are_the_same() {
    chance random(5);
    for (int trial = 0; trial < 10; trial++) {
        const int64_t n_in = any(random, 1, 80), n_out = any(random, 1, 80), n = any(random, 1, 50);
        const std::vector<float> w = normal(random, n_in * n_out), x = normal(random, n_in * n), dy = normal(random, n_out * n);
        check_both([&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * tw = graph.matrix(w, n_in), * tx = graph.matrix(x, n_in), * td = graph.matrix(dy, n_out);
            ggml_tensor * y = ops.linear_onto(graph.ctx, graph.matrix(dy, n_out), tw, tx, -0.3f), * dx = ops.linear_back_onto(graph.ctx, graph.matrix(x, n_in), tw, td, 1.0f);
            return std::vector<ggml_tensor *>{ops.linear(graph.ctx, tw, tx), ops.linear_back(graph.ctx, tw, td), ops.weight_gradient(graph.ctx, tx, td, 0.7f), y, dx};
        });
    }
}

void gates_are_the_same() {
    chance random(6);
    const int64_t n_ff = 37, n = 11;
    const std::vector<float> gate = normal(random, n_ff * n, 3), up = normal(random, n_ff * n), d = normal(random, n_ff * n);
    for (const gate_kind kind : {gate_kind::swiglu, gate_kind::geglu}) {
        check_both([&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * tg = graph.matrix(gate, n_ff), * tu = graph.matrix(up, n_ff);
            const gate_gradient back = ops.gated_back(graph.ctx, kind, tg, tu, graph.matrix(d, n_ff));
            return std::vector<ggml_tensor *>{ops.gated(graph.ctx, kind, tg, tu), back.d_gate, back.d_up};
        });
    }
}

void dropout_is_the_same() {
    chance random(7);
    const dropout_plan plan = {0.4f, 17};
    const std::vector<float> x = normal(random, 50 * 20), d = normal(random, 50 * 20);
    check_both([&](graph_in_the_making & graph, operators & ops) {
        return std::vector<ggml_tensor *>{ops.dropout(graph.ctx, graph.matrix(x, 50), &plan), ops.dropout(graph.ctx, graph.matrix(d, 50), &plan)};
    }, 0);
}

void losses_are_the_same() {
    chance random(8);
    const int64_t n_vocab = 301, n = 9;
    const std::vector<float> logits = normal(random, n_vocab * n, 4);
    std::vector<float> weights = normal(random, n);
    weights[2] = 0;
    std::vector<int32_t> targets;
    for (int64_t c = 0; c < n; c++) targets.push_back(static_cast<int32_t>(c == 0 ? 0 : c == 1 ? n_vocab - 1 : any(random, 0, n_vocab - 1)));
    check_both([&](graph_in_the_making & graph, operators & ops) {
        ggml_tensor * tl = graph.matrix(logits, n_vocab), * tt = graph.input(GGML_TYPE_I32, targets.data(), n), * tw = graph.input(GGML_TYPE_F32, weights.data(), n);
        return std::vector<ggml_tensor *>{ops.cross_entropy(graph.ctx, tl, tt), ops.cross_entropy_back(graph.ctx, tl, tt, tw)};
    });
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"each leaf's chain is a path, and every column is found where the tables say", paths_hold_each_chain},
        {"attention over random forests, with windows and soft caps too, and its gradients", attention_is_the_same},
        {"linear layers and their gradients, for any dimensions", linear_layers_are_the_same},
        {"both gates and their gradients", gates_are_the_same},
        {"dropout has the same mask, in the forward and in the backward", dropout_is_the_same},
        {"cross-entropy and its gradient, first and last target and weight 0 included", losses_are_the_same},
    });
}
