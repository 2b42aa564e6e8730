#include "shared_prefix.h"
#include <algorithm>

shared_prefix::shared_prefix(const std::vector<std::vector<llama_token>> & prefixes, int32_t n_block)
    : blocks(static_cast<size_t>(n_block)), layout_(lay_out(pointers_to(prefixes), true)), index_(pointers_to(prefixes)), column_of_(index_.size()) {
    const std::vector<int64_t> numbers = index_.find(layout_);
    for (size_t column = 0; column < numbers.size(); column++) column_of_[static_cast<size_t>(numbers[column])] = static_cast<int32_t>(column);
}

std::vector<int32_t> shared_prefix::find(const token_layout & other) const {
    std::vector<int32_t> found;
    for (const int64_t number : index_.find(other)) found.push_back(number < 0 ? -1 : column_of_[static_cast<size_t>(number)]);
    return found;
}

given_columns take_from(shared_prefix & from, const token_layout & part, const std::vector<int32_t> & read) {
    given_columns given{from, from.find(part)};
    for (const int32_t column : read) given.source[static_cast<size_t>(column)] = -1;
    return given;
}

// A row as far as a layout has it.
static std::vector<llama_token> row_in(const token_layout & layout, const std::vector<int32_t> & columns) {
    std::vector<llama_token> row;
    for (const int32_t column : columns) row.push_back(layout.tokens[static_cast<size_t>(column)]);
    return row;
}

std::unique_ptr<shared_prefix> prefix_between(const std::vector<const token_layout *> & parts, int32_t n_block) {
    std::vector<std::vector<llama_token>> prefixes;
    for (size_t i = 1; i < parts.size(); i++) {
        const std::vector<llama_token> before = row_in(*parts[i - 1], parts[i - 1]->columns.back()), after = row_in(*parts[i], parts[i]->columns.front());
        const auto end = std::mismatch(before.begin(), before.end(), after.begin(), after.end()).first;
        if (end != before.begin()) prefixes.emplace_back(before.begin(), end);
    }
    if (prefixes.empty()) return nullptr;
    std::unique_ptr<shared_prefix> shared = std::make_unique<shared_prefix>(prefixes, n_block);
    size_t n_given = 0;
    for (const token_layout * part : parts) {
        const std::vector<int32_t> source = shared->find(*part);
        n_given += source.size() - static_cast<size_t>(std::count(source.begin(), source.end(), -1));
    }
    // In forward passes: a column of a part costs two, one of the prefixes three.
    return 2 * n_given > 3 * shared->n_columns() ? std::move(shared) : nullptr;
}
