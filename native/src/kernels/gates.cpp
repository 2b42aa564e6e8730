#include "kernels/gates.h"
#include "kernels/cpu_kernels.h"

namespace {

bool is_plain(const ggml_tensor * t, const ggml_tensor * like) {
    return t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && ggml_are_same_shape(t, like);
}

float * floats(const ggml_tensor * t) { return (float *) t->data; }

template <auto kernel> void run_forward(ggml_tensor * dst, int thread, int threads, void *) {
    const int64_t n = ggml_nelements(dst), begin = n * thread / threads, end = n * (thread + 1) / threads;
    (current_cpu_kernels().*kernel)(end - begin, floats(dst->src[0]) + begin, floats(dst->src[1]) + begin, floats(dst) + begin);
}

template <auto kernel> void run_back(ggml_tensor * dst, int thread, int threads, void *) {
    const ggml_tensor * gate = dst->src[0], * up = dst->src[1], * d_out = dst->src[2];
    const int64_t n = ggml_nelements(gate), begin = n * thread / threads, end = n * (thread + 1) / threads;
    (current_cpu_kernels().*kernel)(end - begin, floats(gate) + begin, floats(up) + begin, floats(d_out) + begin,
                                    floats(dst) + begin, floats(dst) + n + begin);
}

ggml_tensor * half(ggml_context * ctx, ggml_tensor * packed, int64_t index) {
    return ggml_view_2d(ctx, packed, packed->ne[0], packed->ne[1], packed->nb[1], packed->nb[2] * index);
}

} // namespace

ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up) {
    if (kind == gate_kind::library_geglu) return ggml_geglu_split(ctx, gate, up);
    GGML_ASSERT(is_plain(gate, gate) && is_plain(up, gate));
    const bool is_geglu = kind == gate_kind::geglu;
    ggml_tensor * args[] = {gate, up};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, gate->ne[0], gate->ne[1], gate->ne[2], gate->ne[3], args, 2,
                                        is_geglu ? run_forward<&cpu_kernels::geglu> : run_forward<&cpu_kernels::swiglu>, GGML_N_TASKS_MAX, nullptr),
                         is_geglu ? "geglu" : "swiglu");
}

ggml_tensor * gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out) {
    GGML_ASSERT(kind != gate_kind::library_geglu && is_plain(gate, gate) && is_plain(up, gate) && is_plain(d_out, gate) && ggml_nrows(gate) == gate->ne[1]);
    const bool is_geglu = kind == gate_kind::geglu;
    ggml_tensor * args[] = {gate, up, d_out};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, gate->ne[0], gate->ne[1], 2, 1, args, 3,
                                        is_geglu ? run_back<&cpu_kernels::geglu_back> : run_back<&cpu_kernels::swiglu_back>, GGML_N_TASKS_MAX, nullptr),
                         is_geglu ? "geglu_back" : "swiglu_back");
}

ggml_tensor * gated_d_gate(ggml_context * ctx, ggml_tensor * packed) { return half(ctx, packed, 0); }
ggml_tensor * gated_d_up(ggml_context * ctx, ggml_tensor * packed) { return half(ctx, packed, 1); }
