// Rows answered one at a time by stock libllama, with the time that each answer took.
#pragma once
#include "config.h"
#include "error.h"

// throws user_error
exit_code serve(const serve_config & config);
