#include "graph_builder.h"
#include <algorithm>

column_subset::column_subset(std::vector<int32_t> columns) : n_named_(columns.size()), columns_(std::move(columns)) {
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
}

int32_t column_subset::place_of(int32_t column) const {
    return static_cast<int32_t>(std::lower_bound(columns_.begin(), columns_.end(), column) - columns_.begin());
}

int32_t cut_below(const adapter & lora, const model_shape & shape) {
    return lora.adapts_embedding() ? 0 : std::min(lora.blocks().first, shape.n_block - 1); // the last block computes for few columns anyway
}

void keep_in_f32(operators & ops, const adapter * lora) {
    if (!lora) return;
    for (const lora_pair & pair : lora->pairs()) {
        ops.keep_f32(pair.a);
        ops.keep_f32(pair.b);
    }
}

// Those of n columns that nobody gives.
static std::vector<int32_t> own_columns(size_t n, const given_columns * given) {
    std::vector<int32_t> own;
    for (size_t column = 0; column < n; column++) {
        if (!given || given->source[column] < 0) own.push_back(static_cast<int32_t>(column));
    }
    return own;
}

graph_builder::graph_builder(const backend & device, const base_model & model, const adapter * lora, const token_layout & layout, const column_subset & wanted,
                             const pass_options & options, float dropout, uint64_t dropout_seed, const given_columns * given)
    : layout_(layout), wanted_(wanted), given_(given), own_(own_columns(layout.tokens.size(), given)), options_(options), ops_(device.make_operators()) {
    const model_shape & shape = model.shape;
    for (const block_weights & block : model.blocks) {
        plans_.try_emplace(block.form.window, attention_plan{shape.n_head, shape.n_head_kv, shape.head_dim, shape.attention_scale, layout.segments, block.form.window, shape.attention_soft_cap});
    }
    const int64_t n_columns = static_cast<int64_t>(layout.tokens.size()), n_own = static_cast<int64_t>(own_.size()), n_wanted = static_cast<int64_t>(wanted.columns().size());
    const size_t n_nodes = 1024 + 512 * model.blocks.size() + wanted.n_named(); // the head comes in chunks of columns
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * n_nodes + ggml_graph_overhead_custom(n_nodes, false);
    params.no_alloc = true;
    ctx_ = ggml_init(params);
    ggml_cgraph * graph = ggml_new_graph_custom(ctx_, n_nodes, false);
    if (options_.assumes_states || (options_.states && options_.states->read(layout, known_))) {
        states_ = ggml_new_tensor_2d(ctx_, GGML_TYPE_F32, model.shape.n_embd, n_own);
        ggml_set_input(states_);
    } else {
        tokens_ = graph_input(ctx_, n_own, GGML_TYPE_I32);
    }
    columns_.positions = last_columns_.positions = graph_input(ctx_, n_own, GGML_TYPE_I32);
    exchanges_.resize(model.blocks.size());
    if (given) {
        places_ = {graph_input(ctx_, n_columns, GGML_TYPE_I32), graph_input(ctx_, n_columns - n_own, GGML_TYPE_I32), graph_input(ctx_, n_own, GGML_TYPE_I32)};
        columns_.places = last_columns_.places = places_.own;
    }
    if (n_wanted < n_own) {
        last_columns_.kept = graph_input(ctx_, n_wanted, GGML_TYPE_I32);
        last_columns_.positions = graph_input(ctx_, n_wanted, GGML_TYPE_I32);
        last_columns_.places = given ? graph_input(ctx_, n_wanted, GGML_TYPE_I32) : last_columns_.kept;
    }
    keep_in_f32(*ops_, lora);
    scope_.reset(new pass_scope{ctx_, graph, *ops_, model, lora, options_.sums, columns_.positions, given ? &places_ : nullptr, plans_, dropout, dropout_seed, {}, {}, {}});
}

graph_builder::~graph_builder() { ggml_free(ctx_); }

