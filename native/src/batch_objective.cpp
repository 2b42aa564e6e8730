#include "batch_objective.h"
#include <algorithm>
#include <map>
#include <set>
#include <string>

token_layout lay_out_for_objective(const std::vector<token_row> & rows, objective_kind kind, bool share_prefixes) {
    if (kind == objective_kind::next_token) return lay_out_for_training(rows, share_prefixes);
    std::vector<std::vector<llama_token>> contexts;
    for (const token_row & row : rows) contexts.emplace_back(row.tokens.begin(), row.tokens.begin() + row.label_at);
    return lay_out(pointers_to(contexts), share_prefixes);
}

static bool is_positive(const token_row & row) { return row.own_label == 0; }

std::vector<row_pair> pairs_of(const std::vector<token_row> & batch) {
    std::map<std::string, std::pair<bool, bool>> labels_of_user; // has a positive row, has another one
    for (const token_row & row : batch) {
        auto & has = labels_of_user[row.user];
        (is_positive(row) ? has.first : has.second) = true;
    }
    const auto has_partner = [&](const token_row & row) {
        const auto & has = labels_of_user[row.user];
        return has.first && has.second;
    };
    std::vector<row_pair> pairs;
    double total = 0;
    for (size_t i = 0; i < batch.size(); i++) {
        if (!is_positive(batch[i])) continue;
        for (size_t j = 0; j < batch.size(); j++) {
            if (is_positive(batch[j])) continue;
            if (batch[i].user != batch[j].user && has_partner(batch[i]) && has_partner(batch[j])) continue;
            const double weight = batch[i].weight * batch[j].weight;
            total += weight;
            pairs.push_back({static_cast<int32_t>(i), static_cast<int32_t>(j), static_cast<float>(weight)});
        }
    }
    for (row_pair & pair : pairs) pair.weight = static_cast<float>(pair.weight / total);
    return pairs;
}

int64_t loss_terms(const std::vector<token_row> & batch, objective_kind kind, bool loss_on_all) {
    if (kind == objective_kind::label_softmax) return static_cast<int64_t>(batch.size());
    if (kind == objective_kind::pairwise) return static_cast<int64_t>(pairs_of(batch).size());
    int64_t n = 0;
    for (const token_row & row : batch) {
        const index_range range = loss_positions(row, loss_on_all);
        n += range.end - range.begin;
    }
    return n;
}

batch_objective::batch_objective(objective_kind kind, const std::vector<token_row> & batch, bool loss_on_all)
    : kind_(kind), batch_(batch), loss_on_all_(loss_on_all), scores_(batch.size()) {
    if (kind == objective_kind::pairwise) pairs_ = pairs_of(batch);
    for (const token_row & row : batch) {
        const index_range range = loss_positions(row, loss_on_all);
        total_weight_ += row.weight * (kind == objective_kind::next_token ? range.end - range.begin : 1);
    }
}

std::unique_ptr<objective> batch_objective::part(size_t begin, size_t end, const token_layout & layout) const {
    std::vector<label_place> places;
    std::vector<prediction> predictions;
    std::vector<float> weights;
    for (size_t i = begin; i < end; i++) {
        const token_row & row = batch_[i];
        const std::vector<int32_t> & columns = layout.columns[i - begin];
        const float weight = static_cast<float>(row.weight / total_weight_);
        if (kind_ != objective_kind::next_token) {
            places.push_back({columns.back(), row.label_tokens, row.own_label});
            weights.push_back(weight);
            continue;
        }
        const index_range range = loss_positions(row, loss_on_all_);
        for (int32_t at = range.begin; at < range.end; at++) {
            predictions.push_back({columns[static_cast<size_t>(at) - 1], row.tokens[static_cast<size_t>(at)], static_cast<int32_t>(i - begin)});
            weights.push_back(weight);
        }
    }
    if (kind_ == objective_kind::pairwise) return std::make_unique<pairwise_objective>(places, begin, pairs_, scores_);
    if (kind_ == objective_kind::label_softmax) return std::make_unique<label_softmax_objective>(places, weights);
    return std::make_unique<next_token_objective>(predictions, weights);
}

void batch_objective::take_scores(size_t begin, const objective & part) {
    const std::vector<double> scores = dynamic_cast<const pairwise_objective &>(part).scores();
    std::copy(scores.begin(), scores.end(), scores_.begin() + static_cast<std::ptrdiff_t>(begin));
}
