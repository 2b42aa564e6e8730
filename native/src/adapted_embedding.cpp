#include "adapted_embedding.h"

ggml_tensor * adapted_embedding(pass_scope & scope, ggml_tensor * tokens, embedding_tape & tape) {
    ggml_tensor * x = ggml_get_rows(scope.ctx, scope.model.embedding, tokens);
    tape.pair = scope.lora ? scope.lora->find(-1, TOKEN_EMBEDDING) : nullptr;
    if (!tape.pair) return x;
    tape.tokens = tokens;
    tape.down = ggml_get_rows(scope.ctx, tape.pair->a, tokens);
    ggml_tensor * delta = scope.ops.linear(scope.ctx, tape.pair->b, tape.down);
    return ggml_add(scope.ctx, x, ggml_scale(scope.ctx, delta, scope.lora->scale()));
}

void adapted_embedding_back(pass_scope & scope, const embedding_tape & tape, ggml_tensor * dx) {
    const float scale = scope.lora->scale();
    ggml_tensor * d_down = ggml_scale(scope.ctx, scope.ops.linear_back(scope.ctx, tape.pair->b, dx), scale);
    add_gradient(scope, tape.pair->a, ggml_get_rows_back(scope.ctx, d_down, tape.tokens, tape.pair->a)); // adds up over a token's columns
    add_gradient(scope, tape.pair->b, scope.ops.weight_gradient(scope.ctx, tape.down, dx, scale));
}
