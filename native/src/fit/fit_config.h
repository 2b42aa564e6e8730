// The config of the verb fit (docs/protocol.md).
#pragma once
#include "fit/fit_models.h"
#include "fit/row_scores.h"
#include <optional>
#include <string>

struct fit_validation {
    std::string rows;
    fit_metric metric;
    std::string metric_name;
};

struct fit_learning {
    int64_t epochs; // at most
    int64_t evaluate_every;           // epochs; of no meaning without validation
    std::optional<int64_t> patience;  // evaluations without a better value; nothing: all epochs are made
    std::optional<std::string> state; // file that the fit can go on from
    double state_every;               // seconds
    bool resume;
};

struct fit_config {
    model_choice model;
    std::string settings; // as they were written, without spaces
    std::string interactions;
    int32_t n_items;
    std::optional<std::string> rows; // to score when the model is there
    std::optional<fit_validation> validation; // of a model that learns: the best epoch is kept; nothing: the last one is
    std::optional<fit_learning> learning;     // of a model that learns by epochs
    uint64_t seed;
    int32_t threads;
};

// throws user_error(exit_usage)
fit_config read_fit_config(const std::string & path);
