// Log-odds of the label tokens at the answer position, for every row of a file.
#pragma once
#include "config.h"
#include "error.h"

// throws user_error
exit_code score(const score_config & config);
