// A row's answers scored by stock libllama as a server computes them: the model's file as it is, its own kernels, keys and values in half floats.
// The prompt is computed once; each choice goes on from a copy of its sequence.
#pragma once
#include "row_scorer.h"
#include "stock_model.h"
#include "token_batch.h"

class stock_scorer {
  public:
    // rows      all that will be scored: they decide how large the context is
    // is_exact  keys and values stay floats; servers round them to half floats
    // throws user_error(exit_memory)
    stock_scorer(const stock_model & model, const std::vector<scoring_row> & rows, int32_t n_threads, bool is_exact = false);

    // Forgets all rows before. The time that a server needs to have an empty place is not that of an answer.
    void clear();

    // After clear.
    // throws user_error: memory, or diverged when a score is not finite
    row_score score(const scoring_row & row);

  private:
    struct reading { int32_t place; size_t choice; llama_token token; }; // a log-probability that a batch is asked for

    double log_probability(const float * logits, llama_token token) const;
    const float * prompt_logits(const std::vector<llama_token> & context);
    std::vector<std::vector<double>> choice_log_probabilities(const scoring_row & row, const float * first);
    void read(const std::vector<reading> & readings, std::vector<std::vector<double>> & found);

    const size_t n_vocab_;
    stock_model::context context_;
    token_batch batch_;
};
