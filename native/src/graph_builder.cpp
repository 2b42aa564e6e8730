#include "graph_builder.h"
#include <algorithm>

column_subset::column_subset(std::vector<int32_t> columns) : n_named_(columns.size()), columns_(std::move(columns)) {
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
}

int32_t column_subset::place_of(int32_t column) const {
    return static_cast<int32_t>(std::lower_bound(columns_.begin(), columns_.end(), column) - columns_.begin());
}

graph_builder::graph_builder(const backend & device, const base_model & model, const adapter * lora, const token_layout & layout, const column_subset & wanted,
                             const pass_options & options, float dropout, uint64_t dropout_seed)
    : layout_(layout), wanted_(wanted), options_(options), ops_(device.make_operators()) {
    const model_shape & shape = model.shape;
    for (const block_weights & block : model.blocks) {
        plans_.try_emplace(block.form.window, attention_plan{shape.n_head, shape.n_head_kv, shape.head_dim, shape.attention_scale, layout.segments, block.form.window, shape.attention_soft_cap});
    }
    const size_t n_columns = layout.tokens.size(), n_wanted = wanted.columns().size();
    const size_t n_nodes = 1024 + 512 * model.blocks.size() + wanted.n_named(); // the head comes in chunks of columns
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * n_nodes + ggml_graph_overhead_custom(n_nodes, false);
    params.no_alloc = true;
    ctx_ = ggml_init(params);
    ggml_cgraph * graph = ggml_new_graph_custom(ctx_, n_nodes, false);
    if (options_.states && options_.states->read(layout, known_)) {
        states_ = ggml_new_tensor_2d(ctx_, GGML_TYPE_F32, model.shape.n_embd, static_cast<int64_t>(n_columns));
        ggml_set_input(states_);
    } else {
        tokens_ = graph_input(ctx_, static_cast<int64_t>(n_columns), GGML_TYPE_I32);
    }
    positions_ = graph_input(ctx_, static_cast<int64_t>(n_columns), GGML_TYPE_I32);
    if (n_wanted < n_columns) {
        kept_.indices = graph_input(ctx_, static_cast<int64_t>(n_wanted), GGML_TYPE_I32);
        kept_.positions = graph_input(ctx_, static_cast<int64_t>(n_wanted), GGML_TYPE_I32);
    }
    if (lora) {
        for (const lora_pair & pair : lora->pairs()) {
            ops_->keep_f32(pair.a);
            ops_->keep_f32(pair.b);
        }
    }
    scope_.reset(new pass_scope{ctx_, graph, *ops_, model, lora, positions_, plans_, dropout, dropout_seed, {}, {}, {}});
}

graph_builder::~graph_builder() { ggml_free(ctx_); }

// What a block keeps: the last one the wanted columns.
const kept_columns * graph_builder::kept_by(size_t block) const {
    return block + 1 == scope_->model.blocks.size() && kept_.indices ? &kept_ : nullptr;
}

ggml_tensor * graph_builder::forward() {
    const base_model & model = scope_->model;
    const size_t n_blocks = model.blocks.size(), cut = static_cast<size_t>(options_.cut);
    ggml_tensor * x = states_ ? states_ : adapted_embedding(*scope_, tokens_, embedding_);
    if (!states_ && model.shape.embedding_scale != 1) x = ggml_scale(ctx_, x, model.shape.embedding_scale);
    inputs_.resize(n_blocks);
    tapes_.resize(n_blocks);
    for (size_t i = states_ ? cut : 0; i < n_blocks; i++) {
        if (i == cut && options_.is_f16 && !states_) x = ggml_cast(ctx_, ggml_cast(ctx_, x, GGML_TYPE_F16), GGML_TYPE_F32);
        inputs_[i] = x;
        x = block_forward(*scope_, static_cast<int32_t>(i), x, tapes_[i], kept_by(i));
    }
    ggml_build_forward_expand(scope_->graph, x);
    return x;
}

void graph_builder::backward(ggml_tensor * d_hidden) {
    const bool to_embedding = scope_->lora->adapts_embedding();
    const size_t lowest = static_cast<size_t>(scope_->lora->lowest_block()), n_blocks = scope_->model.blocks.size();
    for (size_t i = n_blocks; i-- > lowest;) {
        // Nothing of the new tape is in the graph yet, so it is computed where the backward first asks for it. The last block's is just made.
        if (options_.recomputes && i + 1 < n_blocks) {
            tapes_[i] = block_tape();
            block_forward(*scope_, static_cast<int32_t>(i), inputs_[i], tapes_[i], kept_by(i));
        }
        d_hidden = block_backward(*scope_, scope_->model.blocks[i], tapes_[i], d_hidden, i > lowest || to_embedding);
        if (d_hidden) ggml_build_forward_expand(scope_->graph, d_hidden);
    }
    if (!to_embedding) return;
    const float scale = scope_->model.shape.embedding_scale;
    adapted_embedding_back(*scope_, embedding_, scale != 1 ? ggml_scale(ctx_, d_hidden, scale) : d_hidden);
}

void graph_builder::set_layout() const {
    if (states_) ggml_backend_tensor_set(states_, known_.data(), 0, ggml_nbytes(states_));
    else ggml_backend_tensor_set(tokens_, layout_.tokens.data(), 0, ggml_nbytes(tokens_));
    if (positions_->buffer) ggml_backend_tensor_set(positions_, layout_.positions.data(), 0, ggml_nbytes(positions_));
    ops_->upload();
    if (!kept_.indices) return;
    std::vector<int32_t> positions;
    for (const int32_t column : wanted_.columns()) positions.push_back(layout_.positions[static_cast<size_t>(column)]);
    ggml_backend_tensor_set(kept_.indices, wanted_.columns().data(), 0, ggml_nbytes(kept_.indices));
    if (kept_.positions->buffer) ggml_backend_tensor_set(kept_.positions, positions.data(), 0, ggml_nbytes(kept_.positions)); // a block without rope reads none
}
