// The verb fit: one model of users and items, made from interactions, and what it says of rows.
#pragma once
#include "error.h"
#include "fit/fit_config.h"

// throws user_error
exit_code fit(const fit_config & config);
