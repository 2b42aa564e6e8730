// A base model: hyper-parameters and tensors of one family, as they stand in its GGUF file.
#pragma once
#include "gguf_file.h"
#include "model_shape.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// y = W x + bias.   weight [n_in, n_out], bias [n_out] or nullptr
struct linear {
    ggml_tensor * weight = nullptr;
    ggml_tensor * bias = nullptr;
};

struct block_weights {
    block_form form{};
    ggml_tensor * attn_norm = nullptr; // [n_embd]
    linear attn_q, attn_k, attn_v;     // or all three in one:
    linear attn_qkv;                   // [n_embd, head_dim * (n_head + 2 n_head_kv)]
    linear attn_output;
    ggml_tensor * attn_q_norm = nullptr; // [head_dim], or nullptr: the family has none
    ggml_tensor * attn_k_norm = nullptr;
    ggml_tensor * attn_post_norm = nullptr; // [n_embd], or nullptr
    ggml_tensor * ffn_norm = nullptr;       // [n_embd]
    linear ffn_gate, ffn_up, ffn_down;      // without a gate, the gate is the first half of ffn_up [n_embd, 2 n_ff]
    ggml_tensor * ffn_post_norm = nullptr;  // [n_embd], or nullptr
};

struct base_model {
    model_shape shape;
    ggml_tensor * embedding = nullptr;   // [n_embd, n_vocab]
    ggml_tensor * output_norm = nullptr; // [n_embd]
    linear output;                       // [n_embd, n_vocab]; the embedding itself when tied
    bool tied = false;
    ggml_tensor * rope_factors = nullptr; // [n_rot/2] divides the frequencies (Llama 3, Phi 3), or nullptr
    std::vector<block_weights> blocks;

    int64_t n_parameters = 0;
    std::map<std::string, int64_t> tensors_by_type;
};

// The weights point into the file, which must outlive the model.
// throws user_error(exit_data): another architecture, a missing or misshapen tensor, a tensor that the family does not have,
//        a stored type that cannot be read, a rope scaling that is not supported
base_model load_model(const gguf_file & file);

// The same model with only these blocks, in this order (for checks on a few of them).
base_model with_blocks(const base_model & model, const std::vector<int32_t> & blocks);

// Where the model names its tensors, so that they can be replaced by copies; a tensor may stand in several places.
std::vector<ggml_tensor **> tensor_slots(base_model & model);

// The linear layers that an adapter can sit on, by the name a user gives: "attn_q", ..., "ffn_down", "output". No model has them all.
const std::vector<std::string> & target_names();

// The layer of that name in a block (block -1: "output"), or nullptr: a tied output has no layer of its own, and some families fuse layers.
const linear * find_layer(const base_model & model, int32_t block, const std::string & target);

// Base tensor name: "blk.3.attn_q.weight", or "output.weight" for block -1.
std::string layer_tensor_name(int32_t block, const std::string & target);
