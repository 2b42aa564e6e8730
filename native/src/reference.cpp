#include "reference.h"
#include "backend.h"
#include "error.h"
#include <algorithm>
#include <cstdint>

static llama_context_params exact_params(int32_t n_threads, int32_t longest) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(longest) + 8;
    params.n_batch = params.n_ubatch = params.n_ctx;
    params.n_threads = params.n_threads_batch = n_threads;
    params.type_k = params.type_v = GGML_TYPE_F32; // as exact as it can be: the default f16 cache rounds keys and values
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.offload_kqv = params.op_offload = false;
    return params;
}

reference_model::reference_model(const std::string & model_path, const std::optional<std::string> & adapter_path, int32_t n_threads, int32_t longest,
                                 const std::optional<std::string> & original)
    : model_(model_path, adapter_path, original), context_(model_.make_context(exact_params(n_threads, longest), "free some memory")) {}

uint64_t reference_bytes(const model_shape & shape, int32_t n_block, int32_t longest, int32_t n_tokens) {
    const uint64_t context = (static_cast<uint64_t>(longest) + 8 + 255) / 256 * 256; // libllama rounds up
    const uint64_t kv = 2 * context * static_cast<uint64_t>(n_block) * static_cast<uint64_t>(shape.n_head_kv) * static_cast<uint64_t>(shape.head_dim);
    const uint64_t scores = 2 * context * static_cast<uint64_t>(shape.n_head), inner = 3 * static_cast<uint64_t>(shape.n_ff) + 6 * static_cast<uint64_t>(shape.n_embd);
    return sizeof(float) * (kv + static_cast<uint64_t>(n_tokens) * (scores + inner));
}

std::vector<float> reference_model::logits(const std::vector<llama_token> & tokens, int32_t n_last) {
    const int32_t n = static_cast<int32_t>(tokens.size());
    const size_t n_vocab = static_cast<size_t>(llama_vocab_n_tokens(model_.vocab()));
    llama_memory_clear(llama_get_memory(context_.get()), true);
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
    const int32_t status = llama_decode(context_.get(), batch);
    llama_batch_free(batch);
    if (status != 0) throw user_error(exit_memory, "libllama cannot decode a row of " + std::to_string(n) + " tokens: " + library_error(), "libllama", "free some memory");
    std::vector<float> values;
    for (int32_t i = std::max(0, n - n_last); i < n; i++) {
        const float * row = llama_get_logits_ith(context_.get(), i);
        values.insert(values.end(), row, row + n_vocab);
    }
    return values;
}
