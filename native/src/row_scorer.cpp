#include "row_scorer.h"
#include "error.h"
#include "log_sum.h"
#include "parallel.h"
#include <algorithm>
#include <cmath>

row_scorer::row_scorer(std::vector<const scoring_row *> rows, std::optional<int64_t> at_once, bool share_prefixes, size_t logits_at_once)
    : rows_(std::move(rows)), logits_at_once_(logits_at_once) {
    for (size_t place = 0; place < rows_.size(); place++) {
        const scoring_row & row = *rows_[place];
        if (row.choices.empty()) sequences_.push_back({place, 0, row.context});
        for (size_t choice = 0; choice < row.choices.size(); choice++) {
            sequences_.push_back({place, choice, row.context});
            std::vector<llama_token> & tokens = sequences_.back().tokens;
            tokens.insert(tokens.end(), row.choices[choice].begin(), row.choices[choice].end() - 1); // behind the last one nothing is asked for
        }
    }
    std::vector<const std::vector<llama_token> *> tokens;
    for (const sequence & one : sequences_) {
        tokens.push_back(&one.tokens);
        n_tokens_ += static_cast<int64_t>(one.tokens.size());
    }
    const packing_limits limits = {at_once ? static_cast<size_t>(*at_once) : sequences_.size(), at_once ? SIZE_MAX : SCORING_COLUMNS_AT_ONCE};
    for (std::vector<size_t> & together : pack(tokens, limits, share_prefixes)) {
        std::vector<const std::vector<llama_token> *> of_part;
        for (const size_t one : together) of_part.push_back(tokens[one]);
        parts_.push_back({std::move(together), lay_out(of_part, share_prefixes)});
        n_columns_ += static_cast<int64_t>(parts_.back().layout.tokens.size());
    }
}

// By column, so that those of a column stand side by side.
std::vector<row_scorer::reading> row_scorer::readings_of(const part & one) const {
    std::vector<reading> readings;
    for (size_t i = 0; i < one.sequences.size(); i++) {
        const sequence & own = sequences_[one.sequences[i]];
        const scoring_row & row = *rows_[own.place];
        const std::vector<int32_t> & columns = one.layout.columns[i];
        const bool is_choice = !row.choices.empty();
        const std::vector<llama_token> & tokens = is_choice ? row.choices[own.choice] : row.label_tokens;
        for (size_t at = 0; at < tokens.size(); at++) {
            readings.push_back({columns[row.context.size() - 1 + (is_choice ? at : 0)], tokens[at], one.sequences[i], at, 0, 0});
        }
    }
    std::stable_sort(readings.begin(), readings.end(), [](const reading & a, const reading & b) { return a.column < b.column; });
    return readings;
}

template <typename Reading> static std::vector<int32_t> columns_of(const std::vector<Reading> & readings) {
    std::vector<int32_t> columns;
    for (const Reading & one : readings) {
        if (columns.empty() || columns.back() != one.column) columns.push_back(one.column);
    }
    return columns;
}

row_scorer::bytes row_scorer::measure(const network & own) const {
    bytes most;
    const auto look_at = [&](const auto & is_less) {
        const part & one = *std::max_element(parts_.begin(), parts_.end(), is_less);
        const std::vector<int32_t> columns = columns_of(readings_of(one));
        const size_t n = std::min(columns.size(), columns_at_once(own.shape()));
        most.tensors = std::max({most.tensors, own.measure_hidden_states(one.layout, columns), own.measure_logits_of(n)});
        const size_t states = columns.size() * static_cast<size_t>(own.shape().n_embd);
        most.logits = std::max(most.logits, (n * static_cast<size_t>(own.shape().n_vocab) + states) * sizeof(float));
    };
    look_at([](const part & a, const part & b) { return a.layout.tokens.size() < b.layout.tokens.size(); });
    look_at([](const part & a, const part & b) { return a.layout.columns.size() < b.layout.columns.size(); });
    return most;
}

