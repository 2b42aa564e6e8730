// How the rows of a step come to be passes: the batch in the order of the run, cut into micro-batches, each laid out; what several of them begin with
// stands apart, to be computed once.
#pragma once
#include "config.h"
#include "packing.h"
#include "row_order.h"
#include "shared_prefix.h"
#include "token_layout.h"
#include <memory>
#include <optional>
#include <vector>

// The rows [begin, end) of a batch, computed in one pass.
struct step_part {
    size_t begin, end;
    token_layout layout;
    uint64_t dropout_seed;
    std::optional<given_columns> given; // taken from the plan's prefix

    size_t n_computed() const;
};

struct step_plan {
    std::unique_ptr<shared_prefix> prefix; // nullptr: the parts share nothing that is worth it
    uint64_t prefix_dropout_seed = 0;
    std::vector<step_part> parts;

    int64_t n_columns() const; // that are computed, each counted once
};

// How much a run computes at once: as many rows as its config says, else as many columns as suit the model and the adapted layers.
packing_limits limits_of(const train_config & config, const base_model & model, const std::vector<layer_name> & adapted);

// The rows of a step, before they are cut.
std::vector<token_row> batch_of(row_order & order, const std::vector<token_row> & rows, int64_t step);

// Cuts a batch into parts, and leaves it in the order in which they are computed: the rows of a part stand side by side.
step_plan cut_into_parts(std::vector<token_row> & batch, int64_t step, const train_config & config, packing_limits limits, int32_t n_block);
