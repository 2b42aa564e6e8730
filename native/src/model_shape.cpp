#include "model_shape.h"
#include "error.h"
#include <cmath>
#include <sstream>

static const family FAMILIES[] = {
    // name      rope                   gate               embed  heads  post   fused  output sets   window: period, width  no rope  soft caps  widest
    {"llama",   0,                      gate_kind::swiglu, false, false, false, false, true,  false, 0, 0,                  0,       0, 0,      0},
    {"qwen2",   GGML_ROPE_TYPE_NEOX,    gate_kind::swiglu, false, false, false, false, true,  false, 0, 0,                  0,       0, 0,      0},
    {"qwen3",   GGML_ROPE_TYPE_NEOX,    gate_kind::swiglu, false, true,  false, false, true,  false, 0, 0,                  0,       0, 0,      0},
    {"gemma2",  GGML_ROPE_TYPE_NEOX,    gate_kind::geglu,  true,  false, true,  false, false, false, 2, 4096,               0,       50, 30,    46},
    {"gemma3",  GGML_ROPE_TYPE_NEOX,    gate_kind::geglu,  true,  true,  true,  false, true,  false, 6, 0,                  0,       0, 0,      62},
    {"phi3",    GGML_ROPE_TYPE_NEOX,    gate_kind::swiglu, false, false, false, true,  true,  true,  0, 0,                  0,       0, 0,      0},
    {"smollm3", 0,                      gate_kind::swiglu, false, false, false, false, true,  false, 0, 0,                  4,       0, 0,      0},
};

const family * find_family(const std::string & architecture) {
    for (const family & one : FAMILIES) {
        if (architecture == one.name) return &one;
    }
    return nullptr;
}

std::string supported_families() {
    return "llama (Llama 1-3, SmolLM2, TinyLlama, Mistral), qwen2, qwen3, gemma2, gemma3, phi3 or smollm3";
}

static double checked(const gguf_file & file, const std::string & key, double value, double least, double most) {
    if (value >= least && value <= most) return value; // not so for NaN
    std::ostringstream text; // std::to_string would print a small one as 0
    text << "key \"" << key << "\" is " << value;
    throw user_error(exit_data, text.str(), file.path(), "use a GGUF that llama.cpp can load");
}

float attention_scale_of(const model_shape & shape) {
    const family & known = *find_family(shape.architecture);
    const bool is_widest = known.n_block_of_widest > 0 && shape.n_block == known.n_block_of_widest;
    return 1.0f / std::sqrt(static_cast<float>(is_widest ? shape.n_embd / shape.n_head : shape.head_dim));
}

model_shape read_shape(const gguf_file & file) {
    const std::optional<std::string> architecture = file.text("general.architecture");
    if (!architecture) throw user_error(exit_data, "the file names no architecture (general.architecture)", file.path(), "use the GGUF of a model");
    const std::optional<std::string> type = file.text("general.type");
    if (type && *type != "model") throw user_error(exit_data, "this GGUF is of type \"" + *type + "\", not a model", file.path(), "give the base model here");
    const family * known = find_family(*architecture);
    if (!known) throw user_error(exit_data, "architecture \"" + *architecture + "\" is not supported", file.path(), "use a model of the families " + supported_families());
    const std::string prefix = *architecture + ".";
    if (file.number(prefix + "expert_count").value_or(0) > 0) {
        throw user_error(exit_data, "the model is a mixture of experts", file.path(), "use a dense model");
    }
    const std::optional<std::string> scaling = file.text(prefix + "rope.scaling.type");
    const bool has_rope_sets = known->has_rope_sets || *architecture == "llama";
    if (scaling && *scaling != "none" && *scaling != "linear" && !(*scaling == "longrope" && has_rope_sets)) {
        throw user_error(exit_data, "rope scaling \"" + *scaling + "\" is not supported", file.path(), "use a model without rope scaling, or with linear scaling");
    }

    const auto in_range = [&](const std::string & key, double value, double least, double most) { return checked(file, prefix + key, value, least, most); };
    const auto size_or = [&](const std::string & key, double otherwise) {
        return static_cast<int32_t>(in_range(key, file.number(prefix + key).value_or(otherwise), 1, 1e9));
    };
    const auto whole = [&](const std::string & key) { return static_cast<int32_t>(in_range(key, file.required_number(prefix + key), 1, 1e9)); };
    model_shape shape{};
    shape.architecture = *architecture;
    shape.n_block = static_cast<int32_t>(in_range("block_count", file.required_number(prefix + "block_count"), 1, static_cast<double>(file.tensors().size()))); // each has some
    shape.n_embd = whole("embedding_length");
    shape.n_ff = whole("feed_forward_length");
    shape.n_head = whole("attention.head_count");
    shape.n_head_kv = size_or("attention.head_count_kv", shape.n_head);
    shape.head_dim = size_or("attention.key_length", shape.n_embd / shape.n_head);
    shape.n_rot = size_or("rope.dimension_count", shape.head_dim);
    shape.rope_mode = known->rope_mode;
    shape.gate = known->gate;
    shape.embedding_scale = known->scales_embedding ? std::sqrt(static_cast<float>(shape.n_embd)) : 1.0f;
    shape.rope_attention = static_cast<float>(in_range("rope.scaling.attn_factor", file.number(prefix + "rope.scaling.attn_factor").value_or(1.0), 1e-3, 1e3));
    shape.rms_epsilon = static_cast<float>(in_range("attention.layer_norm_rms_epsilon", file.required_number(prefix + "attention.layer_norm_rms_epsilon"), 0, 1));
    shape.attention_scale = attention_scale_of(shape); // libllama's graphs of these families read no attention.scale
    shape.context_length = whole("context_length");
    shape.has_long_context = shape.context_length > size_or("rope.scaling.original_context_length", shape.context_length);
    const auto soft_cap = [&](const std::string & key, float otherwise) {
        if (otherwise == 0 && !file.number(prefix + key)) return 0.0f;
        return static_cast<float>(in_range(key, file.number(prefix + key).value_or(otherwise), 1e-3, 1e6));
    };
    shape.attention_soft_cap = known->attention_soft_cap > 0 ? soft_cap("attn_logit_softcapping", known->attention_soft_cap) : 0;
    const bool has_final_cap = known->final_soft_cap > 0 || (known->has_post_norms && file.number(prefix + "final_logit_softcapping").value_or(0) != 0);
    shape.final_soft_cap = has_final_cap ? soft_cap("final_logit_softcapping", known->final_soft_cap) : 0;

    for (const char * key : {"attention.key_length_swa", "attention.value_length_swa"}) {
        if (file.number(prefix + key).value_or(shape.head_dim) != shape.head_dim) {
            throw user_error(exit_data, std::string("key \"") + prefix + key + "\" asks for other heads in some blocks", file.path(), "use a model whose heads are all of one width");
        }
    }
    const double value_length = file.number(prefix + "attention.value_length").value_or(shape.head_dim);
    if (shape.n_head_kv < 1 || shape.n_head % shape.n_head_kv != 0 || value_length != shape.head_dim || shape.head_dim < 1 ||
        shape.n_rot < 2 || shape.n_rot > shape.head_dim || shape.n_rot % 2 != 0) {
        throw user_error(exit_data,
            "heads do not fit: " + std::to_string(shape.n_head) + " heads, " + std::to_string(shape.n_head_kv) + " for keys, width " +
                std::to_string(shape.head_dim) + ", rotating " + std::to_string(shape.n_rot),
            file.path(), "use a GGUF that llama.cpp can load");
    }
    return shape;
}

