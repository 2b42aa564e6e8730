#include "prefix_index.h"
#include <algorithm>

static std::vector<const std::vector<llama_token> *> in_order(std::vector<const std::vector<llama_token> *> rows) {
    std::sort(rows.begin(), rows.end(), [](const auto * a, const auto * b) { return *a < *b; });
    return rows;
}

uint64_t prefix_index::count(const std::vector<const std::vector<llama_token> *> & rows) {
    static const std::vector<llama_token> none;
    const std::vector<llama_token> * before = &none;
    uint64_t fresh = 0;
    for (const std::vector<llama_token> * row : in_order(rows)) {
        fresh += static_cast<uint64_t>(row->end() - std::mismatch(row->begin(), row->end(), before->begin(), before->end()).first);
        before = row;
    }
    return fresh;
}

prefix_index::prefix_index(const std::vector<const std::vector<llama_token> *> & rows) {
    for (const std::vector<llama_token> * row : in_order(rows)) {
        int64_t before = -1;
        for (const llama_token token : *row) before = numbers_.emplace(key(before, token), static_cast<int64_t>(numbers_.size())).first->second;
    }
}

std::vector<int64_t> prefix_index::find(const token_layout & layout) const {
    std::vector<int64_t> numbers(layout.tokens.size(), -1);
    for (const std::vector<int32_t> & row : layout.columns) {
        int64_t before = -1;
        for (const int32_t column : row) {
            int64_t & number = numbers[static_cast<size_t>(column)];
            if (number < 0) {
                const auto found = numbers_.find(key(before, layout.tokens[static_cast<size_t>(column)]));
                if (found == numbers_.end()) break; // nor is anything behind it known
                number = found->second;
            }
            before = number;
        }
    }
    return numbers;
}