static key_values key_inputs(pass_scope & scope, int64_t n) {
    const auto input = [&] {
        ggml_tensor * tensor = ggml_new_tensor_2d(scope.ctx, GGML_TYPE_F32, int64_t(scope.model.shape.head_dim) * scope.model.shape.n_head_kv, n);
        ggml_set_input(tensor);
        return tensor;
    };
    ggml_tensor * keys = input();
    return {keys, input()};
}

static void expand_outputs(pass_scope & scope, const key_values & outputs) {
    for (ggml_tensor * output : {outputs.keys, outputs.values}) {
        ggml_set_output(output);
        ggml_build_forward_expand(scope.graph, output);
    }
}

ggml_tensor * graph_builder::through_blocks() {
    const base_model & model = scope_->model;
    const size_t n_blocks = model.blocks.size(), cut = static_cast<size_t>(options_.cut);
    ggml_tensor * x = states_ ? states_ : adapted_embedding(*scope_, tokens_, embedding_);
    if (!states_ && model.shape.embedding_scale != 1) x = ggml_scale(ctx_, x, model.shape.embedding_scale);
    inputs_.resize(n_blocks);
    tapes_.resize(n_blocks);
    for (size_t i = first_block(); i < n_blocks; i++) {
        if (i == cut && options_.is_f16 && !states_) x = ggml_cast(ctx_, ggml_cast(ctx_, x, GGML_TYPE_F16), GGML_TYPE_F32);
        if (given_) exchanges_[i].given = key_inputs(*scope_, static_cast<int64_t>(layout_.tokens.size() - own_.size()));
        inputs_[i] = x;
        x = block_forward(*scope_, static_cast<int32_t>(i), x, tapes_[i], columns_of(i), exchanges_[i]);
    }
    return x;
}

ggml_tensor * graph_builder::forward() {
    ggml_tensor * x = through_blocks();
    ggml_build_forward_expand(scope_->graph, x);
    return x;
}

void graph_builder::forward_to_keys() {
    through_blocks();
    for (size_t i = first_block(); i < tapes_.size(); i++) expand_outputs(*scope_, tapes_[i].own);
}

void graph_builder::backward_from_keys(const shared_prefix & from) {
    through_blocks();
    gradients_from_ = &from;
    for (size_t i = static_cast<size_t>(scope_->lora->lowest_block()); i < exchanges_.size(); i++) exchanges_[i].d_own = key_inputs(*scope_, static_cast<int64_t>(own_.size()));
    backward(nullptr);
}

void graph_builder::backward(ggml_tensor * d_hidden) {
    const bool to_embedding = scope_->lora->adapts_embedding();
    const size_t lowest = static_cast<size_t>(scope_->lora->lowest_block()), n_blocks = scope_->model.blocks.size();
    for (size_t i = n_blocks; i-- > lowest;) {
        // Nothing of the new tape is in the graph yet, so it is computed where the backward first asks for it. The last block's is just made.
        if (options_.recomputes && i + 1 < n_blocks) {
            tapes_[i] = block_tape();
            block_forward(*scope_, static_cast<int32_t>(i), inputs_[i], tapes_[i], columns_of(i), exchanges_[i]);
        }
        d_hidden = block_backward(*scope_, scope_->model.blocks[i], tapes_[i], d_hidden, i > lowest || to_embedding);
        if (d_hidden) ggml_build_forward_expand(scope_->graph, d_hidden);
        if (given_) expand_outputs(*scope_, exchanges_[i].d_given);
    }
    if (!to_embedding) return;
    const float scale = scope_->model.shape.embedding_scale;
    adapted_embedding_back(*scope_, embedding_, scale != 1 ? ggml_scale(ctx_, d_hidden, scale) : d_hidden);
}

// The places of some columns of the layout among our own.
std::vector<int32_t> graph_builder::of_own(const std::vector<int32_t> & of_all) const {
    std::vector<int32_t> places;
    for (const int32_t column : of_all) places.push_back(static_cast<int32_t>(std::lower_bound(own_.begin(), own_.end(), column) - own_.begin()));
    return places;
}

