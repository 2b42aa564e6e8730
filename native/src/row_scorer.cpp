#include "row_scorer.h"
#include "error.h"
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

bool row_scorer::score(network & own, size_t n_vocab, const std::string & file, const visitor & visit, const std::function<bool()> & goes_on) const {
    for (const part & next : parts_) {
        if (!goes_on()) return false;
        std::vector<int32_t> columns;
        for (const std::vector<int32_t> & row : next.layout.columns) columns.push_back(row.back());
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
