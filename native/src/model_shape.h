// What the families have in common, and what sets them apart, as data: libllama's graphs (src/models/*.cpp there) in one struct.
#pragma once
#include "gguf_file.h"
#include "kernels/gates.h"
#include <cstdint>
#include <string>
#include <vector>

// A family: what its architecture name says, whatever the file's keys are.
struct family {
    const char * name; // general.architecture
    int32_t rope_mode;          // GGML_ROPE_TYPE_*: pairs (2i, 2i+1) or (i, i + n_rot/2)
    gate_kind gate;
    bool scales_embedding;      // by sqrt(n_embd)
    bool has_head_norms;        // on each head of q and k, before rope
    bool has_post_norms;        // on what attention and feed-forward add
    bool has_fused_gate;        // ffn_up holds the gate in its first half
    bool has_output;            // may have a head of its own
    bool has_rope_sets;         // long and short rope factors whatever the scaling says
    int32_t window_period;      // every such block sees all, the others through a window; 0: all see all
    int32_t default_window;     // when the file has no key for it; 0: none
    int32_t no_rope_period;     // every such block has no rope; 0: all have
    float attention_soft_cap, final_soft_cap; // when the file has no key for it; 0: none
    int32_t n_block_of_widest;  // of the size whose queries are scaled by n_embd / n_head instead of head_dim; 0: none
};

// nullptr: not supported
const family * find_family(const std::string & architecture);

// For people: "llama (Llama 1-3, SmolLM2, TinyLlama, Mistral), qwen2, ... or smollm3"
std::string supported_families();

struct model_shape {
    std::string architecture; // a family's name
    int32_t n_block, n_embd, n_ff, n_head, n_head_kv, head_dim, n_vocab;
    int32_t n_rot;            // dimensions of a head that rotate
    int32_t rope_mode;        // of the family
    float rope_attention;     // multiplies rotated queries and keys (the attention factor of YaRN and LongRoPE), usually 1
    float rms_epsilon;
    float attention_scale;    // usually 1/sqrt(head_dim)
    float attention_soft_cap; // 0: none
    float final_soft_cap;     // of the logits; 0: none
    float embedding_scale;    // usually 1
    gate_kind gate;
    int32_t context_length;   // longest text the model was made for
    bool has_long_context;    // it is longer than the context of the pre-training: of two sets of rope factors, the long one
};

// What may differ from block to block.
struct block_form {
    int32_t window;   // a token sees only those less than this many places back; 0: all
    bool rotates;     // has rope
    float rope_base;  // theta of the slowest pair is base^(-1 + 2/n_rot)
    float rope_scale; // multiplies the position (linear scaling)
};

inline bool operator==(const block_form & a, const block_form & b) {
    return a.window == b.window && a.rotates == b.rotates && a.rope_base == b.rope_base && a.rope_scale == b.rope_scale;
}

// All but n_vocab, which the embedding says.
// throws user_error(exit_data): another architecture, a key that is missing or out of range, a rope scaling that is not supported
model_shape read_shape(const gguf_file & file);

// One a block, in order.
std::vector<block_form> read_block_forms(const gguf_file & file, const model_shape & shape);

// libllama's, which for some families depends on the number of blocks.
float attention_scale_of(const model_shape & shape);
