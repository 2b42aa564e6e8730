#include "init_model.h"
#include "error.h"
#include "gguf_writer.h"
#include "model_shape.h"
#include "parallel.h"
#include "random.h"
#include <algorithm>
#include <cmath>
#include <functional>
#include <llama.h>
#include <thread>

namespace {

llama_token_type token_type(const std::string & kind) {
    if (kind == "normal") return LLAMA_TOKEN_TYPE_NORMAL;
    if (kind == "unknown") return LLAMA_TOKEN_TYPE_UNKNOWN;
    if (kind == "control") return LLAMA_TOKEN_TYPE_CONTROL;
    if (kind == "byte") return LLAMA_TOKEN_TYPE_BYTE;
    throw user_error(exit_usage, "no kind of token is called \"" + kind + "\"", "tokens", "use normal, unknown, control or byte");
}

void set_vocabulary(gguf_context * out, const init_config & config) {
    std::vector<const char *> texts;
    std::vector<float> scores;
    std::vector<int32_t> types;
    for (const init_config::token & token : config.tokens) {
        texts.push_back(token.text.c_str());
        scores.push_back(static_cast<float>(token.score));
        types.push_back(token_type(token.kind));
    }
    gguf_set_val_str(out, "tokenizer.ggml.model", "llama"); // libllama's name for SentencePiece byte pairs
    gguf_set_arr_str(out, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(out, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
    gguf_set_arr_data(out, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    gguf_set_val_u32(out, "tokenizer.ggml.bos_token_id", static_cast<uint32_t>(config.bos));
    gguf_set_val_u32(out, "tokenizer.ggml.eos_token_id", static_cast<uint32_t>(config.eos));
    gguf_set_val_bool(out, "tokenizer.ggml.add_bos_token", true);
    gguf_set_val_bool(out, "tokenizer.ggml.add_space_prefix", false);
}

void set_shape(gguf_context * out, const init_config & config) {
    const auto key = [&](const char * name) { return config.architecture + "." + name; };
    const auto whole = [&](const char * name, int32_t value) { gguf_set_val_u32(out, key(name).c_str(), static_cast<uint32_t>(value)); };
    gguf_set_val_str(out, "general.type", "model");
    gguf_set_val_str(out, "general.architecture", config.architecture.c_str());
    gguf_set_val_u32(out, "general.file_type", 0); // all F32
    whole("context_length", config.context_length);
    whole("embedding_length", config.n_embd);
    whole("block_count", config.n_block);
    whole("feed_forward_length", config.n_ff);
    whole("attention.head_count", config.n_head);
    whole("attention.head_count_kv", config.n_head_kv);
    whole("attention.key_length", config.head_dim);
    whole("attention.value_length", config.head_dim);
    whole("rope.dimension_count", config.head_dim);
    whole("vocab_size", static_cast<int32_t>(config.tokens.size()));
    gguf_set_val_f32(out, key("rope.freq_base").c_str(), static_cast<float>(config.rope_base));
    gguf_set_val_f32(out, key("attention.layer_norm_rms_epsilon").c_str(), static_cast<float>(config.rms_epsilon));
}

// Makes tensors in the order they are asked for; each draws from a stream of its own, so any thread may fill it.
class weight_maker {
  public:
    explicit weight_maker(const init_config & config) : seed_(config.seed) {
        ggml_init_params params{};
        params.mem_size = weights_size(config);
        ctx_.reset(ggml_init(params));
    }

    void random(const std::string & name, int64_t n_in, int64_t n_out, double deviation) {
        float * values = add(ggml_new_tensor_2d(ctx_.get(), GGML_TYPE_F32, n_in, n_out), name);
        draws_.push_back([=] {
            random_stream chance(seed_, name);
            for (int64_t i = 0; i < n_in * n_out; i++) values[i] = static_cast<float>(chance.normal() * deviation);
        });
    }
    void constant(const std::string & name, int64_t n, float value) {
        float * values = add(ggml_new_tensor_1d(ctx_.get(), GGML_TYPE_F32, n), name);
        std::fill(values, values + n, value);
    }
    // With their values: billions of draws take minutes on one thread.
    const std::vector<const ggml_tensor *> & filled() {
        for_each_index(draws_.size(), static_cast<int32_t>(std::thread::hardware_concurrency()), [&](size_t i) { draws_[i](); });
        return tensors_;
    }

  private:
    static size_t weights_size(const init_config & config) {
        const size_t n_q = static_cast<size_t>(config.n_head) * config.head_dim, n_kv = static_cast<size_t>(config.n_head_kv) * config.head_dim;
        const size_t width = static_cast<size_t>(config.n_embd);
        const size_t block = width * (2 * n_q + 2 * n_kv + 3 * static_cast<size_t>(config.n_ff) + 4) + n_q + 2 * n_kv + 2 * static_cast<size_t>(config.head_dim);
        const size_t values = static_cast<size_t>(config.n_block) * block + width * (2 * config.tokens.size() + 1);
        return values * sizeof(float) + (static_cast<size_t>(config.n_block) * 16 + 8) * (ggml_tensor_overhead() + GGML_MEM_ALIGN);
    }
    float * add(ggml_tensor * tensor, const std::string & name) {
        ggml_set_name(tensor, name.c_str());
        tensors_.push_back(tensor);
        return static_cast<float *>(tensor->data);
    }
    uint64_t seed_;
    ggml_context_ptr ctx_;
    std::vector<const ggml_tensor *> tensors_;
    std::vector<std::function<void()>> draws_;
};

} // namespace

void write_random_model(const init_config & config) {
    const family * known = find_family(config.architecture);
    if (!known) throw user_error(exit_usage, "architecture \"" + config.architecture + "\" is not supported", "architecture", "use " + supported_families());
    gguf_context_ptr keys(gguf_init_empty());
    set_shape(keys.get(), config);
    set_vocabulary(keys.get(), config);
    weight_maker make(config);
    const int64_t width = config.n_embd, n_q = int64_t(config.n_head) * config.head_dim, n_kv = int64_t(config.n_head_kv) * config.head_dim;
    const int64_t n_vocab = static_cast<int64_t>(config.tokens.size());
    const double by_width = 1.0 / std::sqrt(static_cast<double>(width));
    make.random("token_embd.weight", width, n_vocab, 1.0);
    make.constant("output_norm.weight", width, 1.0f);
    if (known->has_output) make.random("output.weight", width, n_vocab, by_width);
    for (int32_t i = 0; i < config.n_block; i++) {
        const std::string prefix = "blk." + std::to_string(i) + ".";
        make.constant(prefix + "attn_norm.weight", width, 1.0f);
        if (known->has_fused_gate) { // such a family fuses these too
            make.random(prefix + "attn_qkv.weight", width, n_q + 2 * n_kv, by_width);
        } else {
            make.random(prefix + "attn_q.weight", width, n_q, by_width);
            make.random(prefix + "attn_k.weight", width, n_kv, by_width);
            make.random(prefix + "attn_v.weight", width, n_kv, by_width);
        }
        make.random(prefix + "attn_output.weight", n_q, width, 1.0 / std::sqrt(static_cast<double>(n_q)));
        if (config.architecture == "qwen2") {
            make.random(prefix + "attn_q.bias", n_q, 1, 0.1);
            make.random(prefix + "attn_k.bias", n_kv, 1, 0.1);
            make.random(prefix + "attn_v.bias", n_kv, 1, 0.1);
        }
        if (known->has_head_norms) {
            make.constant(prefix + "attn_q_norm.weight", config.head_dim, 1.0f);
            make.constant(prefix + "attn_k_norm.weight", config.head_dim, 1.0f);
        }
        make.constant(prefix + "ffn_norm.weight", width, 1.0f);
        if (!known->has_fused_gate) make.random(prefix + "ffn_gate.weight", width, config.n_ff, by_width);
        make.random(prefix + "ffn_up.weight", width, (known->has_fused_gate ? 2 : 1) * int64_t(config.n_ff), by_width);
        make.random(prefix + "ffn_down.weight", config.n_ff, width, 1.0 / std::sqrt(static_cast<double>(config.n_ff)));
        if (known->has_post_norms) {
            make.constant(prefix + "post_attention_norm.weight", width, 1.0f);
            make.constant(prefix + "post_ffw_norm.weight", width, 1.0f);
        }
    }
    write_sealed_gguf(config.output, std::move(keys), make.filled());
}
