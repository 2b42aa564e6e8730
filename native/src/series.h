// The verb `series`: many adapters in one process, one after the other, over one training_base. Each run makes the files and says the events
// that `train` would, each event with "run": the bytes of an adapter do not depend on what else the process does.
#pragma once
#include "config.h"
#include "error.h"

// A run that fails or is stopped ends the series; those before it are done, those after it have not begun.
// returns exit_done, or exit_stopped after a SIGTERM or SIGINT (the run that was at work has saved a checkpoint then)
// throws  user_error; events belong to the run whose fault it is
exit_code series(const series_config & config);
