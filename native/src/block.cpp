#include "block.h"

ggml_tensor * scaled_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, read_by by) {
    return scope.ops.norm(scope.ctx, x, weight, scope.model.shape.rms_epsilon, by);
}

ggml_tensor * scaled_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto) {
    return scope.ops.norm_back(scope.ctx, x, weight, dy, onto, scope.model.shape.rms_epsilon);
}

// Where the block has this norm.
static ggml_tensor * optional_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight) { return weight ? scaled_norm(scope, x, weight) : x; }

static ggml_tensor * optional_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy) {
    return weight ? scaled_norm_back(scope, x, weight, dy) : dy;
}

// Rotary positions on x [head_dim, n_head, n].
static ggml_tensor * rope(pass_scope & scope, ggml_tensor * x, const block_form & form, ggml_tensor * positions, bool backward) {
    if (!form.rotates) return x;
    const model_shape & shape = scope.model.shape;
    const rope_form how = {shape.n_rot, shape.rope_mode, shape.context_length, form.rope_base, form.rope_scale, shape.rope_attention, scope.model.rope_factors};
    return scope.ops.rotate(scope.ctx, x, positions, how, backward);
}

static ggml_tensor * as_heads(pass_scope & scope, ggml_tensor * x) { // [head_dim * heads, n] -> [head_dim, heads, n]
    const int64_t head_dim = scope.model.shape.head_dim;
    return ggml_reshape_3d(scope.ctx, x, head_dim, x->ne[0] / head_dim, x->ne[1]);
}

static ggml_tensor * as_columns(pass_scope & scope, ggml_tensor * x) { // [head_dim, heads, n] -> [head_dim * heads, n]
    return ggml_reshape_2d(scope.ctx, x, x->ne[0] * x->ne[1], x->ne[2]);
}

// Rows [begin, begin + count) of x [rows, n], on their own.
static ggml_tensor * rows_of(pass_scope & scope, ggml_tensor * x, int64_t begin, int64_t count) {
    return ggml_cont(scope.ctx, ggml_view_2d(scope.ctx, x, count, x->ne[1], x->nb[1], static_cast<size_t>(begin) * x->nb[0]));
}

// Query or key after the linear layer: norm per head where the family has one, then rope.
static ggml_tensor * rotate_heads(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm, const block_form & form, ggml_tensor * positions) {
    ggml_tensor * heads = optional_norm(scope, as_heads(scope, plain), head_norm);
    return as_columns(scope, rope(scope, heads, form, positions, false));
}

static ggml_tensor * rotate_heads_back(pass_scope & scope, ggml_tensor * plain, ggml_tensor * head_norm, const block_form & form, ggml_tensor * positions,
                                       ggml_tensor * d_rotated) {
    ggml_tensor * d_heads = rope(scope, as_heads(scope, d_rotated), form, positions, true);
    return as_columns(scope, optional_norm_back(scope, as_heads(scope, plain), head_norm, d_heads));
}

// Some columns of x [rows, n] -> [rows, n_some], and back among columns of zeros. No indices: all.
static ggml_tensor * pick(pass_scope & scope, ggml_tensor * x, ggml_tensor * indices) { return indices ? ggml_get_rows(scope.ctx, x, indices) : x; }

static ggml_tensor * spread(pass_scope & scope, ggml_tensor * x, ggml_tensor * indices, int64_t n) {
    return indices ? scope.ops.spread(scope.ctx, x, indices, n) : x;
}

static int64_t n_computed(const pass_scope & scope) { return scope.positions->ne[0]; }
static int64_t n_in_layout(const pass_scope & scope) { return scope.given ? scope.given->order->ne[0] : n_computed(scope); }

// Keys or values of all columns of the layout, out of those that are given and our own.
static ggml_tensor * among_given(pass_scope & scope, ggml_tensor * own, ggml_tensor * given) {
    return given ? scope.ops.merge(scope.ctx, given, own, scope.given->order) : own;
}

// The gradient of our own keys or values, out of that of all columns; that of the given ones goes to the pass they come from, and what other
// passes say of ours comes in. d_all nullptr: only that
static ggml_tensor * own_gradient(pass_scope & scope, ggml_tensor * d_all, ggml_tensor * given, ggml_tensor *& d_given, ggml_tensor * from_others) {
    ggml_tensor * d_own = d_all;
    if (d_all && given) {
        d_given = ggml_get_rows(scope.ctx, d_all, scope.given->given);
        d_own = ggml_get_rows(scope.ctx, d_all, scope.given->own);
    }
    if (!from_others) return d_own;
    return d_own ? ggml_add(scope.ctx, d_own, from_others) : from_others;
}

