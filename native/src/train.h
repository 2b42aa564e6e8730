// The verb `train`: rows and base model in, adapter out, checkpoints and events on the way.
#pragma once
#include "config.h"
#include "error.h"
#include "kernels/narrow_panels.h"
#include "training_base.h"

// returns exit_done, or exit_stopped after a SIGTERM or SIGINT (a checkpoint is saved then)
// panels  of sixteen bits, that this processor can compute with
// throws user_error
exit_code train(const train_config & config, const std::vector<const narrow_panels *> & panels = supported_narrow_panels());

// One of the runs that a base was made for, from its event "data" to its "done" or "stopped". Its checkpoints are open.
exit_code train_on(training_base & base, size_t run);

// The verb `estimate`: what memory and time a run would take, from its config. Writes nothing, and compares nothing with libllama.
exit_code estimate(const train_config & config, const std::vector<const narrow_panels *> & panels = supported_narrow_panels());
