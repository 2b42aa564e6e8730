#include "reference.h"
#include "backend.h"
#include "error.h"
#include "model_shape.h"
#include <algorithm>
#include <cstdint>
#include <cstdio>

reference_model::reference_model(const std::string & model_path, const std::optional<std::string> & adapter_path, int32_t n_threads, int32_t longest,
                                 const std::optional<std::string> & original) {
    const std::string & named = original ? *original : model_path;
    forget_library_error();
    llama_model_params model_params = llama_model_default_params();
    model_params.n_gpu_layers = 0;
    // Of two sets of rope factors (Phi 3) libllama takes the long one in a context longer than that of the pre-training, the short one
    // otherwise. A context of any size is to give what serving with the model's whole context gives, so that length is said to be 1, or
    // out of reach. It decides nothing else in the models that we take.
    llama_model_kv_override overrides[2] = {};
    const gguf_file file(model_path);
    if (file.find("rope_factors_long.weight")) {
        overrides[0].tag = LLAMA_KV_OVERRIDE_TYPE_INT;
        overrides[0].val_i64 = read_shape(file).has_long_context ? 1 : INT32_MAX;
        std::snprintf(overrides[0].key, sizeof overrides[0].key, "%s.rope.scaling.original_context_length", file.text("general.architecture").value_or("").c_str());
        model_params.kv_overrides = overrides;
    }
    ggml_backend_dev_t no_device = nullptr; // an empty list: on a GPU that is there, libllama would compute in 16 bits
    model_params.devices = &no_device;
    model_ = llama_model_load_from_file(model_path.c_str(), model_params);
    if (!model_) throw user_error(exit_data, "libllama cannot load the model: " + library_error(), named, "use a GGUF that llama.cpp can load");

    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(longest) + 8;
    params.n_batch = params.n_ubatch = params.n_ctx;
    params.n_threads = params.n_threads_batch = n_threads;
    params.type_k = params.type_v = GGML_TYPE_F32; // as exact as it can be: the default f16 cache rounds keys and values
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.offload_kqv = params.op_offload = false;
    context_ = llama_init_from_model(model_, params);
    if (!context_) {
        llama_model_free(model_);
        throw user_error(exit_memory, "libllama cannot make a context: " + library_error(), named, "free some memory");
    }
    if (!adapter_path) return;
    forget_library_error();
    adapter_ = llama_adapter_lora_init(model_, adapter_path->c_str());
    float scale = 1.0f;
    if (!adapter_ || llama_set_adapters_lora(context_, &adapter_, 1, &scale) != 0) {
        llama_free(context_);
        llama_model_free(model_);
        throw user_error(exit_data, "libllama cannot load the adapter: " + library_error(), *adapter_path, "use a LoRA adapter GGUF made for this base model");
    }
}

uint64_t reference_bytes(const model_shape & shape, int32_t n_block, int32_t longest, int32_t n_tokens) {
    const uint64_t context = (static_cast<uint64_t>(longest) + 8 + 255) / 256 * 256; // libllama rounds up
    const uint64_t kv = 2 * context * static_cast<uint64_t>(n_block) * static_cast<uint64_t>(shape.n_head_kv) * static_cast<uint64_t>(shape.head_dim);
    const uint64_t scores = 2 * context * static_cast<uint64_t>(shape.n_head), inner = 3 * static_cast<uint64_t>(shape.n_ff) + 6 * static_cast<uint64_t>(shape.n_embd);
    return sizeof(float) * (kv + static_cast<uint64_t>(n_tokens) * (scores + inner));
}

reference_model::~reference_model() {
    llama_free(context_);
    llama_model_free(model_);
}

std::vector<float> reference_model::logits(const std::vector<llama_token> & tokens, int32_t n_last) {
    const int32_t n = static_cast<int32_t>(tokens.size());
    const size_t n_vocab = static_cast<size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_)));
    llama_memory_clear(llama_get_memory(context_), true);
    llama_batch batch = llama_batch_init(n, 0, 1);
    batch.n_tokens = n;
    for (int32_t i = 0; i < n; i++) {
        batch.token[i] = tokens[static_cast<size_t>(i)];
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = i >= n - n_last;
    }
    forget_library_error();
    const int32_t status = llama_decode(context_, batch);
    llama_batch_free(batch);
    if (status != 0) throw user_error(exit_memory, "libllama cannot decode a row of " + std::to_string(n) + " tokens: " + library_error(), "libllama", "free some memory");
    std::vector<float> values;
    for (int32_t i = std::max(0, n - n_last); i < n; i++) {
        const float * row = llama_get_logits_ith(context_, i);
        values.insert(values.end(), row, row + n_vocab);
    }
    return values;
}
