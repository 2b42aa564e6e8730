#include "kernels/norm.h"
#include "kernels/cpu_kernels.h"
#include "kernels/number_in_pointer.h"

namespace {

void check_operands(const ggml_tensor * x, const ggml_tensor * weight) {
    GGML_ASSERT(x->type == GGML_TYPE_F32 && ggml_is_contiguous(x));
    GGML_ASSERT(weight->type == GGML_TYPE_F32 && ggml_nelements(weight) == x->ne[0]);
}

const float * row_of(const ggml_tensor * t, int64_t row) { return t ? (const float *) t->data + row * t->ne[0] : nullptr; }

void run_forward(ggml_tensor * dst, int thread, int threads, void * epsilon) {
    const int64_t rows = ggml_nrows(dst), n = dst->ne[0];
    for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; row++)
        current_cpu_kernels().rms_norm(n, row_of(dst->src[0], row), row_of(dst->src[1], 0), float_in_pointer(epsilon), (float *) dst->data + row * n);
}

void run_back(ggml_tensor * dst, int thread, int threads, void * epsilon) {
    const int64_t rows = ggml_nrows(dst), n = dst->ne[0];
    for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; row++)
        current_cpu_kernels().rms_norm_back(n, row_of(dst->src[0], row), row_of(dst->src[1], 0), float_in_pointer(epsilon), row_of(dst->src[2], row),
                                            row_of(dst->src[3], row), (float *) dst->data + row * n);
}

} // namespace

ggml_tensor * rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float epsilon) {
    check_operands(x, weight);
    ggml_tensor * args[] = {x, weight};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], x->ne[1], x->ne[2], x->ne[3], args, 2, run_forward, GGML_N_TASKS_MAX, pointer_of_float(epsilon)), "rms_norm");
}

ggml_tensor * rms_norm_back(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto, float epsilon) {
    check_operands(x, weight);
    check_operands(dy, weight);
    GGML_ASSERT(ggml_are_same_shape(dy, x) && (!onto || (ggml_are_same_shape(onto, x) && ggml_is_contiguous(onto))));
    ggml_tensor * args[] = {x, weight, dy, onto};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, x->ne[0], x->ne[1], x->ne[2], x->ne[3], args, onto ? 4 : 3, run_back, GGML_N_TASKS_MAX, pointer_of_float(epsilon)), "rms_norm_back");
}
