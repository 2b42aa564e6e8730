// GRU4Rec's gradients out of stock ggml ops by ggml_build_backward_expand, beside those of native/src/fit: the same batch, loss and gradients, and what either costs.
//   bench-sequence-autodiff [threads = 1] [items = 1349] [windows = 41] [steps = 50] [rounds = 5]
// Width 64, hidden 128, one layer, no dropout (ggml has none). One line of JSON on stdout.
//
// ggml 0.25.1 has no backward for sigmoid, tanh and concat: sigmoid(x) = 1 / (1 + exp(-x)), tanh(x) = 2 sigmoid(2x) - 1, and each step adds a loss of its own to the sum.
#include "backend.h"
#include "error.h"
#include "fit/gru4rec.h"
#include "random.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

namespace {

struct measured { double wall = 1e300, processor = 1e300; };

template <typename Work> void measure(measured & best, const Work & work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t before = std::clock();
    work();
    best.processor = std::min(best.processor, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
    best.wall = std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

// One batch of windows that all have n_steps inputs, each with a target.
class autodiff_batch {
  public:
    autodiff_batch(backend & cpu, const sequence_network & network, const float * values, const std::vector<sequence_window> & windows, int64_t n_steps) : cpu_(cpu), n_(static_cast<int64_t>(windows.size())) {
        const auto part = [&](const std::string & name) {
            for (const parameter_layout::part & one : network.layout().parts())
                if (one.name == name) return one;
            throw std::logic_error("no part " + name);
        };
        const parameter_layout::part items = part("items"), input = part("gru.0.input"), state = part("gru.0.state"), dense = part("dense"), bias = part("dense.bias");
        const int64_t n_items = items.rows, hidden = state.columns;
        parameters_ctx_ = context(16);
        const auto parameter = [&](int64_t rows, int64_t columns, const float * from) {
            ggml_tensor * tensor = ggml_new_tensor_2d(parameters_ctx_.get(), GGML_TYPE_F32, columns, rows);
            ggml_set_param(tensor);
            sources_.push_back({tensor, from});
            return tensor;
        };
        ggml_tensor * vectors = parameter(items.rows, items.columns, values + items.begin);
        ggml_tensor *w[3], *u[3];
        for (int64_t gate = 0; gate < 3; gate++) {
            w[gate] = parameter(hidden, input.columns, values + input.begin + gate * hidden * input.columns);
            u[gate] = parameter(hidden, hidden, values + state.begin + gate * hidden * hidden);
        }
        ggml_tensor *out = parameter(dense.rows, dense.columns, values + dense.begin), *out_bias = parameter(1, bias.columns, values + bias.begin);
        cpu_.allocate(parameters_ctx_.get(), "the parameters", "use fewer items");
        for (const auto & [tensor, from] : sources_) ggml_backend_tensor_set(tensor, from, 0, ggml_nbytes(tensor));

        const size_t n_nodes = static_cast<size_t>(n_steps) * 400 + 512;
        ctx_ = context(n_nodes);
        ggml_context * ctx = ctx_.get();
        const auto given = [&](ggml_type type, int64_t ne0, int64_t ne1) {
            ggml_tensor * tensor = ggml_new_tensor_2d(ctx, type, ne0, ne1);
            ggml_set_input(tensor);
            return tensor;
        };
        ones_ = given(GGML_TYPE_F32, hidden, n_);
        zeros_ = given(GGML_TYPE_F32, hidden, n_);
        const auto sigmoid = [&](ggml_tensor * x) { return ggml_div(ctx, ones_, ggml_add(ctx, ones_, ggml_exp(ctx, ggml_neg(ctx, x)))); };
        const auto tanh = [&](ggml_tensor * x) { return ggml_sub(ctx, ggml_scale(ctx, sigmoid(ggml_scale(ctx, x, 2)), 2), ones_); };
        ggml_tensor *h = zeros_, *loss = nullptr;
        for (int64_t t = 0; t < n_steps; t++) {
            ids_.push_back(given(GGML_TYPE_I32, n_, 1));
            labels_.push_back(given(GGML_TYPE_F32, n_items, n_));
            ggml_tensor * x = ggml_get_rows(ctx, vectors, ids_.back());
            ggml_tensor * r = sigmoid(ggml_add(ctx, ggml_mul_mat(ctx, w[0], x), ggml_mul_mat(ctx, u[0], h)));
            ggml_tensor * z = sigmoid(ggml_add(ctx, ggml_mul_mat(ctx, w[1], x), ggml_mul_mat(ctx, u[1], h)));
            ggml_tensor * c = tanh(ggml_add(ctx, ggml_mul_mat(ctx, w[2], x), ggml_mul(ctx, r, ggml_mul_mat(ctx, u[2], h))));
            h = ggml_add(ctx, c, ggml_mul(ctx, z, ggml_sub(ctx, h, c)));
            ggml_tensor * logits = ggml_mul_mat(ctx, vectors, ggml_add(ctx, ggml_mul_mat(ctx, out, h), out_bias));
            ggml_tensor * own = ggml_cross_entropy_loss(ctx, logits, labels_.back());
            loss = loss ? ggml_add(ctx, loss, own) : own;
        }
        loss_ = ggml_scale(ctx, loss, 1.0f / static_cast<float>(n_steps));
        ggml_set_output(loss_);
        ggml_set_loss(loss_);
        graph_ = ggml_new_graph_custom(ctx, n_nodes, true);
        ggml_build_forward_expand(graph_, loss_);
        ggml_build_backward_expand(ctx, graph_, nullptr);
        ggml_set_input(ggml_graph_get_grad_acc(graph_, loss_));
        for (const auto & [tensor, from] : sources_) ggml_set_output(ggml_graph_get_grad(graph_, tensor));
        cpu_.plan(graph_);

        for (int64_t t = 0; t < n_steps; t++) {
            std::vector<int32_t> ids;
            std::vector<float> labels(static_cast<size_t>(n_items * n_), 0.0f);
            for (int64_t i = 0; i < n_; i++) {
                const int32_t * at = windows[static_cast<size_t>(i)].inputs + t;
                ids.push_back(at[0]);
                labels[static_cast<size_t>(i * n_items + at[1])] = 1;
            }
            contents_.push_back({std::move(ids), std::move(labels)});
        }
    }

    int n_nodes() const { return ggml_graph_n_nodes(graph_); }

    float compute() {
        ggml_graph_reset(graph_);
        const auto set = [](ggml_tensor * tensor, const void * from) { ggml_backend_tensor_set(tensor, from, 0, ggml_nbytes(tensor)); };
        const std::vector<float> ones(static_cast<size_t>(ggml_nelements(ones_)), 1.0f), zeros(ones.size(), 0.0f);
        set(ones_, ones.data());
        set(zeros_, zeros.data());
        for (size_t t = 0; t < contents_.size(); t++) set(ids_[t], contents_[t].ids.data()), set(labels_[t], contents_[t].labels.data());
        cpu_.compute(graph_);
        return floats_of(loss_)[0];
    }

    // In the order of the layout: items, W, U, dense, bias.
    std::vector<float> gradients() const {
        std::vector<float> found;
        for (const size_t i : {0, 1, 3, 5, 2, 4, 6, 7, 8}) {
            const std::vector<float> one = floats_of(ggml_graph_get_grad(graph_, sources_[i].tensor));
            found.insert(found.end(), one.begin(), one.end());
        }
        return found;
    }

  private:
    using context_owner = std::unique_ptr<ggml_context, void (*)(ggml_context *)>;
    struct source { ggml_tensor * tensor; const float * from; };
    struct content { std::vector<int32_t> ids; std::vector<float> labels; };

    static context_owner context(size_t n) {
        ggml_init_params params{};
        params.mem_size = ggml_tensor_overhead() * n + ggml_graph_overhead_custom(n, true);
        params.no_alloc = true;
        return {ggml_init(params), ggml_free};
    }

    backend & cpu_;
    int64_t n_;
    context_owner parameters_ctx_{nullptr, ggml_free}, ctx_{nullptr, ggml_free};
    std::vector<source> sources_;
    std::vector<ggml_tensor *> ids_, labels_;
    std::vector<content> contents_;
    ggml_tensor *ones_, *zeros_, *loss_;
    ggml_cgraph * graph_;
};

int run(int argc, char ** argv) {
    const auto number = [&](int i, int otherwise) { return argc > i ? std::max(1, std::atoi(argv[i])) : otherwise; };
    const int threads = number(1, 1), n_items = number(2, 1349), n_windows = number(3, 41), n_steps = number(4, 50), rounds = number(5, 5);
    load_ggml();
    backend cpu(threads);
    const gru4rec_settings settings{{{n_steps, n_steps}, n_windows * n_steps, 1e-3}, 64, 128, 1, 0};
    const std::unique_ptr<sequence_network> network = make_gru4rec_network(n_items, settings);
    std::vector<float> values(network->layout().size(), 0.0f), own(values.size());
    network->initialise(values.data(), 1);
    random_stream chance(1, "bench histories");
    std::vector<int32_t> items(static_cast<size_t>(n_windows * (n_steps + 1)));
    for (int32_t & item : items) item = static_cast<int32_t>(chance.below(static_cast<uint64_t>(n_items)));
    window_share share;
    for (int64_t i = 0; i < n_windows; i++) {
        share.windows.push_back({static_cast<int32_t>(i), items.data() + i * (n_steps + 1), n_steps, n_steps});
        share.numbers.push_back(i);
    }
    share.weight = 1.0f / static_cast<float>(n_windows * n_steps);

    autodiff_batch stock(cpu, *network, values.data(), share.windows, n_steps);
    measured by_hand, by_autodiff;
    double own_loss = 0, stock_loss = 0;
    for (int round = 0; round < rounds; round++) { // interleaved
        measure(by_autodiff, [&] { stock_loss = stock.compute(); });
        measure(by_hand, [&] {
            std::fill(own.begin(), own.end(), 0.0f);
            own_loss = network->learn(values.data(), share, own.data(), 0) * static_cast<double>(share.weight);
        });
    }
    const std::vector<float> theirs = stock.gradients();
    if (theirs.size() != own.size()) throw std::logic_error("gradients of different sizes");
    double worst = 0, largest = 0;
    for (size_t i = 0; i < own.size(); i++) {
        worst = std::max(worst, std::fabs(static_cast<double>(own[i]) - static_cast<double>(theirs[i])));
        largest = std::max(largest, std::fabs(static_cast<double>(theirs[i])));
    }
    std::cout << nlohmann::json{{"targets", n_windows * n_steps}, {"nodes", stock.n_nodes()}, {"threads", threads},
                                {"autodiff", {{"loss", stock_loss}, {"seconds", by_autodiff.wall}, {"processorSeconds", by_autodiff.processor}}},
                                {"byHand", {{"loss", own_loss}, {"seconds", by_hand.wall}, {"processorSeconds", by_hand.processor}}},
                                {"worstGradient", worst / largest}} << std::endl;
    return 0;
}

} // namespace

int main(int argc, char ** argv) {
    try {
        return run(argc, argv);
    } catch (const user_error & error) {
        std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", error.what(), error.where.c_str(), error.fix.c_str());
        return error.code;
    }
}
