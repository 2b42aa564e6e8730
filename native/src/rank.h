// Rows answered by titles of a set: the most probable ones, written token by token within the set.
#pragma once
#include "config.h"
#include "error.h"

// throws user_error
exit_code rank(const rank_config & config);
