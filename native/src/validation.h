// The task's metric while training: AUC on rows of the valid split, from the scorer that `score` uses. Nothing is learned from them.
#pragma once
#include "config.h"
#include "hidden_states.h"
#include "row_order.h"
#include "row_scorer.h"
#include "session.h"
#include <memory>
#include <optional>
#include <vector>

struct evaluation {
    double auc;
    std::vector<double> log_odds; // in the order of the config's rows
};

class validation {
  public:
    // Reads and tokenises the rows of config.validation, which must be there.
    // throws user_error(exit_data) when a row has no label or not two to choose between, or all have the same one: AUC is not defined then
    validation(const train_config & config, const vocabulary & vocab, const model_shape & shape);
    validation(const validation &) = delete; // the scorer points into the rows
    validation & operator=(const validation &) = delete;

    // Nothing when a stop is asked for before all rows are scored.
    std::optional<evaluation> evaluate(network & own) const;

    // The hidden states of its rows before a block, for passes that evaluate; kept for the next run that asks for the same ones. nullptr: they are
    // not kept. Emits "hidden-states".
    const hidden_states * states(const state_source & source, int32_t cut, state_settings settings);

    // Bytes that an evaluation takes.
    row_scorer::bytes measure(const network & own) const { return scorer_->measure(own); }

    int32_t shortest_length() const { return shortest_length_; } // the lowest limit of tokens that all rows would fit

    // What keeping those states would take.
    hidden_states::need states_need(backend & cpu, const base_model & model, int32_t cut, bool is_f16) const;

    size_t n_rows() const { return rows_.size(); }
    int64_t n_columns() const { return scorer_->n_columns(); }

  private:
    std::vector<std::vector<llama_token>> contexts() const;

    std::string file_;
    std::vector<scoring_row> rows_;
    std::vector<bool> labels_;
    int32_t shortest_length_ = 1;
    std::unique_ptr<row_scorer> scorer_;
    std::unique_ptr<hidden_states> states_;
    int32_t cut_ = 0;                        // of the states
    std::string arithmetic_; // that they were computed with
};

// When to evaluate. Evaluations come every so many steps and after the last one.
struct validation_plan {
    int64_t every;       // steps; 0: never
    int64_t evaluations; // over the whole run
    double share;        // of the run's work that they are, by columns computed
};

const double VALIDATION_SHARE = 0.05; // of a run's work, when nobody says how often

// asked           steps between evaluations; nothing: as often as costs at most VALIDATION_SHARE
// step_columns    columns that all steps compute, forward
// eval_columns    columns of one evaluation
// backward_share  work of a step's backward, by that of its forward: the share of blocks that it runs through
validation_plan plan_validation(std::optional<int64_t> asked, int64_t n_steps, double step_columns, double eval_columns, double backward_share);

// The same for a run.
// columns  of one pass over its rows
validation_plan plan_validation(const train_config & config, const row_order & order, int64_t columns, const validation & valid, int32_t lowest_block, int32_t n_block);
