#include "cuda_operators.h"
#include "attention_paths.h"
#include "device_operators.h"
#include "ggml-backend.h"
#include "kernels/attention.h"
#include "launch.h"
#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <tuple>
#include <vector>

namespace cuda {

namespace {

using work = std::function<void(ggml_tensor & node)>;

// Never called by a backend: the graph is cut at custom ops, and `launch` finds the work.
void not_for_the_cpu(ggml_tensor *, int, int, void *) {}

// As ggml keeps them in a custom op.
struct custom_parameters {
    ggml_custom_op_t function;
    int n_tasks;
    void * userdata;
};

const int64_t ALIGNMENT = 256; // bytes, of what stands in one tensor one behind the other

bool is_bf16(const ggml_tensor * x) { return x->type == GGML_TYPE_BF16; }
int64_t columns_of(const ggml_tensor * x) { return ggml_nelements(x) / x->ne[0]; }
float * floats(const ggml_tensor * x) { return static_cast<float *>(x->data); }
const_numbers read(const ggml_tensor * x) { return {x->data, is_bf16(x)}; }
char * at(const ggml_tensor * x, int64_t offset) { return static_cast<char *>(x->data) + offset; }

// Places one behind the other in one tensor, in bytes.
struct layout {
    int64_t end = 0;
    int64_t add(int64_t bytes) {
        const int64_t begin = end;
        end += GGML_PAD(bytes, ALIGNMENT);
        return begin;
    }
};

// What attention keeps for its backward beside its output, in the tensor of its output.
struct kept_layout : layout {
    int64_t out, log_sums, q, k, v;
    explicit kept_layout(const path_shape & shape) {
        const int64_t rows = int64_t(shape.n_paths) * shape.padded, bytes = int64_t(shape.head_dim) * 2;
        out = add(bytes * shape.n_head * shape.n_columns);
        log_sums = add(4 * rows * shape.n_head);
        q = add(rows * shape.n_head * bytes);
        k = add(rows * shape.n_head_kv * bytes);
        v = add(rows * shape.n_head_kv * bytes);
    }
};

struct gradient_layout : layout {
    int64_t dq, dk, dv, room_k, room_v, products, d_out;
    explicit gradient_layout(const path_shape & shape) {
        const int64_t rows = int64_t(shape.n_paths) * shape.padded, width = int64_t(shape.head_dim) * 4, places = int64_t(shape.n_paths) * shape.length;
        dq = add(width * shape.n_head * shape.n_columns);
        dk = add(width * shape.n_head_kv * shape.n_columns);
        dv = add(width * shape.n_head_kv * shape.n_columns);
        room_k = add(shape.is_identity ? 0 : width * shape.n_head_kv * places);
        room_v = add(shape.is_identity ? 0 : width * shape.n_head_kv * places);
        products = add(4 * rows * shape.n_head);
        d_out = add(rows * shape.n_head * shape.head_dim * 2);
    }
};

class cuda_ops : public operators {
  public:
    explicit cuda_ops(const place & on) : on_(on), plain_(make_device_operators(no_transposes_, true)) {}

