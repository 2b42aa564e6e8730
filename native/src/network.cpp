#include "network.h"
#include "graph_builder.h"
#include <algorithm>
#include <numeric>

namespace {

// The output head on some columns: gather, norm, linear; Gemma 2 bends the logits: cap * tanh(logit / cap).
struct head_tape {
    ggml_tensor * gathered, * logits;
    linear_tape output;
};

ggml_tensor * head_forward(pass_scope & scope, ggml_tensor * hidden, ggml_tensor * columns, head_tape & tape) {
    tape.gathered = ggml_get_rows(scope.ctx, hidden, columns);
    ggml_tensor * normed = scaled_norm(scope, tape.gathered, scope.model.output_norm);
    tape.logits = adapted_linear(scope, -1, "output", scope.model.output, normed, tape.output);
    const float cap = scope.model.shape.final_soft_cap;
    if (cap > 0) tape.logits = ggml_scale(scope.ctx, ggml_tanh(scope.ctx, ggml_scale(scope.ctx, tape.logits, 1.0f / cap)), cap);
    return tape.logits;
}

ggml_tensor * head_backward(pass_scope & scope, const head_tape & tape, ggml_tensor * d_logits, bool want_dx) {
    const float cap = scope.model.shape.final_soft_cap;
    if (cap > 0) d_logits = ggml_mul(scope.ctx, d_logits, ggml_scale_bias(scope.ctx, ggml_sqr(scope.ctx, tape.logits), -1.0f / (cap * cap), 1.0f));
    ggml_tensor * d_normed = adapted_linear_back(scope, tape.output, d_logits, want_dx);
    return want_dx ? scaled_norm_back(scope, tape.gathered, scope.model.output_norm, d_normed) : nullptr;
}

} // namespace

double network::loss(const training_pass & pass, lora_values * gradients) {
    const std::vector<int32_t> & read = pass.goal.columns();
    const column_subset wanted(read);
    graph_builder builder(cpu_, model_, lora_, pass.layout, wanted, options_, pass.dropout, pass.dropout_seed, pass.given);
    pass_scope & scope = builder.scope();
    ggml_tensor * hidden = builder.forward();

    const bool into_blocks = lora_ && lora_->lowest_block() < model_.shape.n_block;
    struct head_chunk { size_t begin, end; ggml_tensor * places; }; // places: among the wanted columns
    std::vector<head_chunk> chunks;
    ggml_tensor * d_hidden = nullptr;
    for (size_t begin = 0; begin < read.size(); begin += pass.goal.most_at_once()) {
        const size_t end = std::min(read.size(), begin + pass.goal.most_at_once());
        const head_chunk chunk{begin, end, graph_input(scope.ctx, static_cast<int64_t>(end - begin), GGML_TYPE_I32)};
        head_tape tape;
        ggml_tensor * logits = head_forward(scope, hidden, chunk.places, tape);
        ggml_tensor * d_logits = pass.goal.emit(scope, logits, begin, gradients != nullptr);
        if (gradients) {
            ggml_tensor * d_gathered = head_backward(scope, tape, d_logits, into_blocks);
            if (into_blocks) {
                ggml_tensor * d_chunk = ggml_get_rows_back(scope.ctx, d_gathered, chunk.places, hidden); // adds up where a column is named twice
                d_hidden = d_hidden ? ggml_add(scope.ctx, d_hidden, d_chunk) : d_chunk;
                ggml_build_forward_expand(scope.graph, d_hidden);
            }
        }
        chunks.push_back(chunk);
    }
    if (gradients && into_blocks) builder.backward(d_hidden);

    cpu_.plan(scope.graph);
    builder.set_layout();
    for (const head_chunk & chunk : chunks) {
        std::vector<int32_t> places;
        for (size_t i = chunk.begin; i < chunk.end; i++) places.push_back(wanted.place_of(read[i]));
        ggml_backend_tensor_set(chunk.places, places.data(), 0, ggml_nbytes(chunk.places));
    }
    pass.goal.write_inputs();
    cpu_.compute(scope.graph);
    pass.goal.read_results();

    if (gradients) {
        add_gradients(scope, *gradients);
        builder.return_gradients();
    }
    return pass.goal.loss();
}

