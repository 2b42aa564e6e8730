// The rows a run is trained on, as tokens.
#pragma once
#include "config.h"
#include "model.h"
#include "packing.h"
#include "token_layout.h"
#include <string>
#include <vector>

// In the order of the config.
// throws user_error(exit_usage) for a row that is not in the data; user_error(exit_data) when there is none, or one is too long
std::vector<token_row> read_training_rows(const train_config & config, const vocabulary & vocab, int32_t max_length);

// The rows of a batch that are computed together, as indices: as many as the config says, else by the columns that suit the model.
std::vector<std::vector<size_t>> micro_batches(const std::vector<token_row> & batch, const train_config & config, const model_shape & shape);

// Emits one event a shortened row, and one about all rows. Returns the columns that one pass over them computes.
int64_t announce_training_rows(const std::vector<token_row> & rows, const train_config & config, const model_shape & shape);

// What a checkpoint goes with beside the settings: the rows as tokens, and the model as far as a glance tells.
std::string digest_of(const std::vector<token_row> & rows, const base_model & model);