void row_scorer::read(network & own, const part & one, std::vector<reading> & readings) const {
    const std::vector<int32_t> columns = columns_of(readings);
    const std::vector<float> states = own.hidden_states(one.layout, columns);
    const size_t width = static_cast<size_t>(own.shape().n_embd), n_vocab = static_cast<size_t>(own.shape().n_vocab), most = columns_at_once(own.shape());
    auto next = readings.begin();
    for (size_t begin = 0; begin < columns.size(); begin += most) {
        const size_t n = std::min(most, columns.size() - begin);
        const std::vector<float> logits = own.logits_of(states.data() + begin * width, n);
        std::vector<double> log_sums(n);
        for_each_index(n, own.n_threads(), [&](size_t i) { log_sums[i] = log_sum(logits.data() + i * n_vocab, n_vocab); });
        for (size_t i = 0; i < n; i++) {
            for (; next != readings.end() && next->column == columns[begin + i]; next++) {
                next->logit = logits[i * n_vocab + static_cast<size_t>(next->token)];
                next->log_probability = next->logit - log_sums[i];
            }
        }
    }
}

namespace {

// A row on its way: its sequences may be computed in several parts.
struct open_row {
    std::vector<std::vector<double>> log_probabilities; // of each answer's tokens
    std::vector<float> logits;                          // of labels
    size_t n_missing;                                   // sequences
};

bool is_finite(const row_score & score) {
    return std::isfinite(score.log_odds) && std::all_of(score.choices.begin(), score.choices.end(), [](const choice_score & one) { return std::isfinite(one.sum); });
}

row_score score_of(const scoring_row & row, const open_row & found) {
    row_score score;
    if (row.choices.empty() && row.label_tokens.size() == 2) {
        score.log_odds = static_cast<double>(found.logits[0]) - found.logits[1];
        for (const double one : found.log_probabilities[0]) score.label_mass += std::exp(one);
        return score;
    }
    if (row.choices.empty()) {
        for (const double one : found.log_probabilities[0]) score.choices.push_back({one, 1, one});
        return score;
    }
    for (const std::vector<double> & tokens : found.log_probabilities) {
        double sum = 0;
        for (const double one : tokens) sum += one;
        score.choices.push_back({sum, static_cast<int32_t>(tokens.size()), tokens[row.shared]});
    }
    return score;
}

} // namespace

bool row_scorer::score(network & own, const std::string & file, const visitor & visit, const std::function<bool()> & goes_on) const {
    std::map<size_t, open_row> open;
    for (const part & one : parts_) {
        if (!goes_on()) return false;
        std::vector<reading> readings = readings_of(one);
        read(own, one, readings);
        for (const size_t index : one.sequences) {
            const sequence & done = sequences_[index];
            const scoring_row & row = *rows_[done.place];
            const size_t n_sequences = std::max<size_t>(1, row.choices.size());
            open.try_emplace(done.place, open_row{std::vector<std::vector<double>>(n_sequences), {}, n_sequences}).first->second.n_missing--;
        }
        std::sort(readings.begin(), readings.end(), [](const reading & a, const reading & b) { return a.sequence != b.sequence ? a.sequence < b.sequence : a.at < b.at; });
        for (const reading & found : readings) {
            const sequence & of = sequences_[found.sequence];
            open_row & row = open.at(of.place);
            row.log_probabilities[of.choice].push_back(found.log_probability);
            row.logits.push_back(found.logit);
        }
        for (const size_t index : one.sequences) {
            const size_t place = sequences_[index].place;
            const auto row = open.find(place);
            if (row == open.end() || row->second.n_missing > 0) continue;
            const row_score score = score_of(*rows_[place], row->second);
            if (!is_finite(score)) {
                throw user_error(exit_diverged, "the score of row " + std::to_string(rows_[place]->row) + " is not finite", file, "check the model and the adapter");
            }
            visit(place, score);
            open.erase(row);
        }
    }
    return true;
}
