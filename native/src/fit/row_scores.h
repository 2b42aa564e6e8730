// What a model says of rows, and how good that is.
#pragma once
#include "fit/fit_model.h"
#include "fit/fit_rows.h"
#include <functional>
#include <string>
#include <vector>

// Where a relevant item stands, ties left open: its rank is any of above + 1, ..., above + tied + 1, each as likely.
struct target_place {
    int64_t above; // candidates with a higher score
    int64_t tied;  // others with the same score
};

struct row_result {
    std::vector<float> scores;   // of the candidates, in their order; empty where all items are ranked
    std::vector<target_place> places; // of the relevant items, in their order; empty when nobody says which they are
};

// Calls `take` for each row, in order.
// throws user_error(exit_diverged) when a score is not finite
void score_rows(fit_model & model, const std::vector<fit_row> & rows, int32_t n_items, const std::function<void()> & between_batches,
                const std::function<void(size_t row, const row_result & result)> & take);

enum class fit_metric { auc, ndcg_at_10, mrr_at_10, hit_at_10 };

// On ranks: the mean over rows of the expected value over random tie breaks, each row with one relevant item (Jarvelin and Kekalainen 2002; the
// same values as src/eval/metrics/ranking.ts, ranks below ten count nothing). AUC: over all candidates of all rows together.
class fit_evaluation {
  public:
    // throws user_error(exit_data) when the rows cannot be judged so
    // file  for complaints
    fit_evaluation(const std::vector<fit_row> & rows, fit_metric metric, const std::string & file);
    double evaluate(fit_model & model, int32_t n_items, const std::function<void()> & between_batches) const;

  private:
    const std::vector<fit_row> & rows_;
    fit_metric metric_;
};

// Of one row with one relevant item.
double rank_metric(fit_metric metric, const target_place & place);
