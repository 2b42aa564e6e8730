// The whole model over one batch of token rows: logits where they are asked for, the loss, and the adapter's gradients.
#pragma once
#include "backend.h"
#include "graph_builder.h"
#include "lora.h"
#include "model.h"
#include "objective.h"
#include "token_layout.h"
#include <vector>

struct training_pass {
    const token_layout & layout;
    objective & goal;
    float dropout;
    uint64_t dropout_seed;
    const given_columns * given = nullptr; // columns of the layout that a shared prefix has computed
};

class network {
  public:
    // lora  nullptr: the base model alone
    network(backend & cpu, const base_model & model, const adapter * lora, const pass_options & options = {})
        : cpu_(cpu), model_(model), lora_(lora), options_(options) {}

    // The loss that the pass's objective comes to. With gradients: adds those of the adapter, and to what is given those by its keys and values.
    // Those of the adapter are added to the sums of the options, when they are there.
    double loss(const training_pass & pass, lora_values * gradients);

    // Bytes that the intermediate tensors of the pass take.
    size_t measure_loss(const training_pass & pass, bool wants_gradients) const;

    // Computes what a shared prefix hands over, and afterwards adds the adapter's gradients that are due to it. The same dropout both times.
    void forward(shared_prefix & prefix, float dropout, uint64_t dropout_seed);
    void backward(const shared_prefix & prefix, float dropout, uint64_t dropout_seed, lora_values & gradients);

    size_t measure_prefix(const shared_prefix & prefix, float dropout) const; // the larger of the two

    // Logits at some columns: n_vocab floats for each, one after another.
    std::vector<float> logits(const token_layout & layout, const std::vector<int32_t> & columns);

    size_t measure_logits(const token_layout & layout, const std::vector<int32_t> & columns) const;

    // After the last block, all columns: n_embd floats for each, one after another.
    std::vector<float> hidden_states(const token_layout & layout);
    size_t measure_hidden_states(const token_layout & layout) const;

    // The same of some columns, each once and rising; and the logits that such states come to, n_vocab floats for each. Together they give the
    // bits of `logits`, but as few logits stand in memory at once as the caller likes.
    std::vector<float> hidden_states(const token_layout & layout, const std::vector<int32_t> & columns);
    size_t measure_hidden_states(const token_layout & layout, const std::vector<int32_t> & columns) const;
    std::vector<float> logits_of(const float * states, size_t n);
    size_t measure_logits_of(size_t n) const;

    const model_shape & shape() const { return model_.shape; }
    int32_t n_threads() const { return cpu_.n_threads(); }

  private:
    void add_gradients(const pass_scope & scope, lora_values & gradients) const;

    backend & cpu_;
    const base_model & model_;
    const adapter * lora_;
    pass_options options_;
};
