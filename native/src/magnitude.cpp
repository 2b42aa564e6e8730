#include "magnitude.h"
#include "error.h"
#include "gguf_file.h"
#include <algorithm>
#include <cmath>

void check_magnitudes(const std::vector<lora_pair> & pairs) {
    for (const lora_pair & pair : pairs) {
        if (pair.layer.target != TOKEN_EMBEDDING) continue;
        throw user_error(exit_usage, "DoRA is for linear layers: the token embedding has no rows to scale", "targets", "leave \"" + pair.layer.target + "\" out of the targets");
    }
}

void read_squared_norms(const lora_pair & pair, const ggml_tensor & weight) {
    const ggml_type_traits * traits = ggml_get_type_traits(weight.type);
    std::vector<float> row(static_cast<size_t>(weight.ne[0])), sums;
    for (int64_t out = 0; out < weight.ne[1]; out++) {
        const char * stored = static_cast<const char *>(weight.data) + static_cast<size_t>(out) * weight.nb[1];
        if (weight.type == GGML_TYPE_F32) std::copy_n(reinterpret_cast<const float *>(stored), row.size(), row.begin());
        else traits->to_float(stored, row.data(), weight.ne[0]);
        double sum = 0;
        for (const float value : row) sum += static_cast<double>(value) * value;
        sums.push_back(static_cast<float>(sum));
    }
    ggml_backend_tensor_set(pair.squared_norms, sums.data(), 0, ggml_nbytes(pair.squared_norms));
}

void init_magnitude(const lora_pair & pair, const ggml_tensor & weight) {
    read_squared_norms(pair, weight);
    std::vector<float> values = floats_of(pair.squared_norms);
    for (float & value : values) value = std::sqrt(value);
    ggml_backend_tensor_set(pair.magnitude, values.data(), 0, ggml_nbytes(pair.magnitude));
}

static row_scales make_scales(pass_scope & scope, const lora_pair & pair, ggml_tensor * weight) {
    ggml_context * ctx = scope.ctx;
    const float scale = scope.lora->scale();
    ggml_tensor * projected = ggml_cont(ctx, ggml_transpose(ctx, scope.ops.linear(ctx, weight, pair.a)));    // W a_r: [rank, n_out]
    ggml_tensor * inner = scope.ops.linear(ctx, scope.ops.linear(ctx, pair.a, pair.a), pair.b);              // a a^T b: [rank, n_out]
    ggml_tensor * sum = ggml_add(ctx, ggml_scale(ctx, projected, 2 * scale), ggml_scale(ctx, inner, scale * scale));
    ggml_tensor * change = ggml_sum_rows(ctx, ggml_mul(ctx, sum, pair.b)); // [1, n_out]
    ggml_tensor * squared = ggml_add(ctx, ggml_reshape_1d(ctx, change, weight->ne[1]), pair.squared_norms);
    row_scales made;
    made.norms = ggml_sqrt(ctx, ggml_clamp(ctx, squared, 1e-30f, INFINITY)); // rounding may take the norm of a row of zeros below zero
    made.factors = ggml_div(ctx, pair.magnitude, made.norms);
    return made;
}

ggml_tensor * scale_rows(pass_scope & scope, const lora_pair & pair, ggml_tensor * weight, ggml_tensor * direction, magnitude_tape & tape) {
    const auto known = scope.scales.find(&pair); // the output head comes several times in a pass
    tape.scales = known != scope.scales.end() ? known->second : scope.scales.emplace(&pair, make_scales(scope, pair, weight)).first->second;
    tape.direction = direction;
    return ggml_mul(scope.ctx, direction, tape.scales.factors);
}

ggml_tensor * scale_rows_back(pass_scope & scope, const lora_pair & pair, const magnitude_tape & tape, ggml_tensor * dy) {
    ggml_context * ctx = scope.ctx;
    ggml_tensor * across = ggml_cont(ctx, ggml_transpose(ctx, ggml_mul(ctx, dy, tape.direction))); // [n, n_out]
    ggml_tensor * sums = ggml_reshape_1d(ctx, ggml_sum_rows(ctx, across), dy->ne[0]);
    add_gradient(scope, pair.magnitude, ggml_div(ctx, sums, tape.scales.norms));
    return ggml_mul(ctx, dy, tape.scales.factors);
}
