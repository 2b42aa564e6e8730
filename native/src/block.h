// One decoder block: forward and backward as ggml nodes. The only place that knows what differs between families.
//
//   h  = rms_norm(x) * attn_norm
//   q, k, v = W h (+ bias, + adapter), from three layers or one; q, k = rope(rms_norm(q, k) * gain)
//   x1 = x + norm(attn_output(attention(q, k, v)))
//   h2 = rms_norm(x1) * ffn_norm
//   y  = x1 + norm(ffn_down(act(gate) * up)),   gate, up = W h2, from two layers or one
//
// The norms on heads and on what is added, rope and the window of the attention are there where the block has them (model.h).
// The backward is written by hand: ggml's autodiff has no backward for fused attention, aborts on bf16 and writes wrong
// gradients when it reuses memory (SOFT_MAX_BACK in place).
#pragma once
#include "adapted_linear.h"

// The columns of a block. It computes keys and values for all columns of x, and everything else for the kept ones: the last block
// keeps few, as few columns reach the head. Attention sees the columns of the layout: those of x, and those that are given.
struct block_columns {
    ggml_tensor * kept = nullptr;      // i32 [n_kept], among the columns of x, rising; nullptr: all
    ggml_tensor * positions = nullptr; // i32 [n_kept], of the kept ones in their rows
    ggml_tensor * places = nullptr;    // i32 [n_kept], of the kept ones in the layout; nullptr: the layout has no others
};

struct key_values { ggml_tensor * keys = nullptr, * values = nullptr; }; // [head_dim * n_head_kv, n] each

// What a block has from other passes, or for them (shared_prefix.h). Without tensors: nothing.
struct block_exchange {
    key_values given;   // of the columns of the layout that are not columns of x
    key_values d_given; // filled by the backward: the gradients by these
    key_values d_own;   // what other passes say of the gradients by the keys and values of x
};

struct block_tape {
    const block_columns * columns = nullptr;
    block_exchange * exchange = nullptr;
    key_values own; // before those that are given come in between
    ggml_tensor * x, * h, * q_plain, * k_plain, * q, * k, * v, * attended, * attn_added, * x1, * h2, * gate, * up, * gated, * ffn_added;
    linear_tape attn_q, attn_k, attn_v, attn_qkv, attn_output, ffn_gate, ffn_up, ffn_down;
};

// y [n_embd, n] = rms_norm(x) * weight, over dimension 0
ggml_tensor * scaled_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, read_by by = read_by::anything);
ggml_tensor * scaled_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto = nullptr); // onto + dx

// x [n_embd, n] -> y [n_embd, n_kept]; columns and exchange must outlive the tape
ggml_tensor * block_forward(pass_scope & scope, int32_t block, ggml_tensor * x, block_tape & tape, const block_columns & columns, block_exchange & exchange);

// dy [n_embd, n_kept], or nullptr: y has no gradient, the keys and values have one from other passes -> dx [n_embd, n], or nullptr when it
// is not wanted. What no adapter and no dx needs stays outside the graph.
ggml_tensor * block_backward(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy, bool want_dx);
