// Prefixes that several parts of a batch begin with. They are computed once a step and not once a part: their keys and values go into every
// part that begins so, the gradients by these come back from each part, and at the end one backward pass goes through the prefixes alone.
//
// With K and V what the prefixes hand on, the loss is sum_p loss_p(K(theta), V(theta), theta), so its gradient is that of every part with K
// and V held fixed, plus the gradient of dK . K(theta) + dV . V(theta), where dK and dV are the parts' gradients by K and V, summed.
#pragma once
#include "prefix_index.h"
#include "token_layout.h"
#include <cstdint>
#include <memory>
#include <vector>

class shared_prefix {
  public:
    // prefixes  none empty
    explicit shared_prefix(const std::vector<std::vector<llama_token>> & prefixes, int32_t n_block);

    const token_layout & layout() const { return layout_; }
    size_t n_columns() const { return layout_.tokens.size(); }

    // For each column of another layout ours that ends the same prefix, or -1.
    std::vector<int32_t> find(const token_layout & other) const;

    // What is handed over at one block: [head_dim * n_head_kv, n_columns], one column after another. Empty where the pass has no such block.
    struct hand_over { std::vector<float> keys, values, d_keys, d_values; };
    std::vector<hand_over> blocks;

  private:
    token_layout layout_;
    prefix_index index_;
    std::vector<int32_t> column_of_; // by number of the index
};

// The columns of a part that a shared prefix computes for it.
struct given_columns {
    shared_prefix & from;
    std::vector<int32_t> source; // for each column of the part's layout, the one of `from`, or -1: the part computes it
};

// What a part takes from a shared prefix: all that it finds there, but for the columns that it reads itself.
// read  columns of the part's layout
given_columns take_from(shared_prefix & from, const token_layout & part, const std::vector<int32_t> & read);

// What is worth sharing between neighbouring parts: what the last row of one and the first of the next have in common. nullptr when
// the columns saved are fewer than the prefixes cost: forward twice and backward once.
//
// parts  each with a row at least, in the order in which pack sorts the rows
std::unique_ptr<shared_prefix> prefix_between(const std::vector<const token_layout *> & parts, int32_t n_block);
