#include "validation.h"
#include "auc.h"
#include "error.h"
#include "instruction_file.h"
#include "stop_signal.h"
#include <algorithm>
#include <map>

validation::validation(const train_config & config, const vocabulary & vocab, const model_shape & shape) : file_(config.validation->data) {
    const std::vector<instruction> all = read_instructions(file_);
    std::map<int64_t, const instruction *> by_row;
    for (const instruction & row : all) by_row[row.row] = &row;
    for (const int64_t row : config.validation->rows) {
        const auto found = by_row.find(row);
        if (found == by_row.end()) throw user_error(exit_usage, "row " + std::to_string(row) + " is not in the data", file_, "choose rows of the valid split");
        if (!found->second->label) throw user_error(exit_data, "row " + std::to_string(row) + " has no label to compare with", file_, "validate on rows with a yes/no label");
        labels_.push_back(*found->second->label);
        const size_t n_labels = !found->second->choices.empty() ? 0 : found->second->labels.empty() ? config.labels.size() : found->second->labels.size();
        if (n_labels != 2) {
            throw user_error(exit_data, "row " + std::to_string(row) + (n_labels == 0 ? " has no labels" : " has " + std::to_string(n_labels) + " labels") + ", and AUC needs two", file_,
                "validate on rows with two labels, or train without (--eval-every 0)");
        }
        shortest_length_ = std::max(shortest_length_, ::shortest_length(vocab, *found->second, config.labels));
        rows_.push_back(naming_file(file_, [&] { return tokenize_for_scoring(vocab, *found->second, config.labels, length_limit(config.max_length, shape)); }));
    }
    const auto positives = std::count(labels_.begin(), labels_.end(), true);
    if (positives == 0 || positives == static_cast<std::ptrdiff_t>(labels_.size())) {
        throw user_error(exit_data, "all " + std::to_string(labels_.size()) + " rows to validate on have the same label, so AUC is not defined", file_,
            "validate on more rows (--eval-rows), or train without (--eval-every 0)");
    }
    std::vector<const scoring_row *> pointers;
    for (const scoring_row & row : rows_) pointers.push_back(&row);
    scorer_ = std::make_unique<row_scorer>(pointers, std::nullopt, config.share_prefixes);
}

std::optional<evaluation> validation::evaluate(network & own) const {
    evaluation found{0, std::vector<double>(rows_.size())};
    const bool all = scorer_->score(own, file_, [&](size_t place, const row_score & score) { found.log_odds[place] = score.log_odds; },
                                    [] { return !stop_is_asked(); });
    if (!all) return std::nullopt;
    found.auc = area_under_roc(found.log_odds, labels_);
    return found;
}

std::vector<std::vector<llama_token>> validation::contexts() const {
    std::vector<std::vector<llama_token>> contexts;
    for (const scoring_row & row : rows_) contexts.push_back(row.context);
    return contexts;
}

hidden_states::need validation::states_need(backend & cpu, const base_model & model, int32_t cut, bool is_f16) const {
    return hidden_states::measure(cpu, model, contexts(), cut, is_f16);
}

const hidden_states * validation::states(const state_source & source, int32_t cut, state_settings settings) {
    if (states_ && cut_ == cut && arithmetic_ == source.arithmetic) {
        states_->announce_again();
        return states_.get();
    }
    states_.reset(); // before others take their memory
    settings.split = "valid";
    states_ = hidden_states::prepare(source, contexts(), cut, settings, stop_is_asked);
    cut_ = cut;
    arithmetic_ = source.arithmetic;
    return states_.get();
}

validation_plan plan_validation(std::optional<int64_t> asked, int64_t n_steps, double step_columns, double eval_columns, double backward_share) {
    const double work = step_columns * (1 + backward_share);
    int64_t every = 0;
    if (asked) {
        every = *asked;
    } else if (const int64_t most = static_cast<int64_t>(VALIDATION_SHARE * work / eval_columns)) {
        every = std::max<int64_t>(1, (n_steps + most - 1) / most);
    }
    if (every == 0) return {0, 0, 0};
    const int64_t evaluations = (n_steps + every - 1) / every;
    const double cost = static_cast<double>(evaluations) * eval_columns;
    return {every, evaluations, cost / (cost + work)};
}

validation_plan plan_validation(const train_config & config, const row_order & order, int64_t columns, const validation & valid, int32_t lowest_block, int32_t n_block) {
    const double passes = static_cast<double>(order.steps()) / static_cast<double>(order.steps_an_epoch());
    return plan_validation(config.validation->every, order.steps(), passes * static_cast<double>(columns), static_cast<double>(valid.n_columns()),
                           static_cast<double>(n_block - lowest_block) / n_block);
}
