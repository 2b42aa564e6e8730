// The verb `train`: rows and base model in, adapter out, checkpoints and events on the way.
#pragma once
#include "config.h"
#include "error.h"

// returns exit_done, or exit_stopped after a SIGTERM or SIGINT (a checkpoint is saved then)
// throws user_error
exit_code train(const train_config & config);
