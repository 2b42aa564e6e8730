#include "network.h"
#include "graph_builder.h"
#include "ggml-cpp.h"
#include <algorithm>
#include <numeric>

namespace {

// The output head on some columns: gather, norm, linear; Gemma 2 bends the logits: cap * tanh(logit / cap).
struct head_tape {
    ggml_tensor * gathered, * logits;
    linear_tape output;
};

ggml_tensor * logits_of_states(pass_scope & scope, ggml_tensor * states, linear_tape & tape) {
    ggml_tensor * logits = adapted_linear(scope, -1, "output", scope.model.output, scaled_norm(scope, states, scope.model.output_norm, read_by::linear), tape);
    const float cap = scope.model.shape.final_soft_cap;
    return cap > 0 ? ggml_scale(scope.ctx, ggml_tanh(scope.ctx, ggml_scale(scope.ctx, logits, 1.0f / cap)), cap) : logits;
}

ggml_tensor * head_forward(pass_scope & scope, ggml_tensor * hidden, ggml_tensor * columns, head_tape & tape) {
    tape.gathered = ggml_get_rows(scope.ctx, hidden, columns);
    tape.logits = logits_of_states(scope, tape.gathered, tape.output);
    return tape.logits;
}

ggml_tensor * head_backward(pass_scope & scope, const head_tape & tape, ggml_tensor * d_logits, bool want_dx) {
    const float cap = scope.model.shape.final_soft_cap;
    if (cap > 0) d_logits = ggml_mul(scope.ctx, d_logits, ggml_scale_bias(scope.ctx, ggml_sqr(scope.ctx, tape.logits), -1.0f / (cap * cap), 1.0f));
    ggml_tensor * d_normed = adapted_linear_back(scope, tape.output, d_logits, want_dx);
    return want_dx ? scaled_norm_back(scope, tape.gathered, scope.model.output_norm, d_normed) : nullptr;
}

// The graph of a pass that ends in a loss; with gradients, of its backward too.
class loss_graph {
  public:
    loss_graph(const backend & device, const base_model & model, const adapter * lora, const pass_options & options, const training_pass & pass, bool wants_gradients)
        : read_(pass.goal.columns()), wanted_(read_), builder_(device, model, lora, pass.layout, wanted_, options, pass.dropout, pass.dropout_seed, pass.given) {
        pass_scope & scope = builder_.scope();
        ggml_tensor * hidden = builder_.forward();
        const bool into_blocks = lora && lora->lowest_block() < model.shape.n_block;
        ggml_tensor * d_hidden = nullptr;
        for (size_t begin = 0; begin < read_.size(); begin += pass.goal.most_at_once()) {
            const size_t end = std::min(read_.size(), begin + pass.goal.most_at_once());
            const head_chunk chunk{begin, end, graph_input(scope.ctx, static_cast<int64_t>(end - begin), GGML_TYPE_I32)};
            head_tape tape;
            ggml_tensor * logits = head_forward(scope, hidden, chunk.places, tape);
            ggml_tensor * d_logits = pass.goal.emit(scope, logits, begin, wants_gradients);
            if (wants_gradients) {
                ggml_tensor * d_gathered = head_backward(scope, tape, d_logits, into_blocks);
                if (into_blocks) {
                    ggml_tensor * d_chunk = ggml_get_rows_back(scope.ctx, d_gathered, chunk.places, hidden); // adds up where a column is named twice
                    d_hidden = d_hidden ? ggml_add(scope.ctx, d_hidden, d_chunk) : d_chunk;
                    ggml_build_forward_expand(scope.graph, d_hidden);
                }
            }
            chunks_.push_back(chunk);
        }
        if (wants_gradients && into_blocks) builder_.backward(d_hidden);
    }

    pass_scope & scope() { return builder_.scope(); }
    const graph_builder & builder() const { return builder_; }

    // Once the graph has its memory.
    void set_inputs() const {
        builder_.set_layout();
        for (const head_chunk & chunk : chunks_) {
            std::vector<int32_t> places;
            for (size_t i = chunk.begin; i < chunk.end; i++) places.push_back(wanted_.place_of(read_[i]));
            ggml_backend_tensor_set(chunk.places, places.data(), 0, ggml_nbytes(chunk.places));
        }
    }

  private:
    struct head_chunk { size_t begin, end; ggml_tensor * places; }; // places: among the wanted columns

    const std::vector<int32_t> & read_;
    const column_subset wanted_;
    graph_builder builder_;
    std::vector<head_chunk> chunks_;
};

// The graph of a pass that ends in logits.
class logits_graph {
  public:
    logits_graph(const backend & device, const base_model & model, const adapter * lora, const pass_options & options, const token_layout & layout, const std::vector<int32_t> & columns)
        : columns_(columns), wanted_(columns), builder_(device, model, lora, layout, wanted_, options, 0.0f, 0) {
        pass_scope & scope = builder_.scope();
        ggml_tensor * hidden = builder_.forward();
        chosen_ = graph_input(scope.ctx, static_cast<int64_t>(columns.size()), GGML_TYPE_I32);
        scope.ops.keep_f32(model.output.weight); // log-odds are a difference of two large logits
        head_tape tape;
        logits_ = head_forward(scope, hidden, chosen_, tape);
        ggml_set_output(logits_);
        ggml_build_forward_expand(scope.graph, logits_);
    }

    ggml_cgraph * graph() { return builder_.scope().graph; }
    ggml_tensor * logits() const { return logits_; }

    void set_inputs() const {
        builder_.set_layout();
        std::vector<int32_t> places;
        for (const int32_t column : columns_) places.push_back(wanted_.place_of(column));
        ggml_backend_tensor_set(chosen_, places.data(), 0, ggml_nbytes(chosen_));
    }

