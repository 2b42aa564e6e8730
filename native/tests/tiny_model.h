// Tiny random models of each family, adapters with random values, random token rows: what the tests run on.
#pragma once
#include "init_model.h"
#include "lora.h"
#include "random.h"
#include "token_rows.h"
#include <cstdio>
#include <filesystem>
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
inline std::string write_tiny_model(const std::string & folder, const std::string & family, uint64_t seed) {
    init_config config;
    config.output = folder + "/" + family + ".gguf";
    config.architecture = family;
    config.seed = seed;
    config.n_block = 3;
    config.n_head = 4;
    config.n_head_kv = 2;
    config.head_dim = family == "qwen3" ? 14 : 10;
    config.n_embd = 40;
    config.n_ff = 52;
    config.context_length = 256;
    config.rope_base = 10000;
    config.rms_epsilon = 1e-5;
    config.tokens = byte_vocabulary();
    config.bos = 1;
    config.eos = 2;
    write_random_model(config);
    return config.output;
}

// Fills A and B with normal numbers, so that the adapter does something.
inline void randomise(const adapter & lora, double deviation, uint64_t seed) {
    for (size_t i = 0; i < lora.pairs().size(); i++) {
        for (ggml_tensor * tensor : {lora.pairs()[i].a, lora.pairs()[i].b}) {
            random_stream chance(seed, tensor->name);
            std::vector<float> values(static_cast<size_t>(ggml_nelements(tensor)));
            for (float & value : values) value = static_cast<float>(chance.normal() * deviation);
            ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
        }
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
