// The verb `measure`: what the kernels reach on this machine, in a few hundred milliseconds.
#pragma once
#include "config.h"
#include "error.h"

// Emits "start", a "kernel" for the peak (multiply-adds on registers only) and for each kernel of a training step, and "done". Processor time a thread,
// medians of interleaved rounds; the peak is measured next to each run, so what slows the core itself slows both.
exit_code measure(const measure_config & config);