// Queries, keys and values before norms and rope; queries of the kept columns only.
static void project_heads(pass_scope & scope, int32_t block, const block_weights & weights, block_tape & tape) {
    if (!weights.attn_qkv.weight) {
        tape.q_plain = adapted_linear(scope, block, "attn_q", weights.attn_q, pick(scope, tape.h, tape.columns->kept), tape.attn_q);
        tape.k_plain = adapted_linear(scope, block, "attn_k", weights.attn_k, tape.h, tape.attn_k);
        tape.own.values = adapted_linear(scope, block, "attn_v", weights.attn_v, tape.h, tape.attn_v);
        return;
    }
    const model_shape & shape = scope.model.shape;
    const int64_t n_q = int64_t(shape.n_head) * shape.head_dim, n_kv = int64_t(shape.n_head_kv) * shape.head_dim;
    ggml_tensor * all = adapted_linear(scope, block, "attn_qkv", weights.attn_qkv, tape.h, tape.attn_qkv);
    tape.q_plain = pick(scope, rows_of(scope, all, 0, n_q), tape.columns->kept);
    tape.k_plain = rows_of(scope, all, n_q, n_kv);
    tape.own.values = rows_of(scope, all, n_q + n_kv, n_kv);
}

// d_q nullptr: the queries have no gradient
static ggml_tensor * project_heads_back(pass_scope & scope, const block_tape & tape, ggml_tensor * d_q, ggml_tensor * d_k, ggml_tensor * d_v, bool want_dh) {
    if (tape.attn_qkv.layer) {
        d_q = d_q ? spread(scope, d_q, tape.columns->kept, n_computed(scope)) : ggml_fill(scope.ctx, tape.q_plain, 0.0f);
        return adapted_linear_back(scope, tape.attn_qkv, ggml_concat(scope.ctx, ggml_concat(scope.ctx, d_q, d_k, 0), d_v, 0), want_dh);
    }
    ggml_tensor * d_h = d_q ? adapted_linear_back(scope, tape.attn_q, d_q, want_dh) : nullptr;
    if (d_h) d_h = spread(scope, d_h, tape.columns->kept, n_computed(scope));
    d_h = adapted_linear_back(scope, tape.attn_k, d_k, want_dh, d_h);
    return adapted_linear_back(scope, tape.attn_v, d_v, want_dh, d_h);
}

static void project_gate(pass_scope & scope, int32_t block, const block_weights & weights, block_tape & tape) {
    const read_by by = weights.ffn_gate.weight ? read_by::gate : read_by::anything;
    tape.up = adapted_linear(scope, block, "ffn_up", weights.ffn_up, tape.h2, tape.ffn_up, by);
    if (weights.ffn_gate.weight) {
        tape.gate = adapted_linear(scope, block, "ffn_gate", weights.ffn_gate, tape.h2, tape.ffn_gate, by);
        return;
    }
    ggml_tensor * both = tape.up;
    tape.gate = rows_of(scope, both, 0, scope.model.shape.n_ff);
    tape.up = rows_of(scope, both, scope.model.shape.n_ff, scope.model.shape.n_ff);
}

static ggml_tensor * project_gate_back(pass_scope & scope, const block_tape & tape, const gate_gradient & d) {
    if (!tape.ffn_gate.layer) return adapted_linear_back(scope, tape.ffn_up, ggml_concat(scope.ctx, d.d_gate, d.d_up, 0), true);
    ggml_tensor * d_h2 = adapted_linear_back(scope, tape.ffn_gate, d.d_gate, true);
    return adapted_linear_back(scope, tape.ffn_up, d.d_up, true, d_h2);
}

// residual + what a half of the block says, behind a norm of its own where the family has one; `before` is what that norm reads
static ggml_tensor * added(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * post_norm, ggml_tensor * x, ggml_tensor * residual, linear_tape & tape,
                           ggml_tensor *& before) {
    if (!post_norm) return adapted_linear_added(scope, block, target, layer, x, residual, tape);
    before = adapted_linear(scope, block, target, layer, x, tape);
    return ggml_add(scope.ctx, residual, scaled_norm(scope, before, post_norm));
}

