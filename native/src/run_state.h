// What the decisions of a run depend on, beside the adapter and the optimiser: a checkpoint keeps it, so that a resumed run decides alike.
#pragma once
#include <cstdint>
#include <vector>

struct run_state {
    std::vector<double> recent_losses; // of the last steps, the oldest first (loss_watch.h)

    // Of the evaluations on valid; steps are steps done, 0: none yet.
    int64_t evaluated_step = 0;
    int64_t best_step = 0;
    double best_auc = 0;
    int64_t since_best = 0; // evaluations
};
