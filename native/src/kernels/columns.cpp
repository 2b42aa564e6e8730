#include "kernels/columns.h"
#include <algorithm>
#include <cstring>

namespace {

void check_operands(const ggml_tensor * x, const ggml_tensor * indices) {
    GGML_ASSERT(x->type == GGML_TYPE_F32 && ggml_is_contiguous(x) && ggml_nrows(x) == x->ne[1]);
    GGML_ASSERT(indices->type == GGML_TYPE_I32 && ggml_is_contiguous(indices) && ggml_n_dims(indices) == 1);
}

float * column(const ggml_tensor * t, int64_t at) { return (float *) t->data + at * t->ne[0]; }

void run_spread(ggml_tensor * dst, int thread, int threads, void *) {
    const ggml_tensor * x = dst->src[0];
    const int32_t * places = (const int32_t *) dst->src[1]->data, * end = places + x->ne[1];
    const size_t bytes = x->ne[0] * sizeof(float);
    const int64_t last = dst->ne[1] * (thread + 1) / threads;
    int64_t to = dst->ne[1] * thread / threads;
    for (const int32_t * place = std::lower_bound(places, end, (int32_t) to); to < last; to++) {
        if (place == end || *place != to) memset(column(dst, to), 0, bytes);
        else memcpy(column(dst, to), column(x, place++ - places), bytes);
    }
}

void run_merge(ggml_tensor * dst, int thread, int threads, void *) {
    const ggml_tensor * first = dst->src[0], * second = dst->src[1];
    const int32_t * order = (const int32_t *) dst->src[2]->data;
    for (int64_t to = dst->ne[1] * thread / threads; to < dst->ne[1] * (thread + 1) / threads; to++) {
        const int64_t from = order[to] - first->ne[1];
        memcpy(column(dst, to), from < 0 ? column(first, order[to]) : column(second, from), dst->ne[0] * sizeof(float));
    }
}

} // namespace

ggml_tensor * spread_columns(ggml_context * ctx, ggml_tensor * x, ggml_tensor * places, int64_t n) {
    check_operands(x, places);
    GGML_ASSERT(places->ne[0] == x->ne[1] && x->ne[1] <= n);
    ggml_tensor * args[] = {x, places};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], n, 1, 1, args, 2, run_spread, GGML_N_TASKS_MAX, nullptr), "spread_columns");
}

ggml_tensor * merge_columns(ggml_context * ctx, ggml_tensor * first, ggml_tensor * second, ggml_tensor * order) {
    check_operands(first, order);
    check_operands(second, order);
    GGML_ASSERT(first->ne[0] == second->ne[0]);
    ggml_tensor * args[] = {first, second, order};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, first->ne[0], order->ne[0], 1, 1, args, 3, run_merge, GGML_N_TASKS_MAX, nullptr), "merge_columns");
}
