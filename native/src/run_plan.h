// What is settled about a run before it begins: how it will be computed in the memory there is, or that it cannot be.
#pragma once
#include "memory_estimate.h"
#include "training_base.h"

struct run_plan {
    memory_choice choice;
    memory_estimate memory;
    uint64_t limit; // bytes that the run may take
    run_layout layout;
};

// In this order, the first that fits: everything kept in memory; hidden states on disk; each block computed again in the backward.
// What the config asks for by name is left as it is.
// throws user_error(exit_memory) when nothing fits; the remedy names the settings that would, tried on the same estimate
run_plan plan_run(training_base & base, size_t run);

// Bytes that this process may hold in all: what it holds now, and what the machine leaves; no more than was asked for.
uint64_t memory_limit(const std::optional<uint64_t> & asked);

// throws user_error(exit_memory) when the program and the model alone are more than the limit
void check_least_memory(const session & open, const std::optional<uint64_t> & asked);

// Emits "estimate".
// remaining  seconds from now to the end; nothing: not measured
void announce_plan(const run_plan & plan, const std::optional<double> & remaining);
