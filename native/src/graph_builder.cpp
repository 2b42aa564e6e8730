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
                             float dropout, uint64_t dropout_seed)
    : layout_(layout), wanted_(wanted), ops_(device.make_operators()) {
    const model_shape & shape = model.shape;
    for (const block_weights & block : model.blocks) {
        plans_.try_emplace(block.form.window, attention_plan{shape.n_head, shape.n_head_kv, shape.head_dim, shape.attention_scale, layout.segments, block.form.window, shape.attention_soft_cap});
    }
    const size_t n_columns = layout.tokens.size(), n_wanted = wanted.columns().size();
    const size_t n_nodes = 1024 + 256 * model.blocks.size() + wanted.n_named(); // the head comes in chunks of columns
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * n_nodes + ggml_graph_overhead_custom(n_nodes, false);
    params.no_alloc = true;
    ctx_ = ggml_init(params);
    ggml_cgraph * graph = ggml_new_graph_custom(ctx_, n_nodes, false);
    tokens_ = graph_input(ctx_, static_cast<int64_t>(n_columns), GGML_TYPE_I32);
    positions_ = graph_input(ctx_, static_cast<int64_t>(n_columns), GGML_TYPE_I32);
    if (n_wanted < n_columns) {
        kept_.indices = graph_input(ctx_, static_cast<int64_t>(n_wanted), GGML_TYPE_I32);
        kept_.positions = graph_input(ctx_, static_cast<int64_t>(n_wanted), GGML_TYPE_I32);
    }
    scope_.reset(new pass_scope{ctx_, graph, *ops_, model, lora, positions_, plans_, dropout, dropout_seed, {}, {}});
}

graph_builder::~graph_builder() { ggml_free(ctx_); }

ggml_tensor * graph_builder::hidden_states(std::vector<block_tape> & tapes) {
    const base_model & model = scope_->model;
    const size_t n_blocks = model.blocks.size();
    ggml_tensor * x = ggml_get_rows(ctx_, model.embedding, tokens_);
    if (model.shape.embedding_scale != 1) x = ggml_scale(ctx_, x, model.shape.embedding_scale);
    tapes.resize(n_blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        const bool trims = i + 1 == n_blocks && kept_.indices;
        x = block_forward(*scope_, static_cast<int32_t>(i), x, tapes[i], trims ? &kept_ : nullptr);
    }
    return x;
}

void graph_builder::set_layout() const {
    ggml_backend_tensor_set(tokens_, layout_.tokens.data(), 0, ggml_nbytes(tokens_));
    if (positions_->buffer) ggml_backend_tensor_set(positions_, layout_.positions.data(), 0, ggml_nbytes(positions_));
    ops_->upload();
    if (!kept_.indices) return;
    std::vector<int32_t> positions;
    for (const int32_t column : wanted_.columns()) positions.push_back(layout_.positions[static_cast<size_t>(column)]);
    ggml_backend_tensor_set(kept_.indices, wanted_.columns().data(), 0, ggml_nbytes(kept_.indices));
    if (kept_.positions->buffer) ggml_backend_tensor_set(kept_.positions, positions.data(), 0, ggml_nbytes(kept_.positions)); // a block without rope reads none
}
