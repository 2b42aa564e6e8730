// The operators a pass is built of, as a set that can be exchanged: the CPU's own kernels (cpu_operators.cpp), or plain ggml ops
// that any device computes (device_operators.cpp). One object serves one graph. Both emit nodes of a ggml graph, forward and backward; shapes are ggml's ne[], all f32 and contiguous
// unless said otherwise. What is not here (adds, gathers) is a ggml op that every device has.
#pragma once
#include "ggml.h"
#include "kernels/gates.h"
#include <memory>

struct attention_plan; // kernels/attention.h
struct dropout_plan;   // kernels/dropout.h
struct narrow_panels;  // kernels/narrow_panels.h

struct attention_gradient { ggml_tensor * dq, * dk, * dv; };  // as q, k, v
struct gate_gradient { ggml_tensor * d_gate, * d_up; };       // as gate, up

// How rotary positions turn queries and keys; ggml's modes.   Su et al. 2021, arXiv:2104.09864
struct rope_form {
    int32_t n_rot, mode, context_length;
    float base, scale, attention;
    ggml_tensor * factors; // f32 [n_rot / 2]; nullptr: none
};

// Who reads a result. What only linear layers, or only gates, of the same set read may be of sixteen bits.
enum class read_by { anything, linear, gate };

class operators {
  public:
    virtual ~operators() = default;

    // A linear layer whose weight is not trained, w [n_in, n_out] of any stored type:
    // y = W x, x [n_in, n] -> [n_out, n], and dx = W^T dy, dy [n_out, n] -> [n_in, n]
    virtual ggml_tensor * linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, read_by by = read_by::anything) = 0;
    virtual ggml_tensor * linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, read_by by = read_by::anything) = 0;

    // residual + W x; others may read the residual.
    virtual ggml_tensor * linear_added(ggml_context * ctx, ggml_tensor * residual, ggml_tensor * w, ggml_tensor * x) {
        return ggml_add(ctx, residual, linear(ctx, w, x));
    }

    // y + scale * W x and dx + scale * W^T dy. May be written over y or dx, which nothing else may read.
    virtual ggml_tensor * linear_onto(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale) {
        return ggml_add(ctx, y, ggml_scale(ctx, linear(ctx, w, x), scale));
    }
    virtual ggml_tensor * linear_back_onto(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale) {
        return ggml_add(ctx, dx, ggml_scale(ctx, linear_back(ctx, w, dy), scale));
    }

    // dW = scale * dy x^T of a trained matrix: x [n_in, n], dy [n_out, n] -> [n_in, n_out]
    virtual ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) = 0;

    // Causal grouped-query attention over a forest of segments: q [head_dim*n_head, n], k and v [head_dim*n_head_kv, n] -> as q; linear layers read it
    virtual ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) = 0;
    virtual attention_gradient attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out,
                                              const attention_plan * plan) = 0;

    // Columns of x [rows, n_some] at these places, i32 [n_some] and rising, of a matrix [rows, n]; zeros elsewhere
    virtual ggml_tensor * spread(ggml_context * ctx, ggml_tensor * x, ggml_tensor * places, int64_t n) {
        return ggml_get_rows_back(ctx, x, places, ggml_new_tensor_2d(ctx, GGML_TYPE_F32, x->ne[0], n)); // the last tells a shape, and is never part of the graph
    }
    // Columns of (first, second), side by side, in this order: i32 [n], f32 [rows, n_first] and [rows, n_second] -> [rows, n]
    virtual ggml_tensor * merge(ggml_context * ctx, ggml_tensor * first, ggml_tensor * second, ggml_tensor * order) {
        return ggml_get_rows(ctx, ggml_concat(ctx, first, second, 1), order);
    }

    // x * weight / sqrt(mean(x^2) + epsilon) over dimension 0, weight [n_row]; and onto + its gradient by x (onto nullptr: none)
    virtual ggml_tensor * norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float epsilon, read_by by = read_by::anything) {
        (void) by;
        return ggml_mul(ctx, ggml_rms_norm(ctx, x, epsilon), weight);
    }
    virtual ggml_tensor * norm_back(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto, float epsilon) {
        ggml_tensor * dx = ggml_rms_norm_back(ctx, ggml_mul(ctx, dy, weight), x, epsilon);
        return onto ? ggml_add(ctx, onto, dx) : dx;
    }

    // x [head_dim, heads, n] turned by positions i32 [n], and back
    virtual ggml_tensor * rotate(ggml_context * ctx, ggml_tensor * x, ggml_tensor * positions, const rope_form & form, bool is_backward) {
        const auto apply = is_backward ? ggml_rope_ext_back : ggml_rope_ext;
        return apply(ctx, x, positions, form.factors, form.n_rot, form.mode, form.context_length, form.base, form.scale, 0.0f, form.attention, 32.0f, 1.0f);
    }

    // act(gate) * up, elementwise; linear layers read it
    virtual ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up) = 0;
    virtual gate_gradient gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out, read_by by = read_by::anything) = 0;

    // x * mask / (1 - rate); its gradient is the same function of dy
    virtual ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan) = 0;

    // logits [n_vocab, n], targets i32 [n] -> [2, n]: loss in nats and log of the sum of exponentials
    virtual ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets) = 0;
    // gradient of sum_c weights[c] * loss[c] by the logits; weights [n]
    virtual ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights) = 0;

    // From now on in this graph, products with w are computed in f32: a trained matrix, or one whose product is a result.
    virtual void keep_f32(const ggml_tensor * w) { (void) w; }

    // Fills the inputs that the operators added to the graph. Once its memory is planned, before it is computed.
    virtual void upload() = 0;
};

// Our own kernels, run by ggml's CPU backend as custom ops. Same bytes for any number of threads.
// panels  nullptr: f32; else the sixteen-bit panels for products with frozen weights. All else is computed in f32.
std::unique_ptr<operators> make_cpu_operators(const narrow_panels * panels = nullptr);
