#include "row_scorer.h"
#include "error.h"
#include <algorithm>
#include <cmath>

row_scorer::row_scorer(std::vector<const scoring_row *> rows, std::optional<int64_t> at_once, bool share_prefixes) : rows_(std::move(rows)) {
    std::vector<const std::vector<llama_token> *> contexts;
    for (const scoring_row * row : rows_) contexts.push_back(&row->context);
    const packing_limits limits = {at_once ? static_cast<size_t>(*at_once) : rows_.size(), at_once ? SIZE_MAX : SCORING_COLUMNS_AT_ONCE};
    for (std::vector<size_t> & places : pack(contexts, limits, share_prefixes)) {
        std::vector<const std::vector<llama_token> *> together;
        for (const size_t place : places) {
            together.push_back(contexts[place]);
            n_tokens_ += static_cast<int64_t>(contexts[place]->size());
        }
        parts_.push_back({std::move(places), lay_out(together, share_prefixes)});
        n_columns_ += static_cast<int64_t>(parts_.back().layout.tokens.size());
    }
}

static std::vector<int32_t> last_columns(const token_layout & layout) {
    std::vector<int32_t> columns;
    for (const std::vector<int32_t> & row : layout.columns) columns.push_back(row.back());
    return columns;
}

row_scorer::bytes row_scorer::measure(const network & own, size_t n_vocab) const {
    bytes most;
    const auto look_at = [&](const auto & is_less) {
        const token_layout & layout = std::max_element(parts_.begin(), parts_.end(), is_less)->layout;
        most.tensors = std::max(most.tensors, own.measure_logits(layout, last_columns(layout)));
        most.logits = std::max(most.logits, layout.columns.size() * n_vocab * sizeof(float));
    };
    look_at([](const part & a, const part & b) { return a.layout.tokens.size() < b.layout.tokens.size(); });
    look_at([](const part & a, const part & b) { return a.layout.columns.size() < b.layout.columns.size(); });
    return most;
}

bool row_scorer::score(network & own, size_t n_vocab, const std::string & file, const visitor & visit, const std::function<bool()> & goes_on) const {
    for (const part & next : parts_) {
        if (!goes_on()) return false;
        const std::vector<int32_t> columns = last_columns(next.layout);
        const std::vector<float> logits = own.logits(next.layout, columns);
        for (size_t i = 0; i < columns.size(); i++) {
            const scoring_row & row = *rows_[next.places[i]];
            const float * at = logits.data() + i * n_vocab;
            const double log_odds = static_cast<double>(at[row.label_tokens[0]]) - at[row.label_tokens[1]];
            if (!std::isfinite(log_odds)) {
                throw user_error(exit_diverged, "the log-odds of row " + std::to_string(row.row) + " are not finite", file, "check the model and the adapter");
            }
            visit(next.places[i], log_odds, at);
        }
    }
    return true;
}