ggml_tensor * block_forward(pass_scope & scope, int32_t block, ggml_tensor * x, block_tape & tape, const block_columns & columns, block_exchange & exchange) {
    ggml_context * ctx = scope.ctx;
    const block_weights & weights = scope.model.blocks[static_cast<size_t>(block)];
    tape.columns = &columns;
    tape.exchange = &exchange;
    tape.x = x;
    tape.h = scaled_norm(scope, x, weights.attn_norm, read_by::linear);
    project_heads(scope, block, weights, tape);
    // Queries of zero stand in for those of columns that are not kept; what they attend to is thrown away.
    tape.q = spread(scope, rotate_heads(scope, tape.q_plain, weights.attn_q_norm, weights.form, columns.positions), columns.places, n_in_layout(scope));
    tape.own.keys = rotate_heads(scope, tape.k_plain, weights.attn_k_norm, weights.form, scope.positions);
    tape.k = among_given(scope, tape.own.keys, exchange.given.keys);
    tape.v = among_given(scope, tape.own.values, exchange.given.values);
    tape.attended = pick(scope, scope.ops.attention(ctx, tape.q, tape.k, tape.v, &scope.attention.at(weights.form.window)), columns.places);
    tape.x1 = added(scope, block, "attn_output", weights.attn_output, weights.attn_post_norm, tape.attended, pick(scope, x, columns.kept), tape.attn_output, tape.attn_added);

    tape.h2 = scaled_norm(scope, tape.x1, weights.ffn_norm, read_by::linear);
    project_gate(scope, block, weights, tape);
    tape.gated = scope.ops.gated(ctx, scope.model.shape.gate, tape.gate, tape.up);
    return added(scope, block, "ffn_down", weights.ffn_down, weights.ffn_post_norm, tape.gated, tape.x1, tape.ffn_down, tape.ffn_added);
}

// Gradients of gates that are one matrix are put together first, and those of layers with magnitudes are scaled.
static bool only_linear_layers_read_gates(const block_tape & tape) {
    const auto is_scaled = [](const linear_tape & layer) { return layer.pair && layer.pair->magnitude; };
    return tape.ffn_gate.layer && !is_scaled(tape.ffn_gate) && !is_scaled(tape.ffn_up);
}

// Back through the feed-forward half: dy -> gradient by x1 [n_embd, n_kept].
static ggml_tensor * feed_forward_back(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy) {
    ggml_tensor * d_gated = adapted_linear_back(scope, tape.ffn_down, optional_norm_back(scope, tape.ffn_added, weights.ffn_post_norm, dy), true, nullptr, read_by::gate);
    const read_by by = only_linear_layers_read_gates(tape) ? read_by::linear : read_by::anything;
    ggml_tensor * d_h2 = project_gate_back(scope, tape, scope.ops.gated_back(scope.ctx, scope.model.shape.gate, tape.gate, tape.up, d_gated, by));
    return scaled_norm_back(scope, tape.x1, weights.ffn_norm, d_h2, dy);
}

ggml_tensor * block_backward(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy, bool want_dx) {
    ggml_context * ctx = scope.ctx;
    const block_columns & columns = *tape.columns;
    block_exchange & exchange = *tape.exchange;
    ggml_tensor * d_x1 = nullptr, * d_q = nullptr;
    attention_gradient d_qkv{};
    if (dy) {
        d_x1 = feed_forward_back(scope, weights, tape, dy);
        ggml_tensor * d_attended = adapted_linear_back(scope, tape.attn_output, optional_norm_back(scope, tape.attn_added, weights.attn_post_norm, d_x1), true);
        d_attended = spread(scope, d_attended, columns.places, n_in_layout(scope));
        d_qkv = scope.ops.attention_back(ctx, tape.q, tape.k, tape.v, d_attended, &scope.attention.at(weights.form.window));
        d_q = rotate_heads_back(scope, tape.q_plain, weights.attn_q_norm, weights.form, columns.positions, pick(scope, d_qkv.dq, columns.places));
    }
    ggml_tensor * d_k = own_gradient(scope, d_qkv.dk, exchange.given.keys, exchange.d_given.keys, exchange.d_own.keys);
    ggml_tensor * d_v = own_gradient(scope, d_qkv.dv, exchange.given.values, exchange.d_given.values, exchange.d_own.values);
    d_k = rotate_heads_back(scope, tape.k_plain, weights.attn_k_norm, weights.form, scope.positions, d_k);
    ggml_tensor * d_h = project_heads_back(scope, tape, d_q, d_k, d_v, want_dx);
    if (!want_dx) return nullptr;
    ggml_tensor * d_residual = d_x1 ? spread(scope, d_x1, columns.kept, n_computed(scope)) : nullptr;
    return scaled_norm_back(scope, tape.x, weights.attn_norm, d_h, d_residual);
}