  private:
    const std::vector<int32_t> & columns_;
    const column_subset wanted_;
    graph_builder builder_;
    ggml_tensor * chosen_, * logits_;
};

column_subset all_columns(const token_layout & layout) {
    std::vector<int32_t> all(layout.tokens.size());
    std::iota(all.begin(), all.end(), 0);
    return column_subset(all);
}

// The graph of a pass that ends behind the last block.
class states_graph {
  public:
    states_graph(const backend & device, const base_model & model, const adapter * lora, const pass_options & options, const token_layout & layout, column_subset wanted)
        : wanted_(std::move(wanted)), builder_(device, model, lora, layout, wanted_, options, 0.0f, 0), states_(builder_.forward()) {
        ggml_set_output(states_);
    }

    ggml_cgraph * graph() { return builder_.scope().graph; }
    ggml_tensor * states() const { return states_; }
    void set_inputs() const { builder_.set_layout(); }

  private:
    const column_subset wanted_;
    graph_builder builder_;
    ggml_tensor * states_;
};

// The output head alone, on hidden states that are known.
class head_graph {
  public:
    head_graph(const backend & device, const base_model & model, const adapter * lora, size_t n) : ops_(device.make_operators()) {
        ggml_init_params params{};
        params.mem_size = ggml_tensor_overhead() * N_NODES + ggml_graph_overhead_custom(N_NODES, false);
        params.no_alloc = true;
        ctx_.reset(ggml_init(params));
        graph_ = ggml_new_graph_custom(ctx_.get(), N_NODES, false);
        states_ = ggml_new_tensor_2d(ctx_.get(), GGML_TYPE_F32, model.shape.n_embd, static_cast<int64_t>(n));
        ggml_set_input(states_);
        keep_in_f32(*ops_, lora);
        ops_->keep_f32(model.output.weight);
        pass_scope scope{ctx_.get(), graph_, *ops_, model, lora, nullptr, nullptr, nullptr, no_attention_, 0.0f, 0, {}, {}, {}};
        linear_tape output;
        logits_ = logits_of_states(scope, states_, output);
        ggml_set_output(logits_);
        ggml_build_forward_expand(graph_, logits_);
    }

    ggml_cgraph * graph() { return graph_; }
    ggml_tensor * logits() const { return logits_; }

    void set_inputs(const float * states) const {
        ggml_backend_tensor_set(states_, states, 0, ggml_nbytes(states_));
        ops_->upload();
    }

  private:
    static constexpr size_t N_NODES = 256;

    std::unique_ptr<operators> ops_;
    const std::map<int32_t, attention_plan> no_attention_;
    ggml_context_ptr ctx_;
    ggml_cgraph * graph_;
    ggml_tensor * states_, * logits_;
};

} // namespace

size_t network::measure_loss(const training_pass & pass, bool wants_gradients) const {
    loss_graph made(cpu_, model_, lora_, options_, pass, wants_gradients);
    return cpu_.measure(made.scope().graph);
}

double network::loss(const training_pass & pass, lora_values * gradients) {
    loss_graph made(cpu_, model_, lora_, options_, pass, gradients != nullptr);
    cpu_.plan(made.scope().graph);
    made.set_inputs();
    pass.goal.write_inputs();
    cpu_.compute(made.scope().graph);
    pass.goal.read_results();
    if (gradients) {
        add_gradients(made.scope(), *gradients);
        made.builder().return_gradients();
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

size_t network::measure_prefix(const shared_prefix & prefix, float dropout) const {
    const column_subset all = all_columns(prefix.layout());
    graph_builder forward(cpu_, model_, lora_, prefix.layout(), all, options_, dropout, 0), backward(cpu_, model_, lora_, prefix.layout(), all, options_, dropout, 0);
    forward.forward_to_keys();
    const size_t bytes = cpu_.measure(forward.scope().graph);
    if (lora_->lowest_block() >= model_.shape.n_block) return bytes;
    backward.backward_from_keys(prefix);
    return std::max(bytes, cpu_.measure(backward.scope().graph));
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

size_t network::measure_logits(const token_layout & layout, const std::vector<int32_t> & columns) const {
    return cpu_.measure(logits_graph(cpu_, model_, lora_, options_, layout, columns).graph());
}

std::vector<float> network::logits(const token_layout & layout, const std::vector<int32_t> & columns) {
    logits_graph made(cpu_, model_, lora_, options_, layout, columns);
    cpu_.plan(made.graph());
    made.set_inputs();
    cpu_.compute(made.graph());
    return floats_of(made.logits());
}

size_t network::measure_hidden_states(const token_layout & layout) const { return measure_hidden_states(layout, all_columns(layout).columns()); }

std::vector<float> network::hidden_states(const token_layout & layout) { return hidden_states(layout, all_columns(layout).columns()); }

size_t network::measure_hidden_states(const token_layout & layout, const std::vector<int32_t> & columns) const {
    return cpu_.measure(states_graph(cpu_, model_, lora_, options_, layout, column_subset(columns)).graph());
}

std::vector<float> network::hidden_states(const token_layout & layout, const std::vector<int32_t> & columns) {
    states_graph made(cpu_, model_, lora_, options_, layout, column_subset(columns));
    cpu_.plan(made.graph());
    made.set_inputs();
    cpu_.compute(made.graph());
    return floats_of(made.states());
}

size_t network::measure_logits_of(size_t n) const { return cpu_.measure(head_graph(cpu_, model_, lora_, n).graph()); }

std::vector<float> network::logits_of(const float * states, size_t n) {
    head_graph made(cpu_, model_, lora_, n);
    cpu_.plan(made.graph());
    made.set_inputs(states);
    cpu_.compute(made.graph());
    return floats_of(made.logits());
}
