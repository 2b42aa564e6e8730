// A graph over one batch of token rows in the making: its context, its inputs, and the forward pass up to the last block.
#pragma once
#include "block.h"
#include "token_layout.h"
#include <map>
#include <memory>
#include <vector>

// Some columns of a batch, each once, in rising order: those whose logits are asked for.
class column_subset {
  public:
    explicit column_subset(std::vector<int32_t> columns); // in any order, some named twice

    const std::vector<int32_t> & columns() const { return columns_; }
    size_t n_named() const { return n_named_; } // with those that were named again
    int32_t place_of(int32_t column) const; // index in columns()

  private:
    size_t n_named_;
    std::vector<int32_t> columns_;
};

class graph_builder {
  public:
    // wanted  the columns whose hidden states are asked for; the last block computes no others beyond their keys and values
    // layout and wanted must outlive the builder
    graph_builder(const backend & device, const base_model & model, const adapter * lora, const token_layout & layout, const column_subset & wanted,
                  float dropout, uint64_t dropout_seed);
    ~graph_builder();
    graph_builder(const graph_builder &) = delete;
    graph_builder & operator=(const graph_builder &) = delete;

    pass_scope & scope() { return *scope_; }

    // The wanted columns after the last block [n_embd, wanted]; a tape a block.
    ggml_tensor * hidden_states(std::vector<block_tape> & tapes);

    // Writes the tokens and positions, and what the operators need, once the graph has its memory.
    void set_layout() const;

  private:
    const token_layout & layout_;
    const column_subset & wanted_;
    std::unique_ptr<operators> ops_;
    std::map<int32_t, attention_plan> plans_; // by window
    ggml_context * ctx_;
    ggml_tensor * tokens_;
    ggml_tensor * positions_;
    kept_columns kept_; // of the last block; without tensors when it keeps all
    std::unique_ptr<pass_scope> scope_;
};
