// One decoder block: forward and backward as ggml nodes. The only place that knows what differs between families.
//
//   h  = rms_norm(x) * attn_norm
//   q, k, v = W h (+ bias, + adapter); qwen3: rms_norm per head; rope on q and k
//   x1 = x + attn_output(attention(q, k, v))
//   h2 = rms_norm(x1) * ffn_norm
//   y  = x1 + ffn_down(silu(ffn_gate h2) * ffn_up h2)
//
// The backward is written by hand: ggml's autodiff has no backward for fused attention, aborts on bf16 and writes wrong
// gradients when it reuses memory (SOFT_MAX_BACK in place).
#pragma once
#include "kernels/attention.h"
#include "kernels/dropout.h"
#include "lora.h"
#include "model.h"
#include <deque>
#include <vector>

struct lora_gradient {
    const lora_pair * pair;
    ggml_tensor * a; // gradient of pair->a, same shape
    ggml_tensor * b;
};

// What all blocks of one pass share. Everything pointed to must outlive the graph.
struct pass_scope {
    ggml_context * ctx;
    ggml_cgraph * graph;
    const base_model & model;
    const adapter * lora;            // nullptr: the base model alone
    ggml_tensor * positions;         // i32 [n_columns]
    const attention_plan * attention;
    float dropout;                   // on the input of the adapter
    uint64_t dropout_seed;
    std::deque<dropout_plan> dropout_plans; // a deque: pointers to its elements stay valid
    std::vector<lora_gradient> gradients;   // filled by the backward
};

// What the backward of an adapted linear layer needs from its forward.
struct linear_tape {
    const linear * layer = nullptr;
    const lora_pair * pair = nullptr;
    const dropout_plan * dropped = nullptr;
    ggml_tensor * lora_input = nullptr; // x after dropout [n_in, n]
    ggml_tensor * down = nullptr;       // A x [rank, n]
};

struct block_tape {
    ggml_tensor * x, * h, * q_plain, * k_plain, * q, * k, * v, * attended, * x1, * h2, * gate, * up, * gated;
    linear_tape attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down;
};

// y = W x + bias + adapter.   x [n_in, n] -> [n_out, n]; block -1: the output head
ggml_tensor * adapted_linear(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, linear_tape & tape);

// Adds the pair's gradients to the scope; returns dx, or nullptr when it is not wanted.
ggml_tensor * adapted_linear_back(pass_scope & scope, const linear_tape & tape, ggml_tensor * dy, bool want_dx);

// y [n_embd, n] = rms_norm(x) * weight, over dimension 0
ggml_tensor * scaled_norm(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight);
ggml_tensor * scaled_norm_back(pass_scope & scope, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy);

ggml_tensor * block_forward(pass_scope & scope, int32_t block, ggml_tensor * x, block_tape & tape);
ggml_tensor * block_backward(pass_scope & scope, const block_weights & weights, const block_tape & tape, ggml_tensor * dy, bool want_dx);
