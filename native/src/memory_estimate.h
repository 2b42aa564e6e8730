// What a run will take of the machine's memory, before it begins. Nothing is guessed that can be known: the graphs of its largest passes
// are built and planned, but not allocated, and what the program itself holds is read from the system.
//
// A run goes through phases, and the largest decides. Files that are mapped count as far as they will have been read, as the
// system counts them (VmHWM).
#pragma once
#include "config.h"
#include "hidden_states.h"
#include "kernels/narrow_panels.h"
#include "lora.h"
#include "run_layout.h"
#include "session.h"
#include "validation.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct memory_parts {
    uint64_t program = 0;       // what it holds before it begins: itself, libraries, vocabulary, rows
    uint64_t weights = 0;       // of the model, as they stand in its file
    uint64_t adapter = 0;       // with gradients, moments, and a checkpoint on its way
    uint64_t activations = 0;   // intermediate tensors of the largest pass, and what goes into and comes out of it
    uint64_t hidden_states = 0; // kept in memory, or mapped
    uint64_t kernels = 0;       // working memory of the threads
    uint64_t copies = 0;        // of the model: the gate's, or of a tensor on its way into a merged file

    uint64_t all() const { return program + weights + adapter + activations + hidden_states + kernels + copies; }
};

struct memory_estimate {
    std::string phase; // the largest: "parity", "hidden states", "training", "checkpoint" or "merged model"
    memory_parts parts;
    uint64_t mapped_states = 0; // of parts.hidden_states, what the system can take back: a file that is mapped
    uint64_t needed() const { return parts.all() - mapped_states; }
};

// What a run is planned by. Must outlive what is made of it.
struct planned_run {
    session & open;
    const train_config & config;
    const std::vector<token_row> & rows;
    const validation * valid;          // nullptr: nothing is evaluated
    const adapter & lora;              // may be a planned one
    const narrow_panels * panels;      // of the passes; nullptr: f32
    int32_t cut;                       // pass_options
    hidden_states::need states, valid_states; // of the rows that are trained on, and of those of evaluations
    bool on_device;                    // passes are computed there, in its memory, which is not counted
    uint64_t program;                  // bytes that it holds now
};

struct memory_choice {
    bool recomputes;
    state_place states, valid_states; // memory, disk or nowhere
};

memory_estimate estimate_memory(const planned_run & run, const run_layout & layout, const memory_choice & choice);

// What no settings change: the program and the model. A run that lacks even this can be refused before its rows are read.
uint64_t least_memory(const session & open, uint64_t program);
