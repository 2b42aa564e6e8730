#include "kernels/dropout.h"
#include "kernels/cpu_kernels.h"

// Finaliser of splitmix64 (Steele et al. 2014, doi:10.1145/2714064.2660195): spreads neighbouring numbers over 64 bits.
static uint64_t spread(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// Spread twice, so that (seed, column) and (seed + 1, column - 1) have nothing in common.
static uint64_t column_key(uint64_t seed, int64_t column) {
    return spread(spread(seed + 0x9e3779b97f4a7c15u) + (uint64_t) column * 0x9e3779b97f4a7c15u);
}

void drop_column(const dropout_plan & plan, int64_t rows, int64_t column, const float * x, float * y) {
    GGML_ASSERT(plan.rate >= 0 && plan.rate < 1);
    const uint32_t threshold = (uint32_t) ((double) plan.rate * 4294967296.0);
    current_cpu_kernels().dropout(rows, x, column_key(plan.seed, column), threshold, 1.0f / (1.0f - plan.rate), y);
}

static void run(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const ggml_tensor * x = dst->src[0];
    const int64_t rows = x->ne[0], columns = x->ne[1];
    for (int64_t column = columns * thread / threads; column < columns * (thread + 1) / threads; column++)
        drop_column(*(const dropout_plan *) userdata, rows, column, (const float *) x->data + column * rows, (float *) dst->data + column * rows);
}

std::vector<float> dropout_mask(const dropout_plan & plan, int64_t n_rows, int64_t n_columns) {
    const std::vector<float> ones(n_rows, 1.0f);
    std::vector<float> mask(n_rows * n_columns);
    for (int64_t column = 0; column < n_columns; column++) drop_column(plan, n_rows, column, ones.data(), mask.data() + column * n_rows);
    return mask;
}

ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan) {
    GGML_ASSERT(x->type == GGML_TYPE_F32 && ggml_is_contiguous(x) && ggml_nrows(x) == x->ne[1]);
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], x->ne[1], 1, 1, &x, 1, run, GGML_N_TASKS_MAX, (void *) plan), "dropout");
}
