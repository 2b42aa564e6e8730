// Working memory of a kernel: one growing buffer a thread index and purpose, kept for the life of the process.
//
// Not thread_local: ggml starts new worker threads for every graph, and each would allocate anew. A thread index belongs
// to one running thread of one graph, so two graphs must not run at the same time in one process.
#pragma once
#include <cstddef>
#include <cstdint>

enum class scratch_use {
    gemm_a, gemm_b, gemm_weights, gemm_plain, gemm_scales, low_rank,
    attention_rows, attention_panels, attention_keys, attention_p, attention_ds, attention_slope, attention_out, attention_strip,
    count
};

// At least `count` floats, 64-byte aligned; contents undefined.
float * scratch(int thread, scratch_use use, int64_t count);

// What a buffer takes that was asked for so many floats.
size_t scratch_bytes(int64_t count);
