#include "block.h"

ggml_tensor * scaled_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight) {
    return ggml_mul(scope.ctx, ggml_rms_norm(scope.ctx, x, scope.model.shape.rms_epsilon), weight);
}

ggml_tensor * scaled_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy) {
    return ggml_rms_norm_back(scope.ctx, ggml_mul(scope.ctx, dy, weight), x, scope.model.shape.rms_epsilon);
}

// Rotary positions on x [head_dim, n_head, n].   Su et al. 2021, arXiv:2104.09864
static ggml_tensor * rope(pass_scope & scope, ggml_tensor * x, ggml_tensor * positions, bool backward) {
    const model_shape & shape = scope.model.shape;
    const auto apply = backward ? ggml_rope_ext_back : ggml_rope_ext;
    return apply(scope.ctx, x, positions, scope.model.rope_factors, shape.n_rot, shape.rope_mode, shape.context_length,
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
static ggml_tensor * rotate_heads(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm, ggml_tensor * positions) {
    ggml_tensor * heads = as_heads(scope, plain);
    if (head_norm) heads = scaled_norm(scope, heads, head_norm);
    return as_columns(scope, rope(scope, heads, positions, false));
}

static ggml_tensor * rotate_heads_back(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm, ggml_tensor * positions,
                                       ggml_tensor * d_rotated) {
    ggml_tensor * d_heads = rope(scope, as_heads(scope, d_rotated), positions, true);
    if (head_norm) d_heads = scaled_norm_back(scope, as_heads(scope, plain), head_norm, d_heads);
    return as_columns(scope, d_heads);
}

// The kept columns of x [rows, n] -> [rows, n_kept], and back among columns of zeros.
static ggml_tensor * keep(pass_scope & scope, ggml_tensor * x, const kept_columns * kept) {
    return kept ? ggml_get_rows(scope.ctx, x, kept->indices) : x;
}

static ggml_tensor * spread(pass_scope & scope, ggml_tensor * x, const kept_columns * kept) {
    if (!kept) return x;
    ggml_tensor * shape = ggml_new_tensor_2d(scope.ctx, GGML_TYPE_F32, x->ne[0], scope.positions->ne[0]); // never part of the graph
    return ggml_get_rows_back(scope.ctx, x, kept->indices, shape);
}

static ggml_tensor * kept_positions(const pass_scope & scope, const kept_columns * kept) { return kept ? kept->positions : scope.positions; }

ggml_tensor * block_forward(pass_scope & scope, int32_t block, ggml_tensor * x, block_tape & tape, const kept_columns * kept) {
    ggml_context * ctx = scope.ctx;
    const block_weights & weights = scope.model.blocks[static_cast<size_t>(block)];
    tape.kept = kept;
    tape.x = x;
    tape.h = scaled_norm(scope, x, weights.attn_norm);
    tape.q_plain = adapted_linear(scope, block, "attn_q", weights.attn_q, keep(scope, tape.h, kept), tape.attn_q);
    tape.k_plain = adapted_linear(scope, block, "attn_k", weights.attn_k, tape.h, tape.attn_k);
    tape.v = adapted_linear(scope, block, "attn_v", weights.attn_v, tape.h, tape.attn_v);
    // Queries of zero stand in for those of columns that are not kept; what they attend to is thrown away.
    tape.q = spread(scope, rotate_heads(scope, tape.q_plain, weights.attn_q_norm, kept_positions(scope, kept)), kept);
    tape.k = rotate_heads(scope, tape.k_plain, weights.attn_k_norm, scope.positions);
    tape.attended = keep(scope, scope.ops.attention(ctx, tape.q, tape.k, tape.v, scope.attention), kept);
    tape.x1 = ggml_add(ctx, keep(scope, x, kept), adapted_linear(scope, block, "attn_output", weights.attn_output, tape.attended, tape.attn_output));

    tape.h2 = scaled_norm(scope, tape.x1, weights.ffn_norm);
    tape.gate = adapted_linear(scope, block, "ffn_gate", weights.ffn_gate, tape.h2, tape.ffn_gate);
    tape.up = adapted_linear(scope, block, "ffn_up", weights.ffn_up, tape.h2, tape.ffn_up);
    tape.gated = scope.ops.gated(ctx, gate_kind::swiglu, tape.gate, tape.up);
    return ggml_add(ctx, tape.x1, adapted_linear(scope, block, "ffn_down", weights.ffn_down, tape.gated, tape.ffn_down));
}

ggml_tensor * block_backward(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy, bool want_dx) {
    ggml_context * ctx = scope.ctx;

    ggml_tensor * d_gated = adapted_linear_back(scope, tape.ffn_down, dy, true);
    const gate_gradient d = scope.ops.gated_back(ctx, gate_kind::swiglu, tape.gate, tape.up, d_gated);
    ggml_tensor * d_h2 = adapted_linear_back(scope, tape.ffn_gate, d.d_gate, true);
    d_h2 = adapted_linear_back(scope, tape.ffn_up, d.d_up, true, d_h2);
    ggml_tensor * d_x1 = ggml_add(ctx, dy, scaled_norm_back(scope, tape.x1, weights.ffn_norm, d_h2));

    ggml_tensor * d_attended = adapted_linear_back(scope, tape.attn_output, d_x1, true);
    const attention_gradient d_qkv = scope.ops.attention_back(ctx, tape.q, tape.k, tape.v, spread(scope, d_attended, tape.kept), scope.attention);
    ggml_tensor * d_q = rotate_heads_back(scope, tape.q_plain, weights.attn_q_norm, kept_positions(scope, tape.kept), keep(scope, d_qkv.dq, tape.kept));
    ggml_tensor * d_k = rotate_heads_back(scope, tape.k_plain, weights.attn_k_norm, scope.positions, d_qkv.dk);

    ggml_tensor * d_h = adapted_linear_back(scope, tape.attn_q, d_q, want_dx);
    if (d_h) d_h = spread(scope, d_h, tape.kept);
    d_h = adapted_linear_back(scope, tape.attn_k, d_k, want_dx, d_h);
    d_h = adapted_linear_back(scope, tape.attn_v, d_qkv.dv, want_dx, d_h);
    if (!want_dx) return nullptr;
    return ggml_add(ctx, spread(scope, d_x1, tape.kept), scaled_norm_back(scope, tape.x, weights.attn_norm, d_h));
}
