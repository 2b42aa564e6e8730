// Objectives on the labels alone: what the model says between the allowed answers, not whether it would say one of them.
#pragma once
#include "label_logits.h"
#include "objective.h"
#include <utility>

// Where a row is answered, and with what it may be.
struct label_place {
    int32_t column;                  // its logits say the label's token
    std::vector<llama_token> tokens; // of the labels, the positive one first; as many in every row
    int32_t own;                     // index of the row's own label
};

// The sum over rows of weight * -log P(own label), P the softmax over the tokens of its labels.
class label_softmax_objective : public objective {
  public:
    // weights  one a row
    label_softmax_objective(const std::vector<label_place> & rows, std::vector<float> weights);

    const std::vector<int32_t> & columns() const override { return choice_.columns(); }
    size_t most_at_once() const override { return choice_.most_at_once(); }
    ggml_tensor * emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) override;
    void write_inputs() const override;
    void read_results() override { choice_.read_results(); }
    double loss() const override { return choice_.loss(); }
    std::vector<double> row_losses() const override { return choice_.row_losses(); }

  private:
    label_logits labels_;
    next_token_objective choice_; // among the labels instead of the vocabulary
};

// Of two rows the first should be scored above the second.
struct row_pair { int32_t first, second; float weight; };

// The sum over pairs of weight * -log sigmoid(s_first - s_second), s the log-odds of a row: the logit of its positive label minus that
// of the other one.   RankNet: Burges et al. 2005, doi:10.1145/1102351.1102363; BPR: Rendle et al. 2009, arXiv:1205.2618
//
// A pass computes some rows of a batch; the scores of the others are given, as another pass of the same adapter found them. The
// gradients of such passes add up to that of the whole batch.
class pairwise_objective : public objective {
  public:
    // rows    of this pass: those of the batch from `begin` on; two labels each
    // pairs   of the whole batch, in indices of its rows
    // scores  of every row of the batch; those of this pass's own rows are not looked at
    pairwise_objective(const std::vector<label_place> & rows, size_t begin, const std::vector<row_pair> & pairs, std::vector<double> scores);

    const std::vector<int32_t> & columns() const override { return columns_; }
    size_t most_at_once() const override { return columns_.size(); } // pairs stand across all of them
    ggml_tensor * emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) override;
    void write_inputs() const override;
    void read_results() override;
    double loss() const override; // of the pairs whose first row is computed here: each counts once over the passes of a batch
    std::vector<double> row_losses() const override; // of each row, the mean over its pairs; 0 without one

    std::vector<double> scores() const; // of this pass's own rows

  private:
    bool is_own(int32_t row) const;

    label_logits labels_;
    std::vector<int32_t> columns_;
    size_t begin_;
    std::vector<row_pair> pairs_; // those with a row of this pass
    std::vector<double> scores_;  // of the whole batch; own ones after read_results
    ggml_tensor * own_scores_ = nullptr, * other_scores_ = nullptr, * sides_ = nullptr, * firsts_ = nullptr, * seconds_ = nullptr, * weights_ = nullptr;
};
