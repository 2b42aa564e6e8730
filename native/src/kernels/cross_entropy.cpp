#include "kernels/cross_entropy.h"
#include "kernels/cpu_kernels.h"
#include <cmath>
#include <cstdint>

static double log_sum_exp(const float * logits, int64_t n) {
    const float largest = current_cpu_kernels().maximum(n, logits);
    return largest + std::log(current_cpu_kernels().exp_sum(n, logits, largest));
}

static int32_t target_of(const ggml_tensor * targets, int64_t column, int64_t n_vocab) {
    const int32_t target = ((const int32_t *) targets->data)[column];
    GGML_ASSERT(target >= 0 && target < n_vocab);
    return target;
}

static void run_forward(ggml_tensor * dst, int thread, int threads, void *) {
    const ggml_tensor * logits = dst->src[0], * targets = dst->src[1];
    const int64_t n_vocab = logits->ne[0];
    for (int64_t column = thread; column < logits->ne[1]; column += threads) {
        const float * x = (const float *) logits->data + column * n_vocab;
        float * out = (float *) dst->data + column * 2;
        const double sum = log_sum_exp(x, n_vocab);
        out[0] = (float) (sum - x[target_of(targets, column, n_vocab)]);
        out[1] = (float) sum;
    }
}

static void run_back(ggml_tensor * dst, int thread, int threads, void *) {
    const ggml_tensor * logits = dst->src[0], * targets = dst->src[1], * weights = dst->src[2];
    const int64_t n_vocab = logits->ne[0];
    for (int64_t column = thread; column < logits->ne[1]; column += threads) {
        const float * x = (const float *) logits->data + column * n_vocab;
        float * d = (float *) dst->data + column * n_vocab;
        const float weight = ((const float *) weights->data)[column];
        if (weight == 0) {
            for (int64_t i = 0; i < n_vocab; i++) d[i] = 0;
            continue;
        }
        const float largest = current_cpu_kernels().maximum(n_vocab, x);
        const double sum = current_cpu_kernels().exp_sum(n_vocab, x, largest);
        current_cpu_kernels().exp_scaled(n_vocab, x, largest, (float) (weight / sum), d);
        const int32_t target = target_of(targets, column, n_vocab);
        d[target] = (float) (weight * (std::exp((double) x[target] - largest) / sum - 1.0));
    }
}

static void check_operands(const ggml_tensor * logits, const ggml_tensor * targets) {
    GGML_ASSERT(logits->type == GGML_TYPE_F32 && ggml_is_contiguous(logits) && ggml_nrows(logits) == logits->ne[1]);
    GGML_ASSERT(targets->type == GGML_TYPE_I32 && ggml_is_contiguous(targets) && ggml_nelements(targets) == logits->ne[1]);
}

ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets) {
    check_operands(logits, targets);
    ggml_tensor * args[] = {logits, targets};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, 2, logits->ne[1], 1, 1, args, 2, run_forward, GGML_N_TASKS_MAX, nullptr), "cross_entropy");
}

ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights) {
    check_operands(logits, targets);
    GGML_ASSERT(weights->type == GGML_TYPE_F32 && ggml_is_contiguous(weights) && ggml_nelements(weights) == logits->ne[1]);
    ggml_tensor * args[] = {logits, targets, weights};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, logits->ne[0], logits->ne[1], 1, 1, args, 3, run_back, GGML_N_TASKS_MAX, nullptr), "cross_entropy_back");
}
