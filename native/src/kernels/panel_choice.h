// Which panels a run computes its frozen layers with. Flags say what a processor can execute, not what is fast: vdpbf16ps is twice
// as fast as f32 on Zen 5 and half as fast on an Intel machine that has it too. So: a short measurement, after a check of the answer.
#pragma once
#include "kernels/cpu_kernels.h"
#include "kernels/narrow_panels.h"
#include <cstdint>
#include <functional>
#include <vector>

// Does a small product come out as the exact one, but for the rounding of the type? A kernel that fails here is never chosen.
bool gives_right_answers(const narrow_panels & panels);

// Operations a second of the innermost loop over panels that stay in the first-level cache, for about a millisecond of one thread's time.
double speed_of(const cpu_kernels & cpu, const narrow_panels * panels);

// The fastest of the candidates, or nullptr for f32: which is left only for a gain above 1.25. Four interleaved rounds of a millisecond
// each, the best of each candidate: 12 ms for two candidates. speed: speed_of, or another clock in a test.
const narrow_panels * choose_panels(const cpu_kernels & cpu, const std::vector<const narrow_panels *> & candidates,
                                    const std::function<double(const cpu_kernels &, const narrow_panels *)> & speed = speed_of);
