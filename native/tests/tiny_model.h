// Tiny random models of each family, adapters with random values, random token rows: what the tests run on.
#pragma once
#include "gguf_file.h"
#include "init_model.h"
#include "lora.h"
#include "random.h"
#include "gguf_writer.h"
#include "token_rows.h"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

// A folder that goes away with its name.
struct temporary_folder {
    std::string path;
    temporary_folder() {
        static int count = 0;
        path = (std::filesystem::temp_directory_path() / ("rectune-test-" + std::to_string(getpid()) + "-" + std::to_string(count++))).string();
        std::filesystem::create_directories(path);
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

// Unknown, begin, end and the 256 bytes: every text has tokens.
inline std::vector<init_config::token> byte_vocabulary() {
    std::vector<init_config::token> tokens = {{"<unk>", 0, "unknown"}, {"<s>", 0, "control"}, {"</s>", 0, "control"}};
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        std::snprintf(text, sizeof text, "<0x%02X>", byte);
        tokens.push_back({text, 0, "byte"});
    }
    return tokens;
}

// Grouped queries, and sizes that divide by nothing; qwen3 has heads wider than width / heads.
inline init_config tiny_config(const std::string & folder, const std::string & family, uint64_t seed) {
    init_config config;
    config.output = folder + "/" + family + ".gguf";
    config.architecture = family;
    config.seed = seed;
    config.n_block = family == "smollm3" ? 5 : 3; // one without rope among them
    config.n_head = 4;
    config.n_head_kv = 2;
    config.head_dim = family == "qwen3" || family == "gemma2" || family == "gemma3" ? 14 : 10;
    config.n_embd = 40;
    config.n_ff = 52;
    config.context_length = 256;
    config.rope_base = 10000;
    config.rms_epsilon = 1e-5;
    config.tokens = byte_vocabulary();
    config.bos = 1;
    config.eos = 2;
    return config;
}

inline std::string write_tiny_model(const std::string & folder, const std::string & family, uint64_t seed) {
    const init_config config = tiny_config(folder, family, seed);
    write_random_model(config);
    return config.output;
}

// A tensor of an F32 file, out of the file.
struct stored_tensor { std::string name; std::vector<int64_t> ne; std::vector<float> values; };

// Writes a GGUF file again, its keys and its tensors as `edit` leaves them, rounded to the type: F32 or F16.
inline void rewrite(const std::string & path, const std::function<void(gguf_context * keys, std::vector<stored_tensor> & tensors)> & edit, ggml_type type = GGML_TYPE_F32) {
    gguf_context_ptr keys(gguf_init_empty());
    std::vector<stored_tensor> tensors;
    {
        const gguf_file file(path);
        gguf_set_kv(keys.get(), file.keys());
        for (const ggml_tensor * tensor : file.tensors()) {
            tensors.push_back({tensor->name, std::vector<int64_t>(tensor->ne, tensor->ne + ggml_n_dims(tensor)), as_floats(tensor)});
        }
    }
    edit(keys.get(), tensors);
    ggml_init_params params{};
    for (const stored_tensor & tensor : tensors) params.mem_size += ggml_tensor_overhead() + GGML_PAD(tensor.values.size() * sizeof(float), GGML_MEM_ALIGN);
    const ggml_context_ptr ctx(ggml_init(params));
    std::vector<const ggml_tensor *> written;
    for (const stored_tensor & tensor : tensors) {
        ggml_tensor * made = ggml_new_tensor(ctx.get(), type, static_cast<int>(tensor.ne.size()), tensor.ne.data());
        ggml_set_name(made, tensor.name.c_str());
        if (type == GGML_TYPE_F16) ggml_fp32_to_fp16_row(tensor.values.data(), static_cast<ggml_fp16_t *>(made->data), ggml_nelements(made));
        else std::memcpy(made->data, tensor.values.data(), ggml_nbytes(made));
        written.push_back(made);
    }
    write_sealed_gguf(path, std::move(keys), written);
}

inline std::vector<float> random_values(const std::string & name, int64_t n, double mean, double deviation) {
    random_stream chance(23, name);
    std::vector<float> values(static_cast<size_t>(n));
    for (float & value : values) value = static_cast<float>(mean + deviation * chance.normal());
    return values;
}

// Gains of the norms that are not 1: with 1 a gain that is missing or in the wrong place changes nothing.
inline void randomise_gains(const std::string & path) {
    rewrite(path, [](gguf_context *, std::vector<stored_tensor> & tensors) {
        for (stored_tensor & tensor : tensors) {
            if (tensor.name.find("norm") != std::string::npos) tensor.values = random_values(tensor.name, tensor.ne[0], 1, 0.3);
        }
    });
}

// What a llama model may have beside the plain form: a bias on every layer, factors and linear scaling of rope.
inline void add_every_option(const std::string & path) {
    rewrite(path, [](gguf_context * keys, std::vector<stored_tensor> & tensors) {
        gguf_set_val_str(keys, "llama.rope.scaling.type", "linear");
        gguf_set_val_f32(keys, "llama.rope.scaling.factor", 2.5f);
        const std::vector<stored_tensor> before = tensors;
        for (const stored_tensor & tensor : before) {
            const size_t end = tensor.name.find(".weight");
            if (tensor.ne.size() != 2 || tensor.name.rfind("blk.", 0) != 0) continue;
            const std::string name = tensor.name.substr(0, end) + ".bias";
            tensors.push_back({name, {tensor.ne[1]}, random_values(name, tensor.ne[1], 0, 0.2)});
        }
        tensors.push_back({"rope_freqs.weight", {5}, {1, 1.5f, 2, 4, 8}});
    });
}

// A window that rows of nine tokens outgrow, in two of three blocks, with a base of its own for their rope.
inline void add_windows(const std::string & path, const std::string & family, bool as_array) {
    rewrite(path, [&](gguf_context * keys, std::vector<stored_tensor> &) {
        gguf_set_val_u32(keys, (family + ".attention.sliding_window").c_str(), 5);
        gguf_set_val_f32(keys, (family + ".rope.freq_base_swa").c_str(), 300.0f);
        gguf_set_val_f32(keys, (family + ".rope.scaling.factor").c_str(), 1.7f);
        const int8_t windowed[] = {0, 1, 1};
        if (as_array) gguf_set_arr_data(keys, (family + ".attention.sliding_window_pattern").c_str(), GGUF_TYPE_BOOL, windowed, 3);
        else gguf_set_val_u32(keys, (family + ".attention.sliding_window_pattern").c_str(), 3);
    });
}

// Caps low enough to bend what a tiny model computes.
inline void add_soft_caps(const std::string & path, const std::string & family) {
    rewrite(path, [&](gguf_context * keys, std::vector<stored_tensor> &) {
        gguf_set_val_f32(keys, (family + ".attn_logit_softcapping").c_str(), 1.5f);
        gguf_set_val_f32(keys, (family + ".final_logit_softcapping").c_str(), 2.0f);
    });
}

// Partial rope, its two sets of factors, and the factor of LongRoPE; the model's context is longer than the original one, or not.
inline void add_rope_sets(const std::string & path, bool has_long_context) {
    rewrite(path, [&](gguf_context * keys, std::vector<stored_tensor> & tensors) {
        gguf_set_val_u32(keys, "phi3.rope.dimension_count", 6);
        gguf_set_val_u32(keys, "phi3.rope.scaling.original_context_length", has_long_context ? 100 : 256);
        gguf_set_val_f32(keys, "phi3.rope.scaling.attn_factor", 1.2f);
        tensors.push_back({"rope_factors_long.weight", {3}, {1.5f, 4, 9}});
        tensors.push_back({"rope_factors_short.weight", {3}, {1, 1.2f, 2}});
    });
}

// Without a head of its own the model reads its answers with the token embedding.
inline void tie_output(const std::string & path) {
    rewrite(path, [](gguf_context *, std::vector<stored_tensor> & tensors) {
        tensors.erase(std::remove_if(tensors.begin(), tensors.end(), [](const stored_tensor & tensor) { return tensor.name == "output.weight"; }), tensors.end());
    });
}

// A LoRA as Hu et al. describe it, in every block.
inline adapter_settings plain_settings(int32_t rank, double alpha, uint64_t seed) {
    return {rank, alpha, lora_scaling::by_rank, lora_init::random, false, seed};
}

inline std::unique_ptr<adapter> plain_adapter(backend & cpu, const base_model & model, const std::vector<std::string> & targets, int32_t rank, double alpha, uint64_t seed) {
    return adapter::create(cpu, model, resolve_targets(model, targets, {0, model.shape.n_block}), plain_settings(rank, alpha, seed));
}

// A tiny model from its file, and the adapter that a test puts on it.
struct adapted_model {
    temporary_folder folder;
    std::string path;
    gguf_file file;
    base_model model;
    backend cpu{1}; // the kernels give the same bytes for any number of threads, and have tests of it
    std::unique_ptr<adapter> lora;

