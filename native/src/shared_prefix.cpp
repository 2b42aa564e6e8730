#include "shared_prefix.h"
#include <algorithm>

static std::vector<const std::vector<llama_token> *> pointers_to(const std::vector<std::vector<llama_token>> & rows) {
    std::vector<const std::vector<llama_token> *> pointers;
    for (const std::vector<llama_token> & row : rows) pointers.push_back(&row);
    return pointers;
}

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

std::vector<std::vector<llama_token>> prefixes_between(const std::vector<std::vector<std::vector<llama_token>>> & parts) {
    std::vector<std::vector<llama_token>> prefixes;
    for (size_t i = 1; i < parts.size(); i++) {
        const std::vector<llama_token> & before = parts[i - 1].back(), & after = parts[i].front();
        const auto end = std::mismatch(before.begin(), before.end(), after.begin(), after.end()).first;
        if (end != before.begin()) prefixes.emplace_back(before.begin(), end);
    }
    if (prefixes.empty()) return {};
    const shared_prefix shared(prefixes, 0);
    size_t n_given = 0;
    for (const std::vector<std::vector<llama_token>> & part : parts) {
        const std::vector<int32_t> source = shared.find(lay_out(pointers_to(part), true));
        n_given += static_cast<size_t>(std::count_if(source.begin(), source.end(), [](int32_t column) { return column >= 0; }));
    }
    // In forward passes: a column of a part costs two, one of the prefixes three.
    return 2 * n_given > 3 * shared.n_columns() ? prefixes : std::vector<std::vector<llama_token>>{};
}
