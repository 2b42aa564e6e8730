// Of the logits of a column, those of some tokens: the labels that its row may be answered with. Plain ggml ops, on any device.
#pragma once
#include "pass.h"
#include <cstdint>
#include <llama.h>
#include <vector>

class label_logits {
  public:
    // tokens  n_labels a column, one column after another; those of one column differ
    label_logits(std::vector<llama_token> tokens, size_t n_labels) : tokens_(std::move(tokens)), n_labels_(n_labels) {}

    // logits [n_vocab, n] of the columns from the `begin`-th on -> [n_labels, n]
    ggml_tensor * gather(const pass_scope & scope, ggml_tensor * logits, size_t begin);

    // The gradient by the logits that were gathered last: that of their labels, [n_labels, n], in its places, and 0 elsewhere.
    ggml_tensor * scatter(const pass_scope & scope, ggml_tensor * d_labels) const;

    void write_inputs() const;

  private:
    struct chunk { size_t begin; ggml_tensor * flat, * places; }; // flat [1, n_vocab * n]; places: i32 [n_labels * n] in it

    std::vector<llama_token> tokens_;
    size_t n_labels_;
    int64_t n_vocab_ = 0;
    std::vector<chunk> chunks_;
};