// Which blocks see through the window: an array with an entry a block, or every period-th does not.
static std::vector<bool> windowed_blocks(const gguf_file & file, const std::string & key, int32_t n_block, int32_t period) {
    std::vector<bool> windowed(static_cast<size_t>(n_block));
    const int64_t id = gguf_find_key(file.keys(), key.c_str());
    if (id >= 0 && gguf_get_kv_type(file.keys(), id) == GGUF_TYPE_ARRAY) {
        const gguf_type type = gguf_get_arr_type(file.keys(), id);
        if ((type != GGUF_TYPE_BOOL && type != GGUF_TYPE_INT32 && type != GGUF_TYPE_UINT32) || gguf_get_arr_n(file.keys(), id) < windowed.size()) {
            throw user_error(exit_data, "key \"" + key + "\" does not say for each block whether it has a window", file.path(), "use a GGUF that llama.cpp can load");
        }
        const void * data = gguf_get_arr_data(file.keys(), id);
        for (size_t i = 0; i < windowed.size(); i++) {
            windowed[i] = type == GGUF_TYPE_BOOL ? static_cast<const int8_t *>(data)[i] != 0 : static_cast<const int32_t *>(data)[i] != 0;
        }
        return windowed;
    }
    const int32_t every = static_cast<int32_t>(checked(file, key, file.number(key).value_or(period), 0, 1e9));
    for (int32_t i = 0; i < n_block; i++) windowed[static_cast<size_t>(i)] = every == 0 || i % every < every - 1;
    return windowed;
}

std::vector<block_form> read_block_forms(const gguf_file & file, const model_shape & shape) {
    const family & known = *find_family(shape.architecture);
    const std::string prefix = shape.architecture + ".";
    const auto base_or = [&](const std::string & key, double otherwise) {
        return static_cast<float>(checked(file, prefix + key, file.number(prefix + key).value_or(otherwise), 1e-3, 1e30));
    };
    const double factor = file.number(prefix + "rope.scaling.factor").value_or(file.number(prefix + "rope.scale_linear").value_or(0.0));
    const float stated_scale = factor == 0 ? 1.0f : static_cast<float>(1.0 / checked(file, prefix + "rope.scaling.factor", factor, 1e-3, 1e6));
    const bool is_scaled = file.text(prefix + "rope.scaling.type").value_or("linear") != "none"; // libllama takes the factor alone for linear scaling
    const block_form global{0, true, base_or("rope.freq_base", 10000.0), is_scaled ? stated_scale : 1.0f};

    block_form local = global;
    if (known.window_period > 0) {
        local.window = static_cast<int32_t>(checked(file, prefix + "attention.sliding_window", file.number(prefix + "attention.sliding_window").value_or(known.default_window), known.default_window > 0, 1e9));
        if (local.window > 0) { // Gemma 2 rotates alike everywhere unless a key says otherwise; Gemma 3 has a base for short distances, never scaled
            local.rope_base = base_or("rope.freq_base_swa", known.default_window > 0 ? static_cast<double>(global.rope_base) : 10000.0);
            local.rope_scale = known.default_window > 0 ? stated_scale : 1.0f;
        }
    }
    std::vector<block_form> forms(static_cast<size_t>(shape.n_block), global);
    if (local.window > 0) {
        const std::vector<bool> windowed = windowed_blocks(file, prefix + "attention.sliding_window_pattern", shape.n_block, known.window_period);
        for (size_t i = 0; i < forms.size(); i++) forms[i] = windowed[i] ? local : global;
    }
    for (size_t i = 0; i < forms.size(); i++) forms[i].rotates = known.no_rope_period == 0 || (i + 1) % static_cast<size_t>(known.no_rope_period) != 0;
    return forms;
}
