#include "kernels/weight_gradient.h"
#include "kernels/gemm.h"
#include "kernels/number_in_pointer.h"

// dW has one output a row: dW(o, i) = sum_c dy(o, c) x(c, i). Both operands have one k (a column c) a line.
static void run(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const ggml_tensor * x = dst->src[0], * dy = dst->src[1];
    const gemm_operand a = {dy->data, GGML_TYPE_F32, (int64_t) dy->nb[1], false};
    const gemm_operand b = {x->data, GGML_TYPE_F32, (int64_t) x->nb[1], false};
    const int64_t n_in = x->ne[0], n_out = dy->ne[0];
    const gemm_share share = share_gemm(n_out, n_in, x->ne[1], GGML_TYPE_F32, thread, threads);
    float * dw = (float *) dst->data;
    gemm(a, b, share.rows, share.columns, x->ne[1], dw, n_in, false, thread);
    const float scale = float_in_pointer(userdata);
    for (int64_t o = share.rows.begin; o < share.rows.end; o++)
        for (int64_t i = share.columns.begin; i < share.columns.end; i++) dw[o * n_in + i] *= scale;
}

ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) {
    GGML_ASSERT(x->type == GGML_TYPE_F32 && ggml_is_contiguous(x) && ggml_nrows(x) == x->ne[1]);
    GGML_ASSERT(dy->type == GGML_TYPE_F32 && ggml_is_contiguous(dy) && ggml_nrows(dy) == x->ne[1]);
    ggml_tensor * args[] = {x, dy};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], dy->ne[0], 1, 1, args, 2, run, GGML_N_TASKS_MAX, pointer_of_float(scale)), "weight_gradient");
}
