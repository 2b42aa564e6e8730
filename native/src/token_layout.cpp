#include "token_layout.h"

#include <algorithm>
#include <unordered_map>

namespace {

// Rows that agree up to `depth`, where the segment `parent` ends, and in the token that follows.
struct branch {
    std::vector<size_t> rows; // in input order; each longer than depth
    size_t depth;
    int32_t parent;
};

class trie_builder {
public:
    trie_builder(const std::vector<const std::vector<llama_token> *> & rows) : rows(rows) { layout.columns.resize(rows.size()); }

    token_layout build(bool share_prefixes) {
        std::vector<size_t> all;
        for (size_t row = 0; row < rows.size(); row++) {
            if (share_prefixes) all.push_back(row);
            else if (!rows[row]->empty()) add_segment({ { row }, 0, -1 });
        }
        push_branches(all, 0, -1);
        while (!pending.empty()) {
            const branch next = std::move(pending.back());
            pending.pop_back();
            const size_t end = add_segment(next);
            push_branches(next.rows, end, int32_t(layout.segments.size()) - 1);
        }
        return std::move(layout);
    }

private:
    const std::vector<const std::vector<llama_token> *> & rows;
    token_layout layout;
    std::vector<branch> pending; // a stack: the next in depth-first order is the last

    // Parts the rows that go on beyond `depth` by their next token.
    void push_branches(const std::vector<size_t> & group, size_t depth, int32_t parent) {
        std::vector<branch> branches;
        std::unordered_map<llama_token, size_t> branch_of;
        for (const size_t row : group) {
            if (rows[row]->size() == depth) continue; // ends here
            const auto found = branch_of.emplace((*rows[row])[depth], branches.size()).first;
            if (found->second == branches.size()) branches.push_back({ {}, depth, parent });
            branches[found->second].rows.push_back(row);
        }
        std::move(branches.rbegin(), branches.rend(), std::back_inserter(pending));
    }

    // One edge: as far as all rows agree and none ends. Returns the depth at its end.
    size_t add_segment(const branch & edge) {
        const std::vector<llama_token> & first = *rows[edge.rows[0]];
        const auto goes_on = [&](size_t depth) {
            return std::all_of(edge.rows.begin(), edge.rows.end(), [&](size_t row) {
                return depth < rows[row]->size() && (*rows[row])[depth] == first[depth];
            });
        };
        const int32_t begin = int32_t(layout.tokens.size());
        size_t depth = edge.depth;
        do {
            for (const size_t row : edge.rows) layout.columns[row].push_back(int32_t(layout.tokens.size()));
            layout.tokens.push_back(first[depth]);
            layout.positions.push_back(int32_t(depth));
            depth++;
        } while (depth < first.size() && goes_on(depth));
        layout.segments.push_back({ edge.parent, begin, int32_t(layout.tokens.size()) });
        return depth;
    }
};

} // namespace

std::vector<const std::vector<llama_token> *> pointers_to(const std::vector<std::vector<llama_token>> & rows) {
    std::vector<const std::vector<llama_token> *> pointers;
    for (const std::vector<llama_token> & row : rows) pointers.push_back(&row);
    return pointers;
}

token_layout lay_out(const std::vector<const std::vector<llama_token> *> & rows, bool share_prefixes) {
    return trie_builder(rows).build(share_prefixes);
}

token_layout lay_out_for_training(const std::vector<token_row> & batch, bool share_prefixes) {
    std::vector<std::vector<llama_token>> inputs;
    for (const token_row & row : batch) inputs.emplace_back(row.tokens.begin(), row.tokens.end() - 1);
    return lay_out(pointers_to(inputs), share_prefixes);
}

std::vector<prediction> predictions_of(const std::vector<token_row> & batch, const token_layout & layout, bool all) {
    std::vector<prediction> predictions;
    for (size_t row = 0; row < batch.size(); row++) {
        const index_range loss = loss_positions(batch[row], all);
        for (int32_t i = loss.begin; i < loss.end; i++)
            predictions.push_back({ layout.columns[row][size_t(i) - 1], batch[row].tokens[size_t(i)], int32_t(row) });
    }
    return predictions;
}
