// How far a fit has come, and all that it needs to go on as if it had never stopped. One file, whole or not there (checkpoint_file.h), that each
// newer one replaces; chance follows from seed and epoch.
#pragma once
#include "fit/fit_model.h"
#include <optional>
#include <string>
#include <vector>

struct fit_state {
    int64_t epochs = 0;     // done
    int64_t best_epoch = 0; // from 1; 0: none was evaluated
    double best = 0;        // its value
    int64_t since_best = 0; // evaluations without a better one
    std::vector<std::vector<float>> values;      // parameters, then the optimiser's state, behind the last whole epoch
    std::vector<std::vector<float>> best_values; // parameters of the best epoch; empty when there is none
};

// All that a model keeps: its parameters, then the optimiser's state.
std::vector<fit_values> kept_values(fit_model & model);

std::vector<std::vector<float>> copies(const std::vector<fit_values> & values);
void restore(const std::vector<fit_values> & values, const std::vector<std::vector<float>> & from); // as many as `from` has

// fingerprint  of what decides the bytes: a state of another fit is refused
// throws user_error(exit_data) when it cannot be written
void save_fit_state(const std::string & path, fit_model & model, const fit_state & state, const std::string & fingerprint);

// Nothing when there is no file.
// throws user_error(exit_data) when it is not whole, user_error(exit_usage) when it is of another fit
std::optional<fit_state> read_fit_state(const std::string & path, fit_model & model, const std::string & fingerprint);
