#include "adapted_linear.h"

// y + scale * B (A dropout(x)) [n_out, n]
static ggml_tensor * plus_low_rank(pass_scope & scope, ggml_tensor * y, ggml_tensor * x, linear_tape & tape) {
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

static void begin_tape(const pass_scope & scope, int32_t block, const char * target, const linear & layer, linear_tape & tape) {
    tape.layer = &layer;
    tape.pair = scope.lora ? scope.lora->find(block, target) : nullptr;
}

static bool is_plain(const linear & layer, const linear_tape & tape) { return !tape.pair && !layer.bias; }

ggml_tensor * adapted_linear(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, linear_tape & tape, read_by by) {
    begin_tape(scope, block, target, layer, tape);
    ggml_tensor * y = scope.ops.linear(scope.ctx, layer.weight, x, is_plain(layer, tape) ? by : read_by::anything);
    if (tape.pair) y = plus_low_rank(scope, y, x, tape);
    if (tape.pair && tape.pair->magnitude) y = scale_rows(scope, *tape.pair, layer.weight, y, tape.magnitude);
    return layer.bias ? ggml_add(scope.ctx, y, layer.bias) : y;
}

ggml_tensor * adapted_linear_added(pass_scope & scope, int32_t block, const char * target, const linear & layer, ggml_tensor * x, ggml_tensor * residual, linear_tape & tape) {
    begin_tape(scope, block, target, layer, tape);
    if (is_plain(layer, tape)) return scope.ops.linear_added(scope.ctx, residual, layer.weight, x);
    return ggml_add(scope.ctx, residual, adapted_linear(scope, block, target, layer, x, tape));
}

ggml_tensor * adapted_linear_back(pass_scope & scope, const linear_tape & tape, ggml_tensor * dy, bool want_dx, ggml_tensor * onto, read_by by) {
    if (tape.pair && tape.pair->magnitude) dy = scale_rows_back(scope, *tape.pair, tape.magnitude, dy);
    ggml_tensor * dx = nullptr;
    if (want_dx) {
        dx = onto ? scope.ops.linear_back_onto(scope.ctx, onto, tape.layer->weight, dy, 1.0f) : scope.ops.linear_back(scope.ctx, tape.layer->weight, dy, tape.pair ? read_by::anything : by);
    }
    if (!tape.pair) return dx;

    const float scale = scope.lora->scale();
    ggml_tensor * d_down = scope.ops.linear_back(scope.ctx, tape.pair->b, dy); // but for the scale
    add_gradient(scope, tape.pair->a, scope.ops.weight_gradient(scope.ctx, tape.lora_input, d_down, scale));
    add_gradient(scope, tape.pair->b, scope.ops.weight_gradient(scope.ctx, tape.down, dy, scale));
    if (!want_dx) return nullptr;

    if (!tape.dropped) return scope.ops.linear_back_onto(scope.ctx, dx, tape.pair->a, d_down, scale);
    ggml_tensor * dx_lora = scope.ops.dropout(scope.ctx, scope.ops.linear_back(scope.ctx, tape.pair->a, d_down), tape.dropped);
    return ggml_add(scope.ctx, dx, ggml_scale(scope.ctx, dx_lora, scale));
}