    // write  writes the model into a folder, and returns its path
    explicit adapted_model(const std::function<std::string(const std::string & folder)> & write) : path(write(folder.path)), file(path), model(load_model(file)) {}
};

inline void set_floats(ggml_tensor * tensor, const std::vector<float> & values) { ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor)); }

// Normal numbers for what is trained, so that the adapter does something; where it begins at more than noise they are added.
inline void randomise(const adapter & lora, double deviation, uint64_t seed) {
    for (const trained_tensor & one : lora.trained()) {
        random_stream chance(seed, one.tensor->name);
        std::vector<float> values = floats_of(one.tensor);
        const bool adds = one.part == lora_part::magnitude || one.n_trained < one.n_components;
        for (size_t i = 0; i < values.size(); i++) {
            if (one.is_trained(i)) values[i] = static_cast<float>((adds ? values[i] : 0) + chance.normal() * deviation);
        }
        set_floats(one.tensor, values);
    }
}

// Rows of random tokens that begin alike, with an answer of a few tokens.
inline std::vector<token_row> random_rows(size_t n_rows, int32_t n_vocab, uint64_t seed) {
    random_stream chance(seed, "rows");
    std::vector<llama_token> prefix = {1};
    for (int i = 0; i < 6; i++) prefix.push_back(static_cast<llama_token>(chance.below(static_cast<uint64_t>(n_vocab))));
    std::vector<token_row> rows;
    for (size_t r = 0; r < n_rows; r++) {
        token_row row{static_cast<int64_t>(r), prefix, 0, 0};
        const size_t length = 9 + chance.below(9);
        while (row.tokens.size() < length) row.tokens.push_back(static_cast<llama_token>(chance.below(static_cast<uint64_t>(n_vocab))));
        row.answer_begin = static_cast<int32_t>(row.tokens.size()) - 2 - static_cast<int32_t>(chance.below(2));
        rows.push_back(row);
    }
    return rows;
}
