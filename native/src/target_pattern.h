// Which layers get an adapter, as a user names them.
#pragma once
#include "block_range.h"
#include "model.h"
#include <string>
#include <vector>

const char * const TOKEN_EMBEDDING = "token_embd";

struct layer_name {
    int32_t block; // -1: the output head or the token embedding
    std::string target; // "attn_q", ...

    std::string tensor_name() const { return layer_tensor_name(block, target); }
    std::string full_name() const; // the tensor's without ".weight": "blk.3.attn_q", "output"
    bool operator==(const layer_name & other) const { return block == other.block && target == other.target; }
};

// The weight that an adapter on this layer goes with, or nullptr when the model has no such layer, or none that can take one. A
// tied model's token embedding cannot: the head has the same name, and libllama ends the process when it meets such an adapter.
ggml_tensor * adaptable_weight(const base_model & model, const layer_name & layer);

// Every layer that can take an adapter: block by block in the order in which a block computes them, then the output head, then
// the token embedding.
std::vector<layer_name> adaptable_layers(const base_model & model);

// How far a text is from what a pattern stands for: 0 when it matches, else the least number of characters that must be put
// in, taken out or changed. * stands for any characters, ? for any one.
int32_t pattern_distance(const std::string & pattern, const std::string & text);

// The layers that some names stand for, each once, in the order of adaptable_layers: however they are spelled, the same set is the
// same list.
//
// targets  each a layer's name ("attn_q": in every block), "all-linear" (every layer of the blocks), or a pattern of full names
//          ("blk.1?.attn_*", "*ffn*", "output")
// blocks   layers of other blocks are left out
// throws   user_error(exit_usage) on a name that stands for nothing, with the nearest names
std::vector<layer_name> resolve_targets(const base_model & model, const std::vector<std::string> & targets, block_range blocks);