    ggml_tensor * linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, read_by by) override {
        if (is_bf16(w)) return product(ctx, w, x, false, by);
        return is_low_rank(w, w->ne[1]) ? down(ctx, w, x, false) : plain_->linear(ctx, w, in_f32(ctx, x));
    }
    ggml_tensor * linear_added(ggml_context * ctx, ggml_tensor * residual, ggml_tensor * w, ggml_tensor * x) override {
        if (!is_bf16(w)) return operators::linear_added(ctx, residual, w, x);
        return node(ctx, "product added", GGML_TYPE_F32, w->ne[1], columns_of(x), {w, in_bf16(ctx, x), dense(ctx, residual)}, [=](ggml_tensor & to) {
            on_.products->multiply_added(factors_of(*to.src[0], *to.src[1], false), floats(to.src[2]), floats(&to));
        });
    }
    ggml_tensor * linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, read_by by) override {
        if (is_bf16(w)) return product(ctx, w, dy, true, by);
        return is_low_rank(w, w->ne[0]) ? down(ctx, w, dy, true) : plain_->linear_back(ctx, w, in_f32(ctx, dy));
    }
    ggml_tensor * linear_onto(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale) override {
        if (is_bf16(w)) return product_onto(ctx, y, w, x, scale, false);
        return is_low_rank(w, w->ne[0]) ? up(ctx, y, w, x, scale, true) : plain_->linear_onto(ctx, y, w, in_f32(ctx, x), scale);
    }
    ggml_tensor * linear_back_onto(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale) override {
        if (is_bf16(w)) return product_onto(ctx, dx, w, dy, scale, true);
        return is_low_rank(w, w->ne[1]) ? up(ctx, dx, w, dy, scale, false) : plain_->linear_back_onto(ctx, dx, w, in_f32(ctx, dy), scale);
    }

    ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) override {
        const bool is_up = x->ne[0] < dy->ne[0]; // of B: its input is the small side
        ggml_tensor * small = is_up ? x : dy, * large = is_up ? dy : x;
        if (small->ne[0] > LOW_RANK_MOST) return plain_->weight_gradient(ctx, in_f32(ctx, x), in_f32(ctx, dy), scale);
        const int64_t n = columns_of(x), width = large->ne[0], rank = small->ne[0];
        layout in;
        const int64_t gradient = in.add(4 * width * rank), room = in.add(4 * low_rank_gradient_room(width, rank, n));
        ggml_tensor * made = node(ctx, "low-rank gradient", GGML_TYPE_F32, in.end / 4, 1, {in_bf16(ctx, large), in_f32(ctx, small)}, [=](ggml_tensor & to) {
            low_rank_gradient(on_.stream, {nullptr, width, rank, is_up}, to.src[0]->data, floats(to.src[1]), n, scale, reinterpret_cast<float *>(at(&to, room)), reinterpret_cast<float *>(at(&to, gradient)));
        });
        return ggml_view_2d(ctx, made, x->ne[0], dy->ne[0], static_cast<size_t>(4 * x->ne[0]), static_cast<size_t>(gradient));
    }

    ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) override {
        if (!knows(*plan)) return plain_->attention(ctx, in_f32(ctx, q), in_f32(ctx, k), in_f32(ctx, v), plan);
        const int64_t width = q->ne[0];
        return ggml_view_2d(ctx, attended(ctx, q, k, v, plan), width, q->ne[1], static_cast<size_t>(2 * width), 0);
    }

    attention_gradient attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out, const attention_plan * plan) override {
        if (!knows(*plan)) return plain_->attention_back(ctx, in_f32(ctx, q), in_f32(ctx, k), in_f32(ctx, v), in_f32(ctx, d_out), plan);
        const path_inputs & in = inputs_of(ctx, plan);
        const kept_layout kept(in.shape);
        const gradient_layout made(in.shape);
        ggml_tensor * packed = node(ctx, "attention back", GGML_TYPE_F32, made.end / 4, 1, {attended(ctx, q, k, v, plan), in_f32(ctx, d_out), in.gather, in.first, in.place}, [=, &in](ggml_tensor & to) {
            const path_shape shape = in.on_device();
            const ggml_tensor * from = to.src[0];
            const auto room = [&](int64_t offset) { return reinterpret_cast<float *>(at(&to, offset)); };
            const float * log_sums = reinterpret_cast<const float *>(at(from, kept.log_sums));
            pack_output_gradient(on_.stream, shape, floats(to.src[1]), at(from, kept.out), at(&to, made.d_out), room(made.products));
            cuda::attention_back(on_.stream, shape, at(from, kept.q), at(from, kept.k), at(from, kept.v), at(&to, made.d_out), log_sums, room(made.products), room(made.dq), room(made.dk),
                                 room(made.dv), room(made.room_k), room(made.room_v));
        });
        const auto part = [&](int64_t offset, const ggml_tensor * like) {
            return ggml_view_2d(ctx, packed, like->ne[0], like->ne[1], static_cast<size_t>(4 * like->ne[0]), static_cast<size_t>(offset));
        };
        return {part(made.dq, q), part(made.dk, k), part(made.dv, v)};
    }

    ggml_tensor * norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float epsilon, read_by by) override {
        ggml_tensor * rows = dense(ctx, in_f32(ctx, x));
        return shaped_as(ctx, x, node(ctx, "norm", by == read_by::linear ? GGML_TYPE_BF16 : GGML_TYPE_F32, x->ne[0], columns_of(x), {rows, weight}, [=](ggml_tensor & to) {
            rms_norm(on_.stream, floats(to.src[0]), floats(to.src[1]), epsilon, to.ne[0], to.ne[1], {to.data, is_bf16(&to)});
        }));
    }
    ggml_tensor * norm_back(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto, float epsilon) override {
        std::vector<ggml_tensor *> sources = {dense(ctx, x), weight, dense(ctx, dy)};
        if (onto) sources.push_back(dense(ctx, onto));
        return shaped_as(ctx, x, node(ctx, "norm back", GGML_TYPE_F32, x->ne[0], columns_of(x), sources, [=](ggml_tensor & to) {
            rms_norm_back(on_.stream, floats(to.src[0]), floats(to.src[1]), floats(to.src[2]), to.src[3] ? floats(to.src[3]) : nullptr, epsilon, to.ne[0], to.ne[1], floats(&to));
        }));
    }

    ggml_tensor * rotate(ggml_context * ctx, ggml_tensor * x, ggml_tensor * positions, const rope_form & form, bool is_backward) override {
        if (form.mode != GGML_ROPE_TYPE_NORMAL && form.mode != GGML_ROPE_TYPE_NEOX) return plain_->rotate(ctx, x, positions, form, is_backward);
        std::vector<ggml_tensor *> sources = {in_f32(ctx, x), positions};
        if (form.factors) sources.push_back(form.factors);
        return shaped_as(ctx, x, node(ctx, "rotate", GGML_TYPE_F32, x->ne[0], x->ne[1] * x->ne[2], sources, [=, heads = static_cast<int32_t>(x->ne[1]), n = x->ne[2]](ggml_tensor & to) {
            const rotation by = {static_cast<int32_t>(to.ne[0]), heads, form.n_rot, form.mode == GGML_ROPE_TYPE_NEOX, is_backward, form.base, form.scale, form.attention, to.src[2] ? floats(to.src[2]) : nullptr};
            cuda::rotate(on_.stream, by, floats(to.src[0]), static_cast<const int32_t *>(to.src[1]->data), n, floats(&to));
        }));
    }

    ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up) override {
        if (kind != gate_kind::swiglu) return plain_->gated(ctx, kind, in_f32(ctx, gate), in_f32(ctx, up));
        return node(ctx, "gate", GGML_TYPE_BF16, gate->ne[0], columns_of(gate), alike(ctx, {gate, up}), [this](ggml_tensor & to) {
            swiglu(on_.stream, read(to.src[0]), read(to.src[1]), static_cast<size_t>(ggml_nelements(&to)), {to.data, true});
        });
    }
    gate_gradient gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out, read_by by) override {
        if (kind != gate_kind::swiglu) return plain_->gated_back(ctx, kind, in_f32(ctx, gate), in_f32(ctx, up), in_f32(ctx, d_out), by);
        const int64_t n_ff = gate->ne[0], n = columns_of(gate);
        const ggml_type type = by == read_by::linear ? GGML_TYPE_BF16 : GGML_TYPE_F32;
        ggml_tensor * both = node(ctx, "gate back", type, n_ff, 2 * n, alike(ctx, {gate, up, d_out}), [this](ggml_tensor & to) {
            const bool is_narrow = is_bf16(&to);
            swiglu_back(on_.stream, read(to.src[0]), read(to.src[1]), read(to.src[2]), static_cast<size_t>(ggml_nelements(&to) / 2), {to.data, is_narrow},
                        {at(&to, static_cast<int64_t>(ggml_nbytes(&to) / 2)), is_narrow});
        });
        return {ggml_view_2d(ctx, both, n_ff, n, both->nb[1], 0), ggml_view_2d(ctx, both, n_ff, n, both->nb[1], ggml_nbytes(both) / 2)};
    }

    ggml_tensor * spread(ggml_context * ctx, ggml_tensor * x, ggml_tensor * places, int64_t n) override {
        return node(ctx, "spread", GGML_TYPE_F32, x->ne[0], n, {in_f32(ctx, x), places}, [this](ggml_tensor & to) {
            cuda::spread(on_.stream, floats(to.src[0]), static_cast<const int32_t *>(to.src[1]->data), to.ne[0], to.src[0]->ne[1], floats(&to), to.ne[1]);
        });
    }

    ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan) override { return plain_->dropout(ctx, in_f32(ctx, x), plan); }
    ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets) override { return plain_->cross_entropy(ctx, logits, targets); }
    ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights) override {
        return plain_->cross_entropy_back(ctx, logits, targets, weights);
    }

    void upload() override {
        plain_->upload();
        for (const auto & [plan, in] : by_plan_) in.send();
    }

  private:
    struct path_inputs {
        attention_paths paths;
        path_shape shape;
        ggml_tensor * gather, * first, * place;
        path_shape on_device() const {
            path_shape there = shape;
            there.gather = static_cast<const int32_t *>(gather->data);
            there.first = floats(first);
            there.place = static_cast<const int32_t *>(place->data);
            return there;
        }
        void send() const {
            const auto write = [](ggml_tensor * input, const void * values) {
                if (input->buffer) ggml_backend_tensor_set(input, values, 0, ggml_nbytes(input)); // what no node reads has no memory
            };
            write(gather, paths.gather.data());
            write(first, paths.first.data());
            write(place, paths.place.data());
        }
    };

    const place on_;
    const transposed_weights no_transposes_;
    const std::unique_ptr<operators> plain_;
    std::deque<work> works_; // a deque: nodes point to its elements
    std::map<const attention_plan *, path_inputs> by_plan_;
    std::map<std::tuple<ggml_tensor *, ggml_tensor *, ggml_tensor *>, ggml_tensor *> attended_;
    std::map<ggml_tensor *, ggml_tensor *> narrow_, wide_; // of the same numbers

    static bool is_low_rank(const ggml_tensor * w, int64_t side) { return w->type == GGML_TYPE_F32 && side <= LOW_RANK_MOST; }

    static bool knows(const attention_plan & plan) { return plan.soft_cap == 0 && has_attention(plan.head_dim); }

    ggml_tensor * node(ggml_context * ctx, const char * name, ggml_type type, int64_t ne0, int64_t ne1, std::vector<ggml_tensor *> sources, work what) {
        works_.push_back(std::move(what));
        ggml_tensor * made = ggml_custom_4d(ctx, type, ne0, ne1, 1, 1, sources.data(), static_cast<int>(sources.size()), not_for_the_cpu, 1, &works_.back());
        return ggml_set_name(made, name);
    }

    ggml_tensor * node_onto(ggml_context * ctx, const char * name, ggml_tensor * onto, std::vector<ggml_tensor *> sources, work what) {
        works_.push_back(std::move(what));
        return ggml_set_name(ggml_custom_inplace(ctx, onto, sources.data(), static_cast<int>(sources.size()), not_for_the_cpu, 1, &works_.back()), name);
    }

    static ggml_tensor * dense(ggml_context * ctx, ggml_tensor * x) { return ggml_is_contiguous(x) ? x : ggml_cont(ctx, x); }

    static ggml_tensor * shaped_as(ggml_context * ctx, const ggml_tensor * like, ggml_tensor * x) {
        return ggml_n_dims(like) <= 2 ? x : ggml_reshape_4d(ctx, x, like->ne[0], like->ne[1], like->ne[2], like->ne[3]);
    }

    // All in bf16 when one is.
    std::vector<ggml_tensor *> alike(ggml_context * ctx, std::vector<ggml_tensor *> all) {
        const bool some_are_narrow = std::any_of(all.begin(), all.end(), is_bf16);
        for (ggml_tensor *& each : all) each = some_are_narrow ? in_bf16(ctx, each) : dense(ctx, each);
        return all;
    }

    ggml_tensor * in_f32(ggml_context * ctx, ggml_tensor * x) {
        if (x->type == GGML_TYPE_F32) return dense(ctx, x);
        ggml_tensor *& made = wide_[x];
        if (!made) made = ggml_cast(ctx, x, GGML_TYPE_F32);
        return made;
    }

    ggml_tensor * in_bf16(ggml_context * ctx, ggml_tensor * x) {
        if (is_bf16(x)) return dense(ctx, x);
        ggml_tensor *& made = narrow_[x];
        if (!made) {
            made = node(ctx, "to bf16", GGML_TYPE_BF16, x->ne[0], columns_of(x), {dense(ctx, x)}, [this](ggml_tensor & to) {
                to_bf16(on_.stream, floats(to.src[0]), to.data, static_cast<size_t>(ggml_nelements(&to)));
            });
        }
        return made;
    }

    static products::factors factors_of(const ggml_tensor & w, const ggml_tensor & x, bool is_turned) { return {w.data, x.data, w.ne[0], w.ne[1], columns_of(&x), is_turned}; }

    ggml_tensor * product(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, bool is_turned, read_by by) {
        return node(ctx, "product", by == read_by::anything ? GGML_TYPE_F32 : GGML_TYPE_BF16, w->ne[is_turned ? 0 : 1], columns_of(x), {w, in_bf16(ctx, x)}, [=](ggml_tensor & to) {
            on_.products->multiply(factors_of(*to.src[0], *to.src[1], is_turned), 1, 0, to.data, is_bf16(&to));
        });
    }
    ggml_tensor * product_onto(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale, bool is_turned) {
        return node_onto(ctx, "product", y, {w, in_bf16(ctx, x)}, [=](ggml_tensor & to) { on_.products->multiply(factors_of(*to.src[1], *to.src[2], is_turned), scale, 1, to.data, false); });
    }

    // is_rank_first: of B, whose rank is ne[0]
    static low_rank_matrix matrix_of(const ggml_tensor * w, bool is_rank_first) { return {floats(w), w->ne[is_rank_first ? 1 : 0], w->ne[is_rank_first ? 0 : 1], is_rank_first}; }

    ggml_tensor * down(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, bool is_rank_first) {
        return node(ctx, "low-rank down", GGML_TYPE_F32, w->ne[is_rank_first ? 0 : 1], columns_of(x), {w, in_bf16(ctx, x)}, [=](ggml_tensor & to) {
            low_rank_down(on_.stream, matrix_of(to.src[0], is_rank_first), to.src[1]->data, to.ne[1], floats(&to));
        });
    }
    ggml_tensor * up(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * u, float scale, bool is_rank_first) {
        return node_onto(ctx, "low-rank up", y, {w, in_f32(ctx, u)}, [=](ggml_tensor & to) {
            low_rank_up(on_.stream, matrix_of(to.src[1], is_rank_first), floats(to.src[2]), columns_of(to.src[2]), scale, floats(&to));
        });
    }

    const path_inputs & inputs_of(ggml_context * ctx, const attention_plan * plan) {
        const auto found = by_plan_.find(plan);
        if (found != by_plan_.end()) return found->second;
        path_inputs & in = by_plan_[plan]; // stays where it is: works point to it
        in.paths = lay_out_paths(plan->segments);
        const attention_paths & paths = in.paths;
        const int64_t places = int64_t(paths.length) * paths.n_paths;
        const auto input = [&](ggml_type type, int64_t n) {
            ggml_tensor * tensor = ggml_new_tensor_1d(ctx, type, n);
            ggml_set_input(tensor);
            return tensor;
        };
        in.gather = input(GGML_TYPE_I32, places);
        in.first = input(GGML_TYPE_F32, places);
        in.place = input(GGML_TYPE_I32, paths.n_columns);
        in.shape = {plan->n_head, plan->n_head_kv, plan->head_dim, paths.length, GGML_PAD(paths.length, ATTENTION_TILE), paths.n_paths, paths.n_columns, plan->window, plan->scale,
                    nullptr, nullptr, nullptr, paths.is_identity, paths.shares};
        return in;
    }

    // The output, and behind it what the backward wants.
    ggml_tensor * attended(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) {
        ggml_tensor *& made = attended_[{q, k, v}];
        if (made) return made;
        const path_inputs & in = inputs_of(ctx, plan);
        const kept_layout kept(in.shape);
        made = node(ctx, "attention", GGML_TYPE_BF16, kept.end / 2, 1, {in_f32(ctx, q), in_f32(ctx, k), in_f32(ctx, v), in.gather, in.first, in.place}, [=, &in](ggml_tensor & to) {
            const path_shape shape = in.on_device();
            pack_heads(on_.stream, shape, floats(to.src[0]), shape.n_head, at(&to, kept.q));
            pack_heads(on_.stream, shape, floats(to.src[1]), shape.n_head_kv, at(&to, kept.k));
            pack_heads(on_.stream, shape, floats(to.src[2]), shape.n_head_kv, at(&to, kept.v));
            cuda::attention(on_.stream, shape, at(&to, kept.q), at(&to, kept.k), at(&to, kept.v), at(&to, kept.out), reinterpret_cast<float *>(at(&to, kept.log_sums)));
        });
        return made;
    }
};

} // namespace

std::unique_ptr<operators> make_operators(const place & on) { return std::make_unique<cuda_ops>(on); }

void launch(const ggml_tensor & node) {
    custom_parameters parameters;
    std::memcpy(&parameters, node.op_params, sizeof(parameters));
    (*static_cast<const work *>(parameters.userdata))(const_cast<ggml_tensor &>(node));
}

} // namespace cuda
