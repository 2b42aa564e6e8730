// The inverse that EASE (ease.h) needs.
#pragma once
#include "error.h"
#include "fit/ease.h"
#include <vector>

// inverse(G + l2 I), G the products of rows of X with each other (by users) or of its columns (by items): [n][n], n users or items of the log.
// throws user_error(exit_memory) when there is no memory for it, user_error(exit_usage) when l2 is too small for single precision
std::vector<float> ease_inverse(const interaction_log & log, ease_form form, const ease_settings & settings, const fit_context & context);

user_error too_small_for_ease(double l2); // in single precision
