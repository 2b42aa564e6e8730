// What a model says of the answers that each row of a file allows: the log-odds of two labels, or the likelihood of each choice.
#pragma once
#include "config.h"
#include "error.h"
#include "kernels/narrow_panels.h"

// throws user_error
// panels  of sixteen bits, that this processor can compute with
exit_code score(const score_config & config, const std::vector<const narrow_panels *> & panels = supported_narrow_panels());
