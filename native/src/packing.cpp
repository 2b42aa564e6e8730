#include "packing.h"
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

static const size_t LEAST_TRAINING_COLUMNS = 512, MOST_COLUMNS_ON_CARD = 32768;

namespace {

// Rows in the order in which they are packed, and how many columns each adds behind the one before it.
struct row_queue {
    std::vector<size_t> rows;
    std::vector<size_t> length, shared; // shared: tokens that the row has in common with the one before it

    row_queue(const std::vector<const std::vector<llama_token> *> & tokens, bool share_prefixes) : rows(tokens.size()) {
        std::iota(rows.begin(), rows.end(), size_t(0));
        if (share_prefixes) {
            std::stable_sort(rows.begin(), rows.end(), [&](size_t a, size_t b) { return *tokens[a] < *tokens[b]; });
        }
        for (size_t i = 0; i < rows.size(); i++) {
            const std::vector<llama_token> & row = *tokens[rows[i]];
            length.push_back(row.size());
            shared.push_back(0);
            if (!share_prefixes || i == 0) continue;
            const std::vector<llama_token> & before = *tokens[rows[i - 1]];
            shared.back() = static_cast<size_t>(std::mismatch(row.begin(), row.end(), before.begin(), before.end()).first - row.begin());
        }
    }

    // Full parts, one after another. In sorted order a row shares most with the row before it, so that is what it saves.
    std::vector<std::vector<size_t>> cut(packing_limits limits) const {
        std::vector<std::vector<size_t>> parts;
        size_t columns = 0;
        for (size_t i = 0; i < rows.size(); i++) {
            const size_t more = length[i] - shared[i];
            const bool fits = !parts.empty() && parts.back().size() < limits.rows && columns + more <= limits.columns;
            if (!fits) parts.push_back({}), columns = 0;
            columns += fits ? more : length[i];
            parts.back().push_back(rows[i]);
        }
        return parts;
    }
};

} // namespace

std::vector<std::vector<size_t>> pack(const std::vector<const std::vector<llama_token> *> & rows, packing_limits limits, bool share_prefixes) {
    const row_queue queue(rows, share_prefixes);
    std::vector<std::vector<size_t>> parts = queue.cut(limits);
    if (parts.size() < 2) return parts;
    // The lowest limits that need no more parts make them even: the largest part decides the memory.
    const size_t n_parts = parts.size();
    limits.rows = std::min(limits.rows, (rows.size() + n_parts - 1) / n_parts);
    if (queue.cut(limits).size() > n_parts) limits.rows = rows.size(); // the columns decide
    size_t low = 0, high = std::min(limits.columns, std::accumulate(queue.length.begin(), queue.length.end(), size_t(1)));
    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        (queue.cut({limits.rows, middle}).size() <= n_parts ? high : low) = middle;
    }
    return queue.cut({limits.rows, high});
}

// Floats of one column that a block keeps for its backward: the residual stream before either half, queries, keys and values, gate and
// up; the input of a layer only for the adapter on it, the input of a norm where the family has one there.
static size_t kept_by(const base_model & model, int32_t block, const std::set<std::string> & adapted) {
    const model_shape & shape = model.shape;
    const block_weights & weights = model.blocks[static_cast<size_t>(block)];
    const size_t width = static_cast<size_t>(shape.n_embd), ff = static_cast<size_t>(shape.n_ff), dim = static_cast<size_t>(shape.head_dim);
    const size_t q = dim * static_cast<size_t>(shape.n_head), kv = dim * static_cast<size_t>(shape.n_head_kv);
    const auto any = [&](std::initializer_list<const char *> layers) { return std::any_of(layers.begin(), layers.end(), [&](const char * layer) { return adapted.count(layer) > 0; }); };
    size_t floats = 2 * width + q + 2 * kv + 2 * ff;
    if (any({"attn_q", "attn_k", "attn_v", "attn_qkv"})) floats += width;
    if (any({"attn_output"})) floats += q;
    if (any({"ffn_gate", "ffn_up"})) floats += width;
    if (any({"ffn_down"})) floats += ff;
    if (weights.attn_q_norm) floats += q + kv;
    if (weights.attn_post_norm) floats += width;
    if (weights.ffn_post_norm) floats += width;
    return floats;
}

activation_room room_on_card(size_t card_bytes) { return {std::max(ROOM_ON_CPU.bytes, card_bytes / 8), MOST_COLUMNS_ON_CARD}; }

size_t training_columns_at_once(const base_model & model, const std::vector<layer_name> & adapted, const activation_room & room) {
    std::map<int32_t, std::set<std::string>> by_block;
    for (const layer_name & layer : adapted) by_block[layer.block].insert(layer.target);
    // The lowest block's backward ends at its adapters, but what it keeps is little less.
    const int32_t lowest = by_block.count(-1) && by_block.at(-1).count(TOKEN_EMBEDDING) ? 0 : by_block.empty() || by_block.rbegin()->first < 0 ? model.shape.n_block : by_block.lower_bound(0)->first;
    size_t kept = 0;
    for (int32_t block = lowest; block < model.shape.n_block; block++) kept += kept_by(model, block, by_block[block]);
    if (kept == 0) return room.columns;
    return std::min(room.columns, std::max(LEAST_TRAINING_COLUMNS, room.bytes / (sizeof(float) * kept)));
}
