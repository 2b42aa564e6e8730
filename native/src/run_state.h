// What the decisions of a run depend on, beside the adapter and the optimiser: a checkpoint keeps it, so that a resumed run decides alike.
#pragma once
#include <cstdint>
#include <vector>

struct run_state {
    std::vector<double> recent_losses; // of the last steps, the oldest first (loss_watch.h)
};
