// A graph over one batch of token rows in the making: its context, its inputs, and the forward pass up to the last block.
#pragma once
#include "adapted_embedding.h"
#include "block.h"
#include "hidden_states.h"
#include "shared_prefix.h"
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

// How a pass is computed; none of it changes what comes out, but for is_f16.
struct pass_options {
    int32_t cut = 0;                       // the block before which hidden states are kept; 0: none are
    bool is_f16 = false;                   // they are rounded to f16 there
    const hidden_states * states = nullptr; // those that are known
    bool recomputes = false;               // the backward computes each block's forward again, instead of keeping all of it
    gradient_sums * sums = nullptr;        // where gradients are added up, instead of in what `loss` is given
    bool assumes_states = false;           // the states are said to be known without being there: such a pass can be measured, not computed
};

// The cut of passes with this adapter: there is no gradient below it.
int32_t cut_below(const adapter & lora, const model_shape & shape);

// Products with what is trained are computed in f32, whatever the frozen ones are.
void keep_in_f32(operators & ops, const adapter * lora);

class graph_builder {
  public:
    // wanted  the columns whose hidden states are asked for; the last block computes no others beyond their keys and values
    // given   those that are not computed, but taken from elsewhere, none of them wanted; nullptr: none
    // layout, wanted and given must outlive the builder
    graph_builder(const backend & device, const base_model & model, const adapter * lora, const token_layout & layout, const column_subset & wanted,
                  const pass_options & options, float dropout, uint64_t dropout_seed, const given_columns * given = nullptr);
    ~graph_builder();
    graph_builder(const graph_builder &) = delete;
    graph_builder & operator=(const graph_builder &) = delete;

    pass_scope & scope() { return *scope_; }

    // The wanted columns after the last block [n_embd, wanted].
    ggml_tensor * forward();

    // The keys and values of all blocks, and nothing else, for passes that are given them. All columns must be wanted.
    void forward_to_keys();

    // Backward through the blocks down to the lowest that is adapted, and to the embedding when it is, from the gradient by what `forward` gave.
    void backward(ggml_tensor * d_hidden);

    // The same from the gradients by keys and values alone, as they stand in `from` when the inputs are set.
    void backward_from_keys(const shared_prefix & from);

    // Writes the tokens or known states, the positions, what is given, and what the operators need, once the graph has its memory.
    void set_layout() const;

    // Adds the gradients by what was given to those of its owner, once the graph is computed with its backward.
    void return_gradients() const;

    // Copies the keys and values of forward_to_keys, once the graph is computed.
    void hand_over(shared_prefix & to) const;

  private:
    const block_columns & columns_of(size_t block) const { return block + 1 == scope_->model.blocks.size() ? last_columns_ : columns_; }
    size_t first_block() const { return states_ ? static_cast<size_t>(options_.cut) : 0; }
    ggml_tensor * through_blocks();
    std::vector<int32_t> of_own(const std::vector<int32_t> & of_all) const;
    void write_given() const;

    const token_layout & layout_;
    const column_subset & wanted_;
    const given_columns * const given_;
    std::vector<int32_t> own_; // the columns that are computed
    const pass_options options_;
    std::unique_ptr<operators> ops_;
    std::map<int32_t, attention_plan> plans_; // by window
    ggml_context * ctx_;
    std::vector<float> known_;        // states of all columns at the cut [n_embd, n_columns]; empty: the pass begins with the tokens
    ggml_tensor * tokens_ = nullptr;  // one of these two
    ggml_tensor * states_ = nullptr;
    std::vector<ggml_tensor *> inputs_; // of each block
    std::vector<block_tape> tapes_;
    embedding_tape embedding_;
    block_columns columns_, last_columns_;
    std::vector<block_exchange> exchanges_; // of each block
    given_places places_{};
    const shared_prefix * gradients_from_ = nullptr; // of own keys and values
    std::unique_ptr<pass_scope> scope_;
};
