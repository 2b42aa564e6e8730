// What one step makes small over its whole batch, in passes over some of its rows that add up. A row's weight is w, 1 unless the data
// says otherwise.
//
//   next token     sum over loss tokens of w * -log P(token), by the sum of w over them
//   label softmax  sum over rows of w * -log P(own label among the labels), by the sum of w
//   pairwise       sum over pairs of w_first * w_second * -log sigmoid(s_first - s_second), by the sum of w_first * w_second;
//                  first has the positive label and second has not. Two such rows are a pair when they are of one user, or when one of
//                  them has no such partner of its own user in the batch: so every row counts where the batch has both labels.
#pragma once
#include "label_objectives.h"
#include "token_layout.h"
#include <memory>
#include <vector>

enum class objective_kind { next_token, label_softmax, pairwise };

// The tokens that a pass over rows computes: all but the last, or for the label objectives those before the label.
token_layout lay_out_for_objective(const std::vector<token_row> & rows, objective_kind kind, bool share_prefixes);

// Terms that a batch's loss is the mean of: tokens, rows or pairs.
int64_t loss_terms(const std::vector<token_row> & batch, objective_kind kind, bool loss_on_all);

// The pairs of a batch; weights add up to 1. Without both labels: none.
std::vector<row_pair> pairs_of(const std::vector<token_row> & batch);

class batch_objective {
  public:
    // batch must outlive it; label objectives want rows with label tokens, pairwise with two
    batch_objective(objective_kind kind, const std::vector<token_row> & batch, bool loss_on_all);

    // The objective of the rows [begin, end), laid out by lay_out_for_objective.
    std::unique_ptr<objective> part(size_t begin, size_t end, const token_layout & layout) const;

    // True when a part's gradient needs the scores of the rows that stand in others: a part is then first computed without
    // gradients, and gives its scores here.
    bool needs_scores() const { return kind_ == objective_kind::pairwise; }
    void take_scores(size_t begin, const objective & part);

  private:
    objective_kind kind_;
    const std::vector<token_row> & batch_;
    bool loss_on_all_;
    double total_weight_ = 0;
    std::vector<row_pair> pairs_;
    std::vector<double> scores_;
};
