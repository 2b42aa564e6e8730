// Our own kernels for an NVIDIA GPU against those for the CPU: the same numbers, but for the rounding of factors to bf16.
#include "check.h"
#include "devices.h"
#include "forest.h"
#include "kernels/attention.h"
#include "operator_graph.h"
#include <algorithm>
#include <cmath>

namespace {

const double ROUNDED = 2e-2; // sums of products of two roundings to eight bits, by the largest result

backend * card = nullptr; // nullptr: there is none

using builder = std::function<std::vector<ggml_tensor *>(graph_in_the_making &, operators &)>;

// expected: of the CPU in f32; the builder may store weights in another type for each
void check_both(const builder & on_cpu, const builder & on_card, double tolerance) {
    if (!card) throw test_skipped("no CUDA device with kernels of our own: build with -DRECTUNE_CUDA=ON on a machine that has one");
    backend cpu(1);
    const results there = compute(*card, *card->make_operators(), on_card);
    check_same(compute(cpu, *make_cpu_operators(), on_cpu), there, tolerance);
    CHECK(compute(*card, *card->make_operators(), on_card) == there); // bit by bit
}

void attention_is_that_of_the_cpu() {
    chance random(3);
    const std::vector<int32_t> dims = {32, 64, 96, 128};
    for (int trial = 0; trial < 24; trial++) {
        const int32_t n_head_kv = static_cast<int32_t>(any(random, 1, 3)), group = static_cast<int32_t>(any(random, 1, 4)), dim = dims[static_cast<size_t>(trial) % dims.size()];
        std::vector<segment> segments = trial % 3 == 0 ? separate_rows(random, any(random, 1, 6), 200) : random_forest(random, any(random, 1, 12), 120);
        if (trial == 1) segments = {{-1, 0, 130}, {-1, 130, 260}}; // of one length, that share nothing
        if (trial == 2) segments = {{-1, 0, 64}};
        attention_plan plan = {n_head_kv * group, n_head_kv, dim, 1.0f / std::sqrt(static_cast<float>(dim)), segments};
        if (trial % 4 == 3) plan.window = static_cast<int32_t>(any(random, 1, 150));
        const int64_t n = plan.segments.back().end, width = plan.n_head * dim, kv_width = n_head_kv * dim;
        const std::vector<float> q = normal(random, n * width), k = normal(random, n * kv_width), v = normal(random, n * kv_width), d_out = normal(random, n * width);
        const builder build = [&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * tq = graph.matrix(q, width), * tk = graph.matrix(k, kv_width), * tv = graph.matrix(v, kv_width);
            const attention_gradient d = ops.attention_back(graph.ctx, tq, tk, tv, graph.matrix(d_out, width), &plan);
            return std::vector<ggml_tensor *>{ops.attention(graph.ctx, tq, tk, tv, &plan), d.dq, d.dk, d.dv};
        };
        check_both(build, build, ROUNDED);
    }
}

void frozen_layers_are_those_of_the_cpu() {
    chance random(5);
    for (int trial = 0; trial < 12; trial++) {
        const int64_t scale = trial < 6 ? 1 : 8, n_in = scale * any(random, 1, 80), n_out = scale * any(random, 1, 80), n = any(random, 1, 300);
        const std::vector<float> w = normal(random, n_in * n_out), x = normal(random, n_in * n), dy = normal(random, n_out * n);
        std::vector<ggml_bf16_t> narrow(w.size());
        ggml_fp32_to_bf16_row(w.data(), narrow.data(), static_cast<int64_t>(w.size()));
        const auto build = [&](ggml_type type, const void * values) {
            return [=, &x, &dy](graph_in_the_making & graph, operators & ops) {
                ggml_tensor * tw = graph.input(type, values, n_in, n_out), * tx = graph.matrix(x, n_in), * td = graph.matrix(dy, n_out);
                ggml_tensor * y = ops.linear_onto(graph.ctx, graph.matrix(dy, n_out), tw, tx, -0.3f), * dx = ops.linear_back_onto(graph.ctx, graph.matrix(x, n_in), tw, td, 1.0f);
                ggml_tensor * added = ops.linear_added(graph.ctx, graph.matrix(dy, n_out), tw, tx);
                return std::vector<ggml_tensor *>{ops.linear(graph.ctx, tw, tx), ops.linear_back(graph.ctx, tw, td), y, dx, added, ops.linear(graph.ctx, tw, tx, read_by::gate),
                                                  ops.linear_back(graph.ctx, tw, td, read_by::gate)};
            };
        };
        check_both(build(GGML_TYPE_F32, w.data()), build(GGML_TYPE_BF16, narrow.data()), ROUNDED);
    }
}

// What bf16 holds exactly: errors are then those of the sums alone.
std::vector<float> rounded(std::vector<float> values) {
    for (float & value : values) value = ggml_bf16_to_fp32(ggml_fp32_to_bf16(value));
    return values;
}

// Both matrices of an adapter, between a layer of n_in and one of n_out.
void trained_layers_are_those_of_the_cpu() {
    chance random(6);
    for (const int64_t rank : {1, 3, 8, 9, 16, 20, 33, 64, 65}) {
        const int64_t n_in = any(random, 66, 400), n_out = any(random, 66, 400), n = any(random, 1, 700);
        const std::vector<float> a = normal(random, n_in * rank), b = normal(random, rank * n_out), x = rounded(normal(random, n_in * n)), dy = rounded(normal(random, n_out * n)), u = normal(random, rank * n);
        const builder build = [&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * ta = graph.matrix(a, n_in), * tb = graph.matrix(b, rank), * tx = graph.matrix(x, n_in), * td = graph.matrix(dy, n_out), * tu = graph.matrix(u, rank);
            ggml_tensor * y = ops.linear_onto(graph.ctx, graph.matrix(dy, n_out), tb, tu, 0.7f), * dx = ops.linear_back_onto(graph.ctx, graph.matrix(x, n_in), ta, tu, 0.7f);
            return std::vector<ggml_tensor *>{ops.linear(graph.ctx, ta, tx), ops.linear_back(graph.ctx, tb, td), y, dx, ops.weight_gradient(graph.ctx, tx, tu, 0.7f),
                                              ops.weight_gradient(graph.ctx, tu, td, 0.7f)};
        };
        check_both(build, build, rank > 64 ? 2e-3 : 5e-5); // beyond, ggml's own products may use TF32
    }
}

void norms_are_those_of_the_cpu() {
    chance random(7);
    for (const int64_t width : {1, 7, 64, 576, 2048}) {
        const int64_t n = any(random, 1, 90);
        const std::vector<float> x = normal(random, width * n), w = normal(random, width), dy = normal(random, width * n), onto = normal(random, width * n);
        const builder build = [&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * tx = graph.matrix(x, width), * tw = graph.input(GGML_TYPE_F32, w.data(), width), * td = graph.matrix(dy, width);
            return std::vector<ggml_tensor *>{ops.norm(graph.ctx, tx, tw, 1e-5f), ops.norm_back(graph.ctx, tx, tw, td, graph.matrix(onto, width), 1e-5f), ops.norm_back(graph.ctx, tx, tw, td, nullptr, 1e-5f)};
        };
        check_both(build, build, 1e-4);
        const builder narrow = [&](graph_in_the_making & graph, operators & ops) {
            return std::vector<ggml_tensor *>{ops.norm(graph.ctx, graph.matrix(x, width), graph.input(GGML_TYPE_F32, w.data(), width), 1e-5f, read_by::linear)};
        };
        check_both(narrow, narrow, ROUNDED);
    }
}

void positions_turn_as_on_the_cpu() {
    chance random(9);
    for (int trial = 0; trial < 12; trial++) {
        const int32_t head_dim = static_cast<int32_t>(2 * any(random, 2, 64)), n_rot = trial % 3 == 0 ? static_cast<int32_t>(2 * any(random, 1, head_dim / 2)) : head_dim;
        const int64_t heads = any(random, 1, 9), n = any(random, 2, 200);
        const std::vector<float> x = normal(random, head_dim * heads * n);
        std::vector<float> factors;
        std::vector<int32_t> positions;
        for (int32_t i = 0; i < n_rot / 2; i++) factors.push_back(1 + 0.1f * static_cast<float>(any(random, 0, 30)));
        for (int64_t i = 0; i < n; i++) positions.push_back(static_cast<int32_t>(any(random, 0, 700)));
        const builder build = [&](graph_in_the_making & graph, operators & ops) {
            ggml_tensor * turned = ggml_reshape_3d(graph.ctx, graph.matrix(x, head_dim), head_dim, heads, n), * places = graph.input(GGML_TYPE_I32, positions.data(), n);
            ggml_tensor * tf = trial % 2 ? graph.input(GGML_TYPE_F32, factors.data(), n_rot / 2) : nullptr;
            const rope_form form = {n_rot, trial % 4 < 2 ? GGML_ROPE_TYPE_NORMAL : GGML_ROPE_TYPE_NEOX, 2048, 10000.0f, 0.5f, 1.1f, tf};
            return std::vector<ggml_tensor *>{ops.rotate(graph.ctx, turned, places, form, false), ops.rotate(graph.ctx, turned, places, form, true)};
        };
        check_both(build, build, 1e-3);
    }
}

// Gates as they come: in f32, or out of a product in bf16 (of an identity, so that they stay what they are).
void gates_are_those_of_the_cpu() {
    chance random(8);
    for (const bool is_narrow : {false, true}) {
        for (const read_by by : {read_by::anything, read_by::linear}) {
            const int64_t n_ff = is_narrow ? 64 : 37, n = 111;
            const std::vector<float> gate = rounded(normal(random, n_ff * n, 3)), up = rounded(normal(random, n_ff * n)), d = rounded(normal(random, n_ff * n));
            std::vector<ggml_bf16_t> identity(static_cast<size_t>(n_ff * n_ff), ggml_fp32_to_bf16(0));
            for (int64_t i = 0; i < n_ff; i++) identity[static_cast<size_t>(i * n_ff + i)] = ggml_fp32_to_bf16(1);
            const auto build = [&](bool through_product) {
                return [&, through_product](graph_in_the_making & graph, operators & ops) {
                    const auto given = [&](const std::vector<float> & values) {
                        ggml_tensor * x = graph.matrix(values, n_ff);
                        return through_product ? ops.linear(graph.ctx, graph.input(GGML_TYPE_BF16, identity.data(), n_ff, n_ff), x, read_by::gate) : x;
                    };
                    ggml_tensor * tg = given(gate), * tu = given(up);
                    const gate_gradient back = ops.gated_back(graph.ctx, gate_kind::swiglu, tg, tu, given(d), by);
                    return std::vector<ggml_tensor *>{ops.gated(graph.ctx, gate_kind::swiglu, tg, tu), back.d_gate, back.d_up};
                };
            };
            check_both(build(false), build(is_narrow), ROUNDED);
        }
    }
}

void columns_are_spread_as_on_the_cpu() {
    chance random(10);
    for (int trial = 0; trial < 5; trial++) {
        const int64_t width = any(random, 1, 600), n_all = any(random, 1, 300);
        std::vector<int32_t> places;
        for (int32_t column = 0; column < n_all; column++) {
            if (any(random, 0, 2) == 0 || (places.empty() && column + 1 == n_all)) places.push_back(column);
        }
        const std::vector<float> x = normal(random, width * static_cast<int64_t>(places.size()));
        const builder build = [&](graph_in_the_making & graph, operators & ops) {
            return std::vector<ggml_tensor *>{ops.spread(graph.ctx, graph.matrix(x, width), graph.input(GGML_TYPE_I32, places.data(), static_cast<int64_t>(places.size())), n_all)};
        };
        check_both(build, build, 0);
    }
}

} // namespace

int main() {
    load_ggml();
    std::unique_ptr<backend> first;
    for (const device_info & info : known_devices()) {
        if (info.kind != device_kind::cuda || first) continue;
        first = std::make_unique<backend>(info, 1);
        if (first->use_own_kernels()) card = first.get();
    }
    return run_tests({
        {"attention over random forests, with windows too, and its gradients", attention_is_that_of_the_cpu},
        {"frozen layers in bf16 and their gradients, for any dimensions", frozen_layers_are_those_of_the_cpu},
        {"both matrices of an adapter and their gradients, for any rank", trained_layers_are_those_of_the_cpu},
        {"norms of rows of any width, and their gradients onto others", norms_are_those_of_the_cpu},
        {"rotary positions, forward and back, side by side and apart, of a part of a head too", positions_turn_as_on_the_cpu},
        {"gates and their gradients, in f32 and in bf16", gates_are_those_of_the_cpu},
        {"columns that are spread among zeros", columns_are_spread_as_on_the_cpu},
    });
}
