#include "kernels/low_rank.h"
#include "kernels/number_in_pointer.h"
#include "kernels/cpu_kernels.h"
#include "kernels/scratch.h"
#include <algorithm>
#include <cstring>

namespace {

// A thread keeps the small matrix as lines of 32 floats and their multiples, four lines and their multiples, zeros in between.
struct line_matrix {
    int rank;
    int64_t width, stride;
    const float * lines;
};

int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

// scale * w, w [n_in, n_out]: `across` when n_in is the rank, so that a line is a column of what is stored.
line_matrix lines_of(const ggml_tensor * w, bool across, float scale, int thread) {
    line_matrix m = {(int) w->ne[across ? 0 : 1], w->ne[across ? 1 : 0], round_up(w->ne[across ? 1 : 0], 32), nullptr};
    const int64_t size = round_up(m.rank, 4) * m.stride;
    float * to = scratch(thread, scratch_use::low_rank, size);
    memset(to, 0, size * sizeof(float));
    const float * from = (const float *) w->data;
    for (int r = 0; r < m.rank; r++)
        for (int64_t i = 0; i < m.width; i++) to[r * m.stride + i] = scale * (across ? from[i * m.rank + r] : from[r * m.width + i]);
    m.lines = to;
    return m;
}

struct columns { int64_t begin, end; };

columns share_columns(int64_t n, int thread, int threads) {
    const int64_t quads = (n + 3) / 4;
    return {std::min(n, quads * thread / threads * 4), std::min(n, quads * (thread + 1) / threads * 4)};
}

void run_down(ggml_tensor * dst, int thread, int threads, bool across) {
    const line_matrix m = lines_of(dst->src[0], across, 1, thread);
    const columns share = share_columns(dst->ne[1], thread, threads);
    current_cpu_kernels().project(share.end - share.begin, m.rank, m.width, m.lines, m.stride,
                                  (const float *) dst->src[1]->data + share.begin * m.width, (float *) dst->data + share.begin * m.rank);
}

// dst is the view of y that the sum is written to, src[0] is y.
void run_up(ggml_tensor * dst, int thread, int threads, float scale, bool across) {
    const line_matrix m = lines_of(dst->src[1], across, scale, thread);
    const columns share = share_columns(dst->ne[1], thread, threads);
    current_cpu_kernels().expand(share.end - share.begin, m.rank, m.width, m.lines, m.stride,
                                 (const float *) dst->src[2]->data + share.begin * m.rank, (float *) dst->data + share.begin * m.width);
}

// Threads share the wide side, so each sum over the columns is one thread's. Columns go in blocks that stay in the cache.
void run_gradient(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const ggml_tensor * x = dst->src[0], * dy = dst->src[1];
    const bool across = x->ne[0] < dy->ne[0]; // x is the small one
    const ggml_tensor * small = across ? x : dy, * wide = across ? dy : x;
    const int rank = (int) small->ne[0];
    const int64_t width = wide->ne[0], n = wide->ne[1], units = (width + 31) / 32, block = 64;
    const int64_t begin = units * thread / threads * 32, end = std::min(width, units * (thread + 1) / threads * 32);
    if (begin >= end) return;
    const int64_t stride = round_up(end - begin, 32);
    float * sums = scratch(thread, scratch_use::low_rank, rank * stride);
    memset(sums, 0, rank * stride * sizeof(float));
    for (int64_t c = 0; c < n; c += block)
        current_cpu_kernels().outer(std::min(block, n - c), rank, (const float *) small->data + c * rank, end - begin, width,
                                    (const float *) wide->data + c * width + begin, sums, stride);
    const float scale = float_in_pointer(userdata);
    float * dw = (float *) dst->data;
    for (int r = 0; r < rank; r++)
        for (int64_t i = begin; i < end; i++) dw[across ? i * rank + r : r * width + i] = scale * sums[r * stride + i - begin];
}

void down_along(ggml_tensor * dst, int thread, int threads, void *) { run_down(dst, thread, threads, false); }
void down_across(ggml_tensor * dst, int thread, int threads, void *) { run_down(dst, thread, threads, true); }
void up_along(ggml_tensor * dst, int thread, int threads, void * scale) { run_up(dst, thread, threads, float_in_pointer(scale), false); }
void up_across(ggml_tensor * dst, int thread, int threads, void * scale) { run_up(dst, thread, threads, float_in_pointer(scale), true); }

void check(const ggml_tensor * t, int64_t rows, int64_t n) {
    GGML_ASSERT(t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && t->ne[0] == rows && t->ne[1] == n && ggml_nrows(t) == n);
}

} // namespace

ggml_tensor * low_rank_down(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x) {
    check(w, x->ne[0], w->ne[1]);
    check(x, w->ne[0], x->ne[1]);
    ggml_tensor * args[] = {w, x};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, w->ne[1], x->ne[1], 1, 1, args, 2, down_along, GGML_N_TASKS_MAX, nullptr), "low_rank_down");
}

ggml_tensor * low_rank_down_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy) {
    check(w, w->ne[0], dy->ne[0]);
    check(dy, w->ne[1], dy->ne[1]);
    ggml_tensor * args[] = {w, dy};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, w->ne[0], dy->ne[1], 1, 1, args, 2, down_across, GGML_N_TASKS_MAX, nullptr), "low_rank_down");
}

ggml_tensor * low_rank_up(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale) {
    check(w, x->ne[0], y->ne[0]);
    check(x, w->ne[0], y->ne[1]);
    check(y, w->ne[1], x->ne[1]);
    ggml_tensor * args[] = {w, x};
    return ggml_set_name(ggml_custom_inplace(ctx, y, args, 2, up_across, GGML_N_TASKS_MAX, pointer_of_float(scale)), "low_rank_up");
}

ggml_tensor * low_rank_up_back(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale) {
    check(w, dx->ne[0], dy->ne[0]);
    check(dy, w->ne[1], dx->ne[1]);
    check(dx, w->ne[0], dy->ne[1]);
    ggml_tensor * args[] = {w, dy};
    return ggml_set_name(ggml_custom_inplace(ctx, dx, args, 2, up_along, GGML_N_TASKS_MAX, pointer_of_float(scale)), "low_rank_up");
}

ggml_tensor * low_rank_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) {
    check(x, x->ne[0], dy->ne[1]);
    check(dy, dy->ne[0], x->ne[1]);
    ggml_tensor * args[] = {x, dy};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], dy->ne[0], 1, 1, args, 2, run_gradient, GGML_N_TASKS_MAX, pointer_of_float(scale)),
                         "low_rank_gradient");
}

size_t low_rank_scratch_bytes(int64_t rank, int64_t width) { return rank <= low_rank_most ? scratch_bytes(round_up(rank, 4) * round_up(width, 32)) : 0; }
