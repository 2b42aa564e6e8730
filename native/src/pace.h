// How fast a run will go, measured before it begins: one of its own passes, through a few of its blocks. What a pass takes is taken to be
// linear in its columns and in its blocks, so three short passes tell of the whole run.
#pragma once
#include "compute_place.h"
#include "config.h"
#include "graph_builder.h"
#include "run_layout.h"
#include "session.h"

// Seconds a column.
struct pace {
    double trained_block = 0; // forward and backward
    double frozen_block = 0;  // forward
    double rest = 0;          // the last block, the head, the embedding

    // Of a pass that computes the blocks from `first` on, with gradients from `lowest` on.
    double of_step(int32_t first, int32_t lowest, int32_t n_block) const;
    double of_evaluation(int32_t first, int32_t n_block) const;
};

// Takes about as long as the run's pass through nine blocks. Nothing of the run changes.
//
// lora     of the run: its layers and rank count, not its values
// options  of the run's passes
pace measure_pace(session & open, const compute_place & place, const train_config & config, const std::vector<token_row> & rows, const adapter & lora,
                  const pass_options & options, const run_layout & layout);
