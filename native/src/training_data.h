// The rows a run is trained on, as tokens.
#pragma once
#include "config.h"
#include "model.h"
#include "token_layout.h"
#include <string>
#include <vector>

// In the order of the config.
// throws user_error(exit_usage) for a row that is not in the data; user_error(exit_data) when there is none, or one is too long
std::vector<token_row> read_training_rows(const train_config & config, const vocabulary & vocab, int32_t max_length);

// Emits one event a shortened row, and one about all rows.
void announce_training_rows(const std::vector<token_row> & rows, const train_config & config);

int64_t loss_tokens(const std::vector<token_row> & rows, bool all);

// What a checkpoint goes with beside the settings: the rows as tokens, and the model as far as a glance tells.
std::string digest_of(const std::vector<token_row> & rows, const base_model & model);
