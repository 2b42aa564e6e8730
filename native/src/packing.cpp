#include "packing.h"
#include <algorithm>
#include <numeric>

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

size_t training_columns_at_once(const model_shape & shape) {
    // Floats of one column that a block keeps for its backward: two norms and two sums of the residual stream, queries, keys, values
    // before and after their rotation, what attention gave, gate, up and their product.
    const size_t heads = static_cast<size_t>(shape.head_dim) * static_cast<size_t>(3 * shape.n_head + 3 * shape.n_head_kv);
    const size_t a_block = 4 * static_cast<size_t>(shape.n_embd) + heads + 3 * static_cast<size_t>(shape.n_ff);
    const size_t kept = sizeof(float) * a_block * static_cast<size_t>(shape.n_block);
    return std::min<size_t>(4096, std::max<size_t>(512, (size_t(1) << 30) / kept));
}
