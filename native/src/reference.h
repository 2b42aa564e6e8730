// Stock libllama on a GGUF file: the second truth that our own forward pass is held against.
#pragma once
#include "model_shape.h"
#include "stock_model.h"
#include <cstdint>
#include <llama.h>
#include <optional>
#include <string>
#include <vector>

// Bytes that a reference takes beside the model's tensors: the cache of keys and values, and what it computes with.
// longest  as reference_model is made; n_tokens of the longest row that it computes
uint64_t reference_bytes(const model_shape & shape, int32_t n_block, int32_t longest, int32_t n_tokens);

class reference_model {
  public:
    // adapter_path  loaded by libllama's own adapter loader
    // original      the file an error names when model_path is only a copy of it
    // throws user_error(exit_data) when libllama cannot load the model or the adapter
    reference_model(const std::string & model_path, const std::optional<std::string> & adapter_path, int32_t n_threads, int32_t longest,
                    const std::optional<std::string> & original = std::nullopt);

    // Logits at the last `n_last` positions: n_vocab floats for each, one after another.
    std::vector<float> logits(const std::vector<llama_token> & tokens, int32_t n_last);

  private:
    stock_model model_;
    stock_model::context context_;
};
