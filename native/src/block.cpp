#include "block.h"
#include "kernels/frozen_linear.h"
#include "kernels/swiglu.h"
#include "kernels/weight_gradient.h"

// Sum of gradients of which some may be absent.
static ggml_tensor * sum(ggml_context * ctx, ggml_tensor * a, ggml_tensor * b) {
    if (!a || !b) return a ? a : b;
    return ggml_add(ctx, a, b);
}

ggml_tensor * adapted_linear(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, linear_tape & tape) {
    tape.layer = &layer;
    ggml_tensor * y = frozen_linear(scope.ctx, layer.weight, x);
    if (layer.bias) y = ggml_add(scope.ctx, y, layer.bias);
    tape.pair = scope.lora ? scope.lora->find(block, target) : nullptr;
    if (!tape.pair) return y;

    tape.lora_input = x;
    if (scope.dropout > 0) {
        // Each layer of the pass has a mask of its own.
        const uint64_t seed = scope.dropout_seed + 0x9E3779B97F4A7C15ull * (scope.dropout_plans.size() + 1);
        scope.dropout_plans.push_back({scope.dropout, seed});
        tape.dropped = &scope.dropout_plans.back();
        tape.lora_input = dropout(scope.ctx, x, tape.dropped);
    }
    tape.down = frozen_linear(scope.ctx, tape.pair->a, tape.lora_input);
    ggml_tensor * delta = frozen_linear(scope.ctx, tape.pair->b, tape.down);
    return ggml_add(scope.ctx, y, ggml_scale(scope.ctx, delta, scope.lora->scale()));
}

ggml_tensor * adapted_linear_back(pass_scope & scope, const linear_tape & tape, ggml_tensor * dy, bool want_dx) {
    ggml_tensor * dx = want_dx ? frozen_linear_back(scope.ctx, tape.layer->weight, dy) : nullptr;
    if (!tape.pair) return dx;

    const float scale = scope.lora->scale();
    ggml_tensor * d_down = ggml_scale(scope.ctx, frozen_linear_back(scope.ctx, tape.pair->b, dy), scale);
    lora_gradient gradient;
    gradient.pair = tape.pair;
    gradient.a = weight_gradient(scope.ctx, tape.lora_input, d_down, 1.0f);
    gradient.b = weight_gradient(scope.ctx, tape.down, dy, scale);
    for (ggml_tensor * made : {gradient.a, gradient.b}) {
        ggml_set_output(made); // its memory must not be reused before the host has read it
        ggml_build_forward_expand(scope.graph, made);
    }
    scope.gradients.push_back(gradient);
    if (!want_dx) return nullptr;

    ggml_tensor * dx_lora = frozen_linear_back(scope.ctx, tape.pair->a, d_down);
    if (tape.dropped) dx_lora = dropout(scope.ctx, dx_lora, tape.dropped);
    return ggml_add(scope.ctx, dx, dx_lora);
}

ggml_tensor * scaled_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight) {
    return ggml_mul(scope.ctx, ggml_rms_norm(scope.ctx, x, scope.model.shape.rms_epsilon), weight);
}

ggml_tensor * scaled_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy) {
    return ggml_rms_norm_back(scope.ctx, ggml_mul(scope.ctx, dy, weight), x, scope.model.shape.rms_epsilon);
}

// Rotary positions on x [head_dim, n_head, n].   Su et al. 2021, arXiv:2104.09864
static ggml_tensor * rope(pass_scope & scope, ggml_tensor * x, bool backward) {
    const model_shape & shape = scope.model.shape;
    const auto apply = backward ? ggml_rope_ext_back : ggml_rope_ext;
    return apply(scope.ctx, x, scope.positions, scope.model.rope_factors, shape.n_rot, shape.rope_mode, shape.context_length,
                 shape.rope_base, shape.rope_scale, 0.0f, 1.0f, 32.0f, 1.0f);
}

static ggml_tensor * as_heads(pass_scope & scope, ggml_tensor * x) { // [head_dim * heads, n] -> [head_dim, heads, n]
    const int64_t head_dim = scope.model.shape.head_dim;
    return ggml_reshape_3d(scope.ctx, x, head_dim, x->ne[0] / head_dim, x->ne[1]);
}

static ggml_tensor * as_columns(pass_scope & scope, ggml_tensor * x) { // [head_dim, heads, n] -> [head_dim * heads, n]
    return ggml_reshape_2d(scope.ctx, x, x->ne[0] * x->ne[1], x->ne[2]);
}

