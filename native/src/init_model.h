// A small base model with random weights and a vocabulary of its own, for tests and for the quickstart.
#pragma once
#include "config.h"

// Writes the GGUF (F32). Weights are normal with deviation 1/sqrt(n_in), norms are 1; the same bytes for the same seed.
// throws user_error(exit_usage) on a family that is not supported, user_error(exit_data) when the file cannot be written
void write_random_model(const init_config & config);
