#include "adapted_linear.h"

ggml_tensor * adapted_linear(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, linear_tape & tape) {
    tape.layer = &layer;
    ggml_tensor * y = scope.ops.linear(scope.ctx, layer.weight, x);
    if (layer.bias) y = ggml_add(scope.ctx, y, layer.bias);
    tape.pair = scope.lora ? scope.lora->find(block, target) : nullptr;
    if (!tape.pair) return y;

    tape.lora_input = x;
    if (scope.dropout > 0) {
        // Each layer of the pass has a mask of its own, the same when its block is computed again.
        const uint64_t place = static_cast<uint64_t>(tape.pair - scope.lora->pairs().data());
        const uint64_t seed = scope.dropout_seed + 0x9E3779B97F4A7C15ull * (place + 1);
        scope.dropout_plans.push_back({scope.dropout, seed});
        tape.dropped = &scope.dropout_plans.back();
        tape.lora_input = scope.ops.dropout(scope.ctx, x, tape.dropped);
    }
    tape.down = scope.ops.linear(scope.ctx, tape.pair->a, tape.lora_input);
    return scope.ops.linear_onto(scope.ctx, y, tape.pair->b, tape.down, scope.lora->scale());
}

ggml_tensor * adapted_linear_back(pass_scope & scope, const linear_tape & tape, ggml_tensor * dy, bool want_dx, ggml_tensor * onto) {
    ggml_tensor * dx = nullptr;
    if (want_dx) {
        dx = onto ? scope.ops.linear_back_onto(scope.ctx, onto, tape.layer->weight, dy, 1.0f) : scope.ops.linear_back(scope.ctx, tape.layer->weight, dy);
    }
    if (!tape.pair) return dx;

    const float scale = scope.lora->scale();
    ggml_tensor * d_down = scope.ops.linear_back(scope.ctx, tape.pair->b, dy); // but for the scale
    lora_gradient gradient;
    gradient.pair = tape.pair;
    gradient.a = scope.ops.weight_gradient(scope.ctx, tape.lora_input, d_down, scale);
    gradient.b = scope.ops.weight_gradient(scope.ctx, tape.down, dy, scale);
    for (ggml_tensor * made : {gradient.a, gradient.b}) {
        ggml_set_output(made); // its memory must not be reused before the host has read it
        ggml_build_forward_expand(scope.graph, made);
    }
    scope.gradients.push_back(gradient);
    if (!want_dx) return nullptr;

    if (!tape.dropped) return scope.ops.linear_back_onto(scope.ctx, dx, tape.pair->a, d_down, scale);
    ggml_tensor * dx_lora = scope.ops.dropout(scope.ctx, scope.ops.linear_back(scope.ctx, tape.pair->a, d_down), tape.dropped);
    return ggml_add(scope.ctx, dx, ggml_scale(scope.ctx, dx_lora, scale));
}
