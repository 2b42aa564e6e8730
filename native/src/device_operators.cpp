#include "device_operators.h"
#include "attention_paths.h"
#include "ggml-backend.h"
#include "kernels/attention.h"
#include "kernels/dropout.h"
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

namespace {

const float GELU_SLOPE = 1.59576912f; // 2 sqrt(2 / pi)
const float GELU_CUBIC = 0.044715f;

ggml_tensor * transposed(ggml_context * ctx, ggml_tensor * x) { return ggml_cont(ctx, ggml_transpose(ctx, x)); }

ggml_tensor * permuted(ggml_context * ctx, ggml_tensor * x, int a, int b, int c, int d) { return ggml_cont(ctx, ggml_permute(ctx, x, a, b, c, d)); }

// W x with sums in f32, also where the device multiplies 16-bit numbers. Products with bf16 have them anyway; CUDA would compute those in
// f32 altogether when asked for it, from a copy of W.
ggml_tensor * product(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x) {
    ggml_tensor * y = ggml_mul_mat(ctx, w, x);
    if (w->type != GGML_TYPE_BF16) ggml_prec_set_acc(y, GGML_PREC_F32);
    return y;
}

// An input that the graph does not use has no memory.
void send(ggml_tensor * input, const void * values) {
    if (input->buffer) ggml_backend_tensor_set(input, values, 0, ggml_nbytes(input));
}

class device_ops : public operators {
  public:
    device_ops(const transposed_weights & transposes, bool has_outer_products) : transposes_(transposes), has_outer_products_(has_outer_products) {}

    ggml_tensor * linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, read_by) override { return product(ctx, w, x); }