void network::add_gradients(const pass_scope & scope, lora_values & gradients) const {
    std::vector<float> values;
    for (const lora_gradient & gradient : scope.gradients) {
        const size_t index = lora_->index_of(gradient.trained);
        const trained_tensor & trained = lora_->trained()[index];
        std::vector<float> & sum = gradients[index];
        values.resize(sum.size());
        ggml_backend_tensor_get(gradient.values, values.data(), 0, ggml_nbytes(gradient.values));
        for (size_t i = 0; i < sum.size(); i++) {
            if (trained.is_trained(i)) sum[i] += values[i];
        }
    }
}

static column_subset all_columns(const token_layout & layout) {
    std::vector<int32_t> all(layout.tokens.size());
    std::iota(all.begin(), all.end(), 0);
    return column_subset(all);
}

void network::forward(shared_prefix & prefix, float dropout, uint64_t dropout_seed) {
    const column_subset all = all_columns(prefix.layout());
    graph_builder builder(cpu_, model_, lora_, prefix.layout(), all, options_, dropout, dropout_seed);
    builder.forward_to_keys();
    cpu_.plan(builder.scope().graph);
    builder.set_layout();
    cpu_.compute(builder.scope().graph);
    builder.hand_over(prefix);
}

void network::backward(const shared_prefix & prefix, float dropout, uint64_t dropout_seed, lora_values & gradients) {
    if (lora_->lowest_block() >= model_.shape.n_block) return; // nothing in the blocks is trained
    const column_subset all = all_columns(prefix.layout());
    graph_builder builder(cpu_, model_, lora_, prefix.layout(), all, options_, dropout, dropout_seed);
    builder.backward_from_keys(prefix);
    cpu_.plan(builder.scope().graph);
    builder.set_layout();
    cpu_.compute(builder.scope().graph);
    add_gradients(builder.scope(), gradients);
}

std::vector<float> network::logits(const token_layout & layout, const std::vector<int32_t> & columns) {
    const column_subset wanted(columns);
    graph_builder builder(cpu_, model_, lora_, layout, wanted, options_, 0.0f, 0);
    pass_scope & scope = builder.scope();
    ggml_tensor * hidden = builder.forward();
    ggml_tensor * chosen = graph_input(scope.ctx, static_cast<int64_t>(columns.size()), GGML_TYPE_I32);
    scope.ops.keep_f32(model_.output.weight); // log-odds are a difference of two large logits
    head_tape tape;
    ggml_tensor * logits = head_forward(scope, hidden, chosen, tape);
    ggml_set_output(logits);
    ggml_build_forward_expand(scope.graph, logits);

    cpu_.plan(scope.graph);
    builder.set_layout();
    std::vector<int32_t> places;
    for (const int32_t column : columns) places.push_back(wanted.place_of(column));
    ggml_backend_tensor_set(chosen, places.data(), 0, ggml_nbytes(chosen));
    cpu_.compute(scope.graph);
    std::vector<float> values(static_cast<size_t>(ggml_nelements(logits)));
    ggml_backend_tensor_get(logits, values.data(), 0, ggml_nbytes(logits));
    return values;
}

std::vector<float> network::hidden_states(const token_layout & layout) {
    const column_subset wanted = all_columns(layout);
    graph_builder builder(cpu_, model_, lora_, layout, wanted, options_, 0.0f, 0);
    ggml_tensor * hidden = builder.forward();
    ggml_set_output(hidden);
    cpu_.plan(builder.scope().graph);
    builder.set_layout();
    cpu_.compute(builder.scope().graph);
    std::vector<float> values(static_cast<size_t>(ggml_nelements(hidden)));
    ggml_backend_tensor_get(hidden, values.data(), 0, ggml_nbytes(hidden));
    return values;
}