// Query or key after the linear layer: norm per head where the family has one, then rope.
static ggml_tensor * rotate_heads(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm) {
    ggml_tensor * heads = as_heads(scope, plain);
    if (head_norm) heads = scaled_norm(scope, heads, head_norm);
    return as_columns(scope, rope(scope, heads, false));
}

static ggml_tensor * rotate_heads_back(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm, ggml_tensor * d_rotated) {
    ggml_tensor * d_heads = rope(scope, as_heads(scope, d_rotated), true);
    if (head_norm) d_heads = scaled_norm_back(scope, as_heads(scope, plain), head_norm, d_heads);
    return as_columns(scope, d_heads);
}

ggml_tensor * block_forward(pass_scope & scope, int32_t block, ggml_tensor * x, block_tape & tape) {
    ggml_context * ctx = scope.ctx;
    const block_weights & weights = scope.model.blocks[static_cast<size_t>(block)];
    tape.x = x;
    tape.h = scaled_norm(scope, x, weights.attn_norm);
    tape.q_plain = adapted_linear(scope, block, "attn_q", weights.attn_q, tape.h, tape.attn_q);
    tape.k_plain = adapted_linear(scope, block, "attn_k", weights.attn_k, tape.h, tape.attn_k);
    tape.v = adapted_linear(scope, block, "attn_v", weights.attn_v, tape.h, tape.attn_v);
    tape.q = rotate_heads(scope, tape.q_plain, weights.attn_q_norm);
    tape.k = rotate_heads(scope, tape.k_plain, weights.attn_k_norm);
    tape.attended = attention(ctx, tape.q, tape.k, tape.v, scope.attention);
    tape.x1 = ggml_add(ctx, x, adapted_linear(scope, block, "attn_output", weights.attn_output, tape.attended, tape.attn_output));

    tape.h2 = scaled_norm(scope, tape.x1, weights.ffn_norm);
    tape.gate = adapted_linear(scope, block, "ffn_gate", weights.ffn_gate, tape.h2, tape.ffn_gate);
    tape.up = adapted_linear(scope, block, "ffn_up", weights.ffn_up, tape.h2, tape.ffn_up);
    tape.gated = swiglu(ctx, tape.gate, tape.up);
    return ggml_add(ctx, tape.x1, adapted_linear(scope, block, "ffn_down", weights.ffn_down, tape.gated, tape.ffn_down));
}

ggml_tensor * block_backward(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy, bool want_dx) {
    ggml_context * ctx = scope.ctx;
    const int64_t n = dy->ne[1];

    ggml_tensor * d_gated = adapted_linear_back(scope, tape.ffn_down, dy, true);
    ggml_tensor * d_gate_up = swiglu_back(ctx, tape.gate, tape.up, d_gated);
    ggml_tensor * d_h2 = sum(ctx, adapted_linear_back(scope, tape.ffn_gate, swiglu_d_gate(ctx, d_gate_up), true),
                             adapted_linear_back(scope, tape.ffn_up, swiglu_d_up(ctx, d_gate_up), true));
    ggml_tensor * d_x1 = ggml_add(ctx, dy, scaled_norm_back(scope, tape.x1, weights.ffn_norm, d_h2));

    ggml_tensor * d_attended = adapted_linear_back(scope, tape.attn_output, d_x1, true);
    ggml_tensor * d_qkv = attention_back(ctx, tape.q, tape.k, tape.v, d_attended, scope.attention);
    ggml_tensor * d_q = rotate_heads_back(scope, tape.q_plain, weights.attn_q_norm, attention_dq(ctx, d_qkv, scope.attention, n));
    ggml_tensor * d_k = rotate_heads_back(scope, tape.k_plain, weights.attn_k_norm, attention_dk(ctx, d_qkv, scope.attention, n));
    ggml_tensor * d_v = attention_dv(ctx, d_qkv, scope.attention, n);

    ggml_tensor * d_h = adapted_linear_back(scope, tape.attn_q, d_q, want_dx);
    d_h = sum(ctx, d_h, adapted_linear_back(scope, tape.attn_k, d_k, want_dx));
    d_h = sum(ctx, d_h, adapted_linear_back(scope, tape.attn_v, d_v, want_dx));
    if (!want_dx) return nullptr;
    return ggml_add(ctx, d_x1, scaled_norm_back(scope, tape.x, weights.attn_norm, d_h));
}