    ggml_tensor * linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, read_by) override {
        const auto stored = transposes_.find(w);
        return product(ctx, stored != transposes_.end() ? stored->second : transposed(ctx, w), dy);
    }

    // The smaller factor is scaled, and once for all that it is multiplied with.
    ggml_tensor * linear_onto(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale) override {
        return x->ne[0] < y->ne[0] ? ggml_add(ctx, y, product(ctx, w, scaled(ctx, x, scale))) : operators::linear_onto(ctx, y, w, x, scale);
    }

    ggml_tensor * linear_back_onto(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale) override {
        return dy->ne[0] < dx->ne[0] || scale == 1 ? ggml_add(ctx, dx, linear_back(ctx, w, scaled(ctx, dy, scale), read_by::anything)) : operators::linear_back_onto(ctx, dx, w, dy, scale);
    }

    ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) override {
        const bool is_dy_smaller = dy->ne[0] < x->ne[0];
        return outer_product(ctx, is_dy_smaller ? x : scaled(ctx, x, scale), is_dy_smaller ? scaled(ctx, dy, scale) : dy);
    }

    ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) override {
        const path_inputs & in = inputs_of(ctx, plan);
        const visible_scores visible = scores(ctx, in, *plan, on_paths(ctx, in, q, plan->n_head), on_paths(ctx, in, k, plan->n_head_kv));
        ggml_tensor * values = across(ctx, on_paths(ctx, in, v, plan->n_head_kv));
        return first_places(ctx, in, by_place(ctx, product(ctx, values, visible.p)));
    }

    attention_gradient attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out,
                                      const attention_plan * plan) override {
        const path_inputs & in = inputs_of(ctx, plan);
        ggml_tensor * queries = on_paths(ctx, in, q, plan->n_head), * keys = on_paths(ctx, in, k, plan->n_head_kv);
        ggml_tensor * values = on_paths(ctx, in, v, plan->n_head_kv);
        ggml_tensor * d = on_paths(ctx, in, d_out, plan->n_head, in.first);
        const visible_scores visible = scores(ctx, in, *plan, queries, keys);

        // ds = p (dp - sum_j p_j dp_j), not by ggml's softmax backward: that may be given p's own memory for its result.
        ggml_tensor * p = visible.p, * dp = product(ctx, values, d);
        ggml_tensor * ds = ggml_mul(ctx, p, ggml_sub(ctx, dp, ggml_sum_rows(ctx, ggml_mul(ctx, p, dp))));
        if (visible.capped) ds = ggml_mul(ctx, ds, ggml_scale_bias(ctx, ggml_sqr(ctx, visible.capped), -1.0f / (plan->soft_cap * plan->soft_cap), 1.0f));
        ggml_tensor * dq = product(ctx, across(ctx, keys), ds);
        ggml_tensor * dk = outer_product(ctx, queries, ds), * dv = outer_product(ctx, d, p);
        attention_gradient gradient;
        gradient.dq = ggml_scale(ctx, first_places(ctx, in, by_place(ctx, dq)), plan->scale);
        gradient.dk = ggml_scale(ctx, over_paths(ctx, in, over_group(ctx, dk, *plan)), plan->scale);
        gradient.dv = over_paths(ctx, in, over_group(ctx, dv, *plan));
        return gradient;
    }

    ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up) override {
        if (kind == gate_kind::swiglu) return ggml_swiglu_split(ctx, gate, up);
        if (kind == gate_kind::library_geglu) return ggml_geglu_split(ctx, gate, up);
        return ggml_mul(ctx, ggml_mul(ctx, gate, gelu_share(ctx, gate)), up); // ggml's own GELU reads a table of half floats on CPUs
    }

    gate_gradient gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out, read_by) override {
        if (kind == gate_kind::swiglu) return {ggml_silu_back(ctx, ggml_mul(ctx, d_out, up), gate), ggml_mul(ctx, d_out, ggml_silu(ctx, gate))};
        ggml_tensor * share = gelu_share(ctx, gate), * gelu = ggml_mul(ctx, gate, share);
        ggml_tensor * inner = ggml_scale_bias(ctx, ggml_sqr(ctx, gate), 3 * GELU_CUBIC * GELU_SLOPE, GELU_SLOPE);
        ggml_tensor * slope = ggml_add(ctx, share, ggml_mul(ctx, ggml_mul(ctx, gelu, ggml_scale_bias(ctx, share, -1.0f, 1.0f)), inner));
        return {ggml_mul(ctx, ggml_mul(ctx, d_out, up), slope), ggml_mul(ctx, d_out, gelu)};
    }

    ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan) override {
        ggml_tensor *& mask = masks_[plan]; // one for the forward and the backward
        if (!mask) {
            mask = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, x->ne[0], x->ne[1]);
            ggml_set_input(mask);
            uploads_.push_back([mask = mask, plan] {
                const std::vector<float> values = dropout_mask(*plan, mask->ne[0], mask->ne[1]);
                send(mask, values.data());
            });
        }
        return ggml_mul(ctx, x, mask);
    }

    ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets) override {
        // A probability below 1e-37 is taken for that: the loss then says 85 nats instead of more.
        ggml_tensor * p = ggml_clamp(ctx, at_targets(ctx, softmax_of(ctx, logits), targets), 1e-37f, 1.0f);
        ggml_tensor * loss = ggml_scale(ctx, ggml_log(ctx, p), -1.0f);
        return ggml_concat(ctx, loss, ggml_add(ctx, loss, at_targets(ctx, logits, targets)), 0);
    }

    // w p everywhere, but w (p - 1) at the target
    ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights) override {
        const int64_t n_vocab = logits->ne[0], n = logits->ne[1];
        ggml_tensor * p = softmax_of(ctx, logits), * w = ggml_reshape_2d(ctx, weights, 1, n);
        ggml_tensor * d_target = ggml_mul(ctx, ggml_scale_bias(ctx, at_targets(ctx, p, targets), 1.0f, -1.0f), w);
        ggml_tensor * d = ggml_reshape_3d(ctx, ggml_mul(ctx, p, w), 1, n_vocab, n);
        ggml_tensor * whole = ggml_set_rows(ctx, d, ggml_reshape_3d(ctx, d_target, 1, 1, n), ggml_reshape_2d(ctx, targets, 1, n));
        return ggml_reshape_2d(ctx, whole, n_vocab, n);
    }

    void upload() override {
        for (const auto & send : uploads_) send();
    }

  private:
    struct path_inputs {
        attention_paths paths;
        ggml_tensor * gather, * first, * place, * mask, * sum, * sharer;
    };
    struct visible_scores { ggml_tensor * p, * capped; }; // [key, query, n_head, n_paths]; capped: before the softmax, where the model has a soft cap

    const transposed_weights & transposes_;
    const bool has_outer_products_;
    std::map<std::pair<ggml_tensor *, float>, ggml_tensor *> scaled_;
    std::map<ggml_tensor *, ggml_tensor *> softmax_; // of logits: the loss and its gradient are emitted one after the other
    std::map<const attention_plan *, path_inputs> by_plan_;
    std::map<const dropout_plan *, ggml_tensor *> masks_;
    std::vector<std::function<void()>> uploads_;

    template <typename T> ggml_tensor * input(ggml_context * ctx, ggml_type type, const std::vector<T> & values, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1) {
        ggml_tensor * tensor = ggml_new_tensor_3d(ctx, type, ne0, ne1, ne2);
        ggml_set_input(tensor);
        uploads_.push_back([tensor, &values] { send(tensor, values.data()); });
        return tensor;
    }

    const path_inputs & inputs_of(ggml_context * ctx, const attention_plan * plan) {
        const auto found = by_plan_.find(plan);
        if (found != by_plan_.end()) return found->second;
        path_inputs & in = by_plan_[plan]; // stays where it is: the uploads point into it
        in.paths = lay_out_paths(plan->segments);
        const attention_paths & paths = in.paths;
        const int64_t places = int64_t(paths.length) * paths.n_paths;
        in.gather = input(ctx, GGML_TYPE_I32, paths.gather, places);
        in.first = input(ctx, GGML_TYPE_F32, paths.first, 1, places);
        in.place = input(ctx, GGML_TYPE_I32, paths.place, paths.n_columns);
        in.sum = input(ctx, GGML_TYPE_F32, paths.sum, paths.n_paths, paths.n_sharers, paths.length);
        in.sharer = input(ctx, GGML_TYPE_I32, paths.sharer, paths.n_columns);
        in.mask = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, paths.length, paths.length);
        ggml_set_input(in.mask);
        uploads_.push_back([mask = in.mask, window = plan->window] {
            const int64_t length = mask->ne[0]; // padding stands behind all that is real, so causality hides it
            const auto sees = [&](int64_t query, int64_t key) { return key <= query && (window == 0 || query - key < window); };
            std::vector<float> values(static_cast<size_t>(length * length), 0.0f);
            for (int64_t query = 0; query < length; query++)
                for (int64_t key = 0; key < length; key++)
                    if (!sees(query, key)) values[static_cast<size_t>(query * length + key)] = -INFINITY;
            send(mask, values.data());
        });
        return in;
    }

    // x [head_dim * heads, n_columns] -> [head_dim, length, heads, n_paths], not contiguous; `factor` [1, places] scales each place
    ggml_tensor * on_paths(ggml_context * ctx, const path_inputs & in, ggml_tensor * x, int64_t heads, ggml_tensor * factor = nullptr) {
        const int64_t head_dim = x->ne[0] / heads;
        if (!in.paths.is_identity) {
            x = ggml_get_rows(ctx, x, in.gather);
            if (factor) x = ggml_mul(ctx, x, factor);
        }
        return ggml_permute(ctx, ggml_reshape_4d(ctx, x, head_dim, heads, in.paths.length, in.paths.n_paths), 0, 2, 1, 3);
    }

    // [a, b, heads, n_paths] -> [b, a, heads, n_paths]
    ggml_tensor * across(ggml_context * ctx, ggml_tensor * x) { return permuted(ctx, x, 1, 0, 2, 3); }

    // [head_dim, length, heads, n_paths] -> [head_dim * heads, length * n_paths]
    ggml_tensor * by_place(ggml_context * ctx, ggml_tensor * x) {
        return ggml_reshape_2d(ctx, permuted(ctx, x, 0, 2, 1, 3), x->ne[0] * x->ne[2], x->ne[1] * x->ne[3]);
    }

    // What stands at the first place of each column: [rows, places] -> [rows, n_columns]
    ggml_tensor * first_places(ggml_context * ctx, const path_inputs & in, ggml_tensor * x) { return in.paths.is_identity ? x : ggml_get_rows(ctx, x, in.place); }

    // p is 0 where the query does not see the key
    visible_scores scores(ggml_context * ctx, const path_inputs & in, const attention_plan & plan, ggml_tensor * queries, ggml_tensor * keys) {
        ggml_tensor * products = product(ctx, keys, queries);
        if (plan.soft_cap == 0) return {ggml_soft_max_ext(ctx, products, in.mask, plan.scale, 0.0f), nullptr};
        ggml_tensor * capped = ggml_scale(ctx, ggml_tanh(ctx, ggml_scale(ctx, products, plan.scale / plan.soft_cap)), plan.soft_cap);
        return {ggml_soft_max_ext(ctx, capped, in.mask, 1.0f, 0.0f), capped};
    }

    // x y^T over the columns: x [a, n, ...], y [b, n, ...] -> [a, b, ...]
    ggml_tensor * outer_product(ggml_context * ctx, ggml_tensor * x, ggml_tensor * y) {
        if (has_outer_products_) return ggml_out_prod(ctx, ggml_is_contiguous(x) ? x : ggml_cont(ctx, x), y);
        return product(ctx, across(ctx, x), across(ctx, y));
    }

    ggml_tensor * scaled(ggml_context * ctx, ggml_tensor * x, float scale) {
        if (scale == 1) return x;
        ggml_tensor *& made = scaled_[{x, scale}];
        if (!made) made = ggml_scale(ctx, x, scale);
        return made;
    }

    ggml_tensor * softmax_of(ggml_context * ctx, ggml_tensor * logits) {
        ggml_tensor *& made = softmax_[logits];
        if (!made) made = ggml_soft_max(ctx, logits);
        return made;
    }

    // x [n_vocab, n], targets i32 [n] -> [1, n]
    ggml_tensor * at_targets(ggml_context * ctx, ggml_tensor * x, ggml_tensor * targets) {
        const int64_t n = x->ne[1];
        return ggml_reshape_2d(ctx, ggml_get_rows(ctx, ggml_reshape_3d(ctx, x, 1, x->ne[0], n), ggml_reshape_2d(ctx, targets, 1, n)), 1, n);
    }

    // sigmoid(2u) of GELU's tanh form x / 2 * (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3)
    ggml_tensor * gelu_share(ggml_context * ctx, ggml_tensor * x) {
        return ggml_sigmoid(ctx, ggml_mul(ctx, x, ggml_scale_bias(ctx, ggml_sqr(ctx, x), GELU_CUBIC * GELU_SLOPE, GELU_SLOPE)));
    }

    // Adds up the query heads of each key head: [head_dim, length, n_head, n_paths] -> [head_dim, length, n_head_kv, n_paths]
    ggml_tensor * over_group(ggml_context * ctx, ggml_tensor * x, const attention_plan & plan) {
        const int64_t group = plan.n_head / plan.n_head_kv;
        if (group == 1) return x;
        ggml_tensor * apart = ggml_reshape_4d(ctx, x, x->ne[0] * x->ne[1], group, plan.n_head_kv, x->ne[3]);
        ggml_tensor * like = ggml_new_tensor_4d(ctx, GGML_TYPE_F32, apart->ne[0], 1, plan.n_head_kv, x->ne[3]);
        return ggml_reshape_4d(ctx, ggml_repeat_back(ctx, apart, like), x->ne[0], x->ne[1], plan.n_head_kv, x->ne[3]);
    }

    // Adds up the paths through each column: [head_dim, length, heads, n_paths] -> [head_dim * heads, n_columns]
    ggml_tensor * over_paths(ggml_context * ctx, const path_inputs & in, ggml_tensor * x) {
        ggml_tensor * places = by_place(ctx, x);
        if (!in.paths.shares) return first_places(ctx, in, places);
        ggml_tensor * apart = ggml_reshape_3d(ctx, places, places->ne[0], in.paths.length, in.paths.n_paths);
        ggml_tensor * sums = product(ctx, permuted(ctx, apart, 1, 2, 0, 3), in.sum); // [head_dim * heads, n_sharers, length]
        return ggml_get_rows(ctx, ggml_reshape_2d(ctx, sums, sums->ne[0], sums->ne[1] * sums->ne[2]), in.sharer);
    }
};

} // namespace

std::unique_ptr<operators> make_device_operators(const transposed_weights & transposes, bool has_outer_products) {
    return std::make_unique<device_ops>(transposes, has_outer_products);
}
