#include "operators.h"
#include "kernels/attention.h"
#include "kernels/columns.h"
#include "kernels/cross_entropy.h"
#include "kernels/dropout.h"
#include "kernels/frozen_linear.h"
#include "kernels/low_rank.h"
#include "kernels/norm.h"
#include "kernels/weight_gradient.h"
#include <unordered_set>

namespace {

// Whether one side is as small as a LoRA matrix's.
bool is_low_rank(const ggml_tensor * w, int64_t side) { return w->type == GGML_TYPE_F32 && side <= low_rank_most; }

class own_kernels : public operators {
  public:
    explicit own_kernels(const narrow_panels * panels) : panels_(panels) {}

  private:
    const narrow_panels * panels_;
    std::unordered_set<const ggml_tensor *> in_f32_;

    const narrow_panels * panels_for(const ggml_tensor * w) const { return panels_ && in_f32_.count(w) == 0 ? panels_ : nullptr; }

    void keep_f32(const ggml_tensor * w) override { in_f32_.insert(w); }
    ggml_tensor * linear(ggml_context * ctx, ggml_tensor * w, ggml_tensor * x, read_by) override {
        return is_low_rank(w, w->ne[1]) ? low_rank_down(ctx, w, x) : ::frozen_linear(ctx, w, x, panels_for(w));
    }
    ggml_tensor * linear_back(ggml_context * ctx, ggml_tensor * w, ggml_tensor * dy, read_by) override {
        return is_low_rank(w, w->ne[0]) ? low_rank_down_back(ctx, w, dy) : ::frozen_linear_back(ctx, w, dy, nullptr, panels_for(w));
    }
    ggml_tensor * linear_onto(ggml_context * ctx, ggml_tensor * y, ggml_tensor * w, ggml_tensor * x, float scale) override {
        return is_low_rank(w, w->ne[0]) ? low_rank_up(ctx, y, w, x, scale) : operators::linear_onto(ctx, y, w, x, scale);
    }
    ggml_tensor * linear_back_onto(ggml_context * ctx, ggml_tensor * dx, ggml_tensor * w, ggml_tensor * dy, float scale) override {
        if (is_low_rank(w, w->ne[1])) return low_rank_up_back(ctx, dx, w, dy, scale);
        return scale == 1.0f ? ::frozen_linear_back(ctx, w, dy, dx, panels_for(w)) : operators::linear_back_onto(ctx, dx, w, dy, scale);
    }
    ggml_tensor * weight_gradient(ggml_context * ctx, ggml_tensor * x, ggml_tensor * dy, float scale) override {
        return x->ne[0] <= low_rank_most || dy->ne[0] <= low_rank_most ? low_rank_gradient(ctx, x, dy, scale) : ::weight_gradient(ctx, x, dy, scale);
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
    ggml_tensor * spread(ggml_context * ctx, ggml_tensor * x, ggml_tensor * places, int64_t n) override { return spread_columns(ctx, x, places, n); }
    ggml_tensor * merge(ggml_context * ctx, ggml_tensor * first, ggml_tensor * second, ggml_tensor * order) override { return merge_columns(ctx, first, second, order); }
    ggml_tensor * norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float epsilon, read_by) override { return ::rms_norm(ctx, x, weight, epsilon); }
    ggml_tensor * norm_back(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, ggml_tensor * dy, ggml_tensor * onto, float epsilon) override {
        return ::rms_norm_back(ctx, x, weight, dy, onto, epsilon);
    }
    ggml_tensor * gated(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up) override { return ::gated(ctx, kind, gate, up); }
    gate_gradient gated_back(ggml_context * ctx, gate_kind kind, ggml_tensor * gate, ggml_tensor * up, ggml_tensor * d_out, read_by) override {
        ggml_tensor * packed = ::gated_back(ctx, kind, gate, up, d_out);
        return {gated_d_gate(ctx, packed), gated_d_up(ctx, packed)};
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

std::unique_ptr<operators> make_cpu_operators(const narrow_panels * panels) { return std::make_unique<own_kernels>(panels); }