template <typename T> static std::vector<T> chosen(const std::vector<T> & values, const std::vector<int32_t> & columns, size_t width = 1) {
    std::vector<T> some;
    for (const int32_t column : columns) {
        const auto at = values.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(column) * width);
        some.insert(some.end(), at, at + static_cast<std::ptrdiff_t>(width));
    }
    return some;
}

// What the graph does not read has no memory: a block without rope reads no positions.
template <typename T> static void write(ggml_tensor * input, const std::vector<T> & values) {
    if (input && input->buffer) ggml_backend_tensor_set(input, values.data(), 0, ggml_nbytes(input));
}

void graph_builder::set_layout() const {
    if (states_) write(states_, chosen(known_, own_, static_cast<size_t>(scope_->model.shape.n_embd)));
    else write(tokens_, chosen(layout_.tokens, own_));
    write(columns_.positions, chosen(layout_.positions, own_));
    ops_->upload();
    if (last_columns_.kept) {
        write(last_columns_.kept, of_own(wanted_.columns()));
        write(last_columns_.positions, chosen(layout_.positions, wanted_.columns()));
        if (given_) write(last_columns_.places, wanted_.columns());
    }
    if (given_) write_given();
    if (!gradients_from_) return;
    for (size_t i = 0; i < exchanges_.size(); i++) {
        write(exchanges_[i].d_own.keys, gradients_from_->blocks[i].d_keys);
        write(exchanges_[i].d_own.values, gradients_from_->blocks[i].d_values);
    }
}

static size_t key_width(const model_shape & shape) { return static_cast<size_t>(shape.head_dim) * static_cast<size_t>(shape.n_head_kv); }

void graph_builder::write_given() const {
    std::vector<int32_t> order(layout_.tokens.size()), given, sources;
    const int32_t n_given = static_cast<int32_t>(order.size() - own_.size());
    for (size_t column = 0, computed = 0; column < order.size(); column++) {
        const int32_t source = given_->source[column];
        if (source < 0) {
            order[column] = n_given + static_cast<int32_t>(computed++);
            continue;
        }
        order[column] = static_cast<int32_t>(given.size());
        given.push_back(static_cast<int32_t>(column));
        sources.push_back(source);
    }
    write(places_.order, order);
    write(places_.given, given);
    write(places_.own, own_);
    const size_t width = key_width(scope_->model.shape);
    for (size_t i = first_block(); i < exchanges_.size(); i++) {
        write(exchanges_[i].given.keys, chosen(given_->from.blocks[i].keys, sources, width));
        write(exchanges_[i].given.values, chosen(given_->from.blocks[i].values, sources, width));
    }
}

void graph_builder::return_gradients() const {
    if (!given_) return;
    const size_t width = key_width(scope_->model.shape);
    std::vector<float> part(width * (layout_.tokens.size() - own_.size()));
    const auto add = [&](const ggml_tensor * gradient, std::vector<float> & sum) {
        sum.resize(width * given_->from.n_columns());
        ggml_backend_tensor_get(gradient, part.data(), 0, ggml_nbytes(gradient));
        const float * from = part.data();
        for (const int32_t source : given_->source) {
            if (source < 0) continue;
            for (size_t i = 0; i < width; i++) sum[static_cast<size_t>(source) * width + i] += *from++;
        }
    };
    for (size_t i = static_cast<size_t>(scope_->lora->lowest_block()); i < exchanges_.size(); i++) {
        add(exchanges_[i].d_given.keys, given_->from.blocks[i].d_keys);
        add(exchanges_[i].d_given.values, given_->from.blocks[i].d_values);
    }
}

void graph_builder::hand_over(shared_prefix & to) const {
    for (size_t i = first_block(); i < tapes_.size(); i++) {
        to.blocks[i].keys = floats_of(tapes_[i].own.keys);
        to.blocks[i].values = floats_of(tapes_[i].own.values);
    }
}
