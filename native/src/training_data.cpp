#include "training_data.h"
#include "digest.h"
#include "error.h"
#include "events.h"
#include "parallel.h"
#include "step_parts.h"
#include <algorithm>
#include <set>

// The label objectives read one place of a row, which must be there, and as many labels in every row.
static void check_label(const token_row & row, size_t n_labels, const std::string & file) {
    const std::string where = file + ", row " + std::to_string(row.row);
    if (row.label_tokens.empty()) {
        throw user_error(exit_data, "the row has no labels: its answer is free text or one of its choices", where, "use the objective next-token, or rows with labels alone");
    }
    if (row.own_label < 0) throw user_error(exit_data, "the row's answer is none of the labels", where, "use the objective next-token, or answers that are labels");
    if (row.label_tokens.size() != n_labels) {
        throw user_error(exit_data, "the row has " + std::to_string(row.label_tokens.size()) + " labels, where this objective needs " + std::to_string(n_labels), where,
            "use the objective next-token, or rows with as many labels each");
    }
    if (row.label_at == 0) {
        throw user_error(exit_data, "the labels begin with the first token, so that nothing predicts them", where, "let the template write some text before the answer");
    }
}

training_data::training_data(const train_config & config, const vocabulary & vocab, int32_t max_length)
    : file_(config.data), labels_(config.labels), vocab_(vocab), max_length_(max_length), n_threads_(config.threads), all_(read_instructions(config.data)) {
    for (const instruction & row : all_) by_row_[row.row] = &row;
}

const instruction & training_data::find(int64_t row) const {
    const auto found = by_row_.find(row);
    if (found == by_row_.end()) throw user_error(exit_usage, "row " + std::to_string(row) + " is not in the data", file_, "choose rows of the train split");
    return *found->second;
}

// Those of the rows that no run has asked for before.
void training_data::tokenise(const std::vector<int64_t> & rows) {
    std::vector<int64_t> missing;
    std::set<int64_t> seen;
    for (const int64_t row : rows) {
        if (tokenised_.count(row) == 0 && seen.insert(row).second) missing.push_back(row);
    }
    std::vector<token_row> made(missing.size());
    for_each_index(missing.size(), n_threads_, [&](size_t i) {
        const instruction & row = find(missing[i]);
        made[i] = naming_file(file_, [&] { return tokenize_for_training(vocab_, row, max_length_, labels_); });
    });
    for (token_row & row : made) tokenised_.emplace(row.row, std::move(row));
}

std::shared_ptr<const std::vector<token_row>> training_data::rows_of(const train_config & config) {
    std::vector<int64_t> chosen;
    if (config.rows) chosen = *config.rows;
    else for (const instruction & row : all_) chosen.push_back(row.row);
    if (chosen.empty()) throw user_error(exit_data, "there is no row to train on", file_, "build a dataset version with train rows");
    std::shared_ptr<const std::vector<token_row>> & kept = chosen_[chosen];
    if (!kept) {
        tokenise(chosen);
        std::vector<token_row> rows;
        for (const int64_t row : chosen) rows.push_back(tokenised_.at(row));
        kept = std::make_shared<const std::vector<token_row>>(std::move(rows));
    }
    if (config.objective != objective_kind::next_token) {
        const size_t n_labels = config.objective == objective_kind::pairwise ? 2 : kept->front().label_tokens.size();
        for (const token_row & row : *kept) check_label(row, n_labels, file_);
    }
    if (config.objective == objective_kind::pairwise && pairs_of(*kept).empty()) {
        throw user_error(exit_data, "all rows have the same label, so there is no pair to learn from", file_, "choose rows with both labels, or another objective");
    }
    return kept;
}

int32_t training_data::shortest_length(const std::vector<token_row> & rows) const {
    std::vector<int32_t> lengths(rows.size());
    for_each_index(rows.size(), n_threads_, [&](size_t i) { lengths[i] = ::shortest_length(vocab_, *by_row_.at(rows[i].row), labels_); });
    return *std::max_element(lengths.begin(), lengths.end());
}

int64_t announce_training_rows(const std::vector<token_row> & rows, const train_config & config, packing_limits limits) {
    int64_t n_tokens = 0, n_columns = 0, longest = 0, truncated = 0;
    for (const token_row & row : rows) {
        n_tokens += static_cast<int64_t>(row.tokens.size());
        longest = std::max(longest, static_cast<int64_t>(row.tokens.size()));
        if (row.dropped_history == 0) continue;
        truncated++;
        emit("truncated", {{"row", row.row}, {"droppedHistory", row.dropped_history}});
    }
    for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(config.batch_size)) { // batches as without a shuffle
        const size_t end = std::min(rows.size(), begin + static_cast<size_t>(config.batch_size));
        std::vector<token_row> batch(rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.begin() + static_cast<std::ptrdiff_t>(end));
        n_columns += cut_into_parts(batch, 0, config, limits, 0).n_columns();
    }
    emit("data", {{"rows", rows.size()}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", loss_terms(rows, config.objective, config.loss_on_all)},
                  {"longest", longest}, {"truncatedRows", truncated}});
    return n_columns;
}

std::string digest_of(const std::vector<token_row> & rows, const base_model & model, const std::vector<layer_name> & layers) {
    digest content;
    for (const token_row & row : rows) {
        content.add_value(row.row);
        content.add_value(row.answer_begin);
        content.add_value(row.weight);
        content.add(row.tokens.data(), row.tokens.size() * sizeof(row.tokens[0]));
    }
    content.add(model.shape.architecture.data(), model.shape.architecture.size());
    content.add_value(model.n_parameters);
    content.add(model.output_norm->data, ggml_nbytes(model.output_norm));
    for (const layer_name & layer : layers) {
        const std::string name = layer.full_name();
        content.add(name.c_str(), name.size() + 1); // with its end, so that no two lists are the same bytes
    }
    return content.hexadecimal();
}
