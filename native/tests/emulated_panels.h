// The sixteen-bit panels with their rare instruction emulated (emulated_panels.cpp): bf16, then fp16.
#pragma once
#include "check.h"
#include "kernels/narrow_panels.h"
#include <vector>

#ifdef RECTUNE_EMULATED_PANELS
extern const narrow_panels emulated_bf16, emulated_fp16;
#endif

// Skips the test where even the emulation cannot run.
inline std::vector<const narrow_panels *> emulated() {
#ifdef RECTUNE_EMULATED_PANELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c")) return {&emulated_bf16, &emulated_fp16};
#endif
    throw test_skipped("this processor has no AVX-512 to emulate with");
}
