// The rows a run is trained on, as tokens.
#pragma once
#include "config.h"
#include "instruction_file.h"
#include "model.h"
#include "packing.h"
#include "target_pattern.h"
#include "token_layout.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

// The file of rows that runs share: read once, each row tokenised when the first run asks for it.
class training_data {
  public:
    // config  of any of the runs: they have file, labels, maxLength and threads alike
    // vocab   must outlive it
    training_data(const train_config & config, const vocabulary & vocab, int32_t max_length);

    // The rows of a run, in the order of its config; those of one that chose the same rows before are the same object.
    // throws user_error(exit_usage) for a row that is not in the data; user_error(exit_data) when there is none, or one is too long
    std::shared_ptr<const std::vector<token_row>> rows_of(const train_config & config);

    // The lowest limit of tokens that all rows of a run would fit, without any history.
    int32_t shortest_length(const std::vector<token_row> & rows) const;

  private:
    const instruction & find(int64_t row) const;
    void tokenise(const std::vector<int64_t> & rows);

    const std::string file_;
    const std::vector<std::string> labels_;
    const vocabulary & vocab_;
    const int32_t max_length_, n_threads_;
    const std::vector<instruction> all_;
    std::map<int64_t, const instruction *> by_row_;
    std::map<int64_t, token_row> tokenised_;
    std::map<std::vector<int64_t>, std::shared_ptr<const std::vector<token_row>>> chosen_; // by the rows that were chosen
};

// Emits one event a shortened row, and one about all rows. Returns the columns that one pass over them computes.
int64_t announce_training_rows(const std::vector<token_row> & rows, const train_config & config, packing_limits limits);

// What a checkpoint goes with beside the settings: the rows as tokens, the model as far as a glance tells, and the adapted layers, however they
// were spelled.
std::string digest_of(const std::vector<token_row> & rows, const base_model & model, const std::vector<layer_name> & layers);
