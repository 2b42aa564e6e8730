// A model that learns by epochs: trained until it gets no better, saved so that it can go on, left with the parameters of its best epoch.
#pragma once
#include "fit/fit_config.h"
#include <functional>
#include <string>

// Emits "resumed", then "epoch" after each, then "fitted".
//
// evaluation   on rows of validation, or nullptr: the last epoch is kept
// fingerprint  of model, settings, seed, data and how it is validated; not of the number of epochs, so a fit may be given more
// between_batches  throws user_error(exit_stopped) to end it; the state of the last whole epoch is saved then
// returns  false when it was stopped: "stopped" was emitted
// throws   user_error(exit_diverged) when the loss is not finite
bool learn(fit_model & model, const fit_learning & learning, const fit_evaluation * evaluation, int32_t n_items, const std::string & fingerprint,
           const std::function<void()> & between_batches);
