#include "kernels/scratch.h"
#include "ggml.h"
#include <memory>

namespace {

struct buffer {
    std::unique_ptr<float[]> memory;
    int64_t size = 0;
};

const int64_t line = 16; // floats in 64 bytes

int64_t grown(int64_t count) { return count + count / 4 + line; }

} // namespace

size_t scratch_bytes(int64_t count) { return static_cast<size_t>(grown(count)) * sizeof(float); }

float * scratch(int thread, scratch_use use, int64_t count) {
    static buffer buffers[GGML_MAX_N_THREADS][(int) scratch_use::count];
    GGML_ASSERT(thread >= 0 && thread < GGML_MAX_N_THREADS);
    buffer & held = buffers[thread][(int) use];
    if (held.size < count + line) {
        held.memory.reset(); // first, so that old and new never stand side by side
        held.size = grown(count);
        held.memory.reset(new float[held.size]);
    }
    return (float *) (((uintptr_t) held.memory.get() + 63) & ~(uintptr_t) 63);
}
