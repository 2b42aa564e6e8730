#include "kernels/frozen_linear.h"
#include "kernels/gemm.h"

static void check_operands(const ggml_tensor * w, const ggml_tensor * x, int64_t x_rows) {
    GGML_ASSERT(x->type == GGML_TYPE_F32 && ggml_is_contiguous(x) && x->ne[0] == x_rows && ggml_nrows(x) == x->ne[1]);
    GGML_ASSERT(ggml_n_dims(w) <= 2 && w->nb[0] == ggml_type_size(w->type));
    GGML_ASSERT(w->type == GGML_TYPE_F32 || ggml_get_type_traits(w->type)->to_float != nullptr);
}

// The tensor of x and y is a matrix with one token a row, so y = x * B with B(k, j) = W's row j, element k (forward) or
// row k, element j (backward): the stored weight serves both, packed across or along its rows.
// dst is a view of what the product is added to, or new.
static void run(ggml_tensor * dst, int thread, int threads, bool forward, const narrow_panels * panels) {
    const bool onto = dst->view_src != nullptr;
    const ggml_tensor * w = dst->src[onto ? 1 : 0], * x = dst->src[onto ? 2 : 1];
    const gemm_operand a = {x->data, GGML_TYPE_F32, (int64_t) x->nb[1], true};
    const gemm_operand b = {w->data, w->type, (int64_t) w->nb[1], forward};
    const gemm_share share = share_gemm(x->ne[1], dst->ne[0], x->ne[0], w->type, thread, threads);
    gemm(a, b, share.rows, share.columns, x->ne[0], (float *) dst->data, dst->ne[0], onto, thread, panels);
}

static void run_forward(ggml_tensor * dst, int thread, int threads, void * panels) { run(dst, thread, threads, true, static_cast<const narrow_panels *>(panels)); }
static void run_back(ggml_tensor * dst, int thread, int threads, void * panels) { run(dst, thread, threads, false, static_cast<const narrow_panels *>(panels)); }

static void * as_userdata(const narrow_panels * panels) { return const_cast<narrow_panels *>(panels); }

ggml_tensor * frozen_linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, const narrow_panels * panels) {
    check_operands(w, x, w->ne[0]);
    ggml_tensor * args[] = {w, x};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, w->ne[1], x->ne[1], 1, 1, args, 2, run_forward, GGML_N_TASKS_MAX, as_userdata(panels)), "frozen_linear");
}

ggml_tensor * frozen_linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, ggml_tensor * onto, const narrow_panels * panels) {
    check_operands(w, dy, w->ne[1]);
    ggml_tensor * args[] = {w, dy};
    if (!onto)
        return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, w->ne[0], dy->ne[1], 1, 1, args, 2, run_back, GGML_N_TASKS_MAX, as_userdata(panels)), "frozen_linear_back");
    GGML_ASSERT(onto->type == GGML_TYPE_F32 && ggml_is_contiguous(onto) && onto->ne[0] == w->ne[0] && onto->ne[1] == dy->ne[1] && ggml_nrows(onto) == onto->ne[1]);
    return ggml_set_name(ggml_custom_inplace(ctx, onto, args, 2, run_back, GGML_N_TASKS_MAX, as_userdata(panels)), "frozen_linear_back");
}
