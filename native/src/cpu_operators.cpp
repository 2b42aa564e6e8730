#include "operators.h"
#include "kernels/attention.h"
#include "kernels/cross_entropy.h"
#include "kernels/dropout.h"
#include "kernels/frozen_linear.h"
#include "kernels/swiglu.h"
#include "kernels/weight_gradient.h"

namespace {

class own_kernels : public operators {
    ggml_tensor * linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x) override { return ::frozen_linear(ctx, w, x); }
    ggml_tensor * linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy) override { return ::frozen_linear_back(ctx, w, dy); }
    ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) override {
        return ::weight_gradient(ctx, x, dy, scale);
    }
    ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) override {
        return ::attention(ctx, q, k, v, plan);
    }
    attention_gradient attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out,
                                      const attention_plan * plan) override {
        ggml_tensor * packed = ::attention_back(ctx, q, k, v, d_out, plan);
        const int64_t n = q->ne[1];
        return {attention_dq(ctx, packed, plan, n), attention_dk(ctx, packed, plan, n), attention_dv(ctx, packed, plan, n)};
    }
    ggml_tensor * swiglu(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up) override { return ::swiglu(ctx, gate, up); }
    gate_gradient swiglu_back(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out) override {
        ggml_tensor * packed = ::swiglu_back(ctx, gate, up, d_out);
        return {swiglu_d_gate(ctx, packed), swiglu_d_up(ctx, packed)};
    }
    ggml_tensor * dropout(ggml_context * ctx, ggml_tensor * x, const dropout_plan * plan) override { return ::dropout(ctx, x, plan); }
    ggml_tensor * cross_entropy(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets) override {
        return ::cross_entropy(ctx, logits, targets);
    }
    ggml_tensor * cross_entropy_back(ggml_context * ctx, ggml_tensor * logits, ggml_tensor * targets, ggml_tensor * weights) override {
        return ::cross_entropy_back(ctx, logits, targets, weights);
    }
    void upload() override {}
};

} // namespace

std::unique_ptr<operators> make_cpu_operators() { return std::make_unique<own_kernels>(); }
