#include "fit/row_scores.h"
#include "auc.h"
#include "error.h"
#include <algorithm>
#include <cmath>

namespace {

const size_t MOST_SCORES = 1 << 22; // computed at once
const size_t MOST_ROWS = 1024;
const int64_t DEPTH = 10; // of the metrics on ranks

void check_finite(const float * scores, size_t n, int64_t row) {
    if (std::all_of(scores, scores + n, [](float score) { return std::isfinite(score); })) return;
    throw user_error(exit_diverged, "a score is not finite", "row " + std::to_string(row), "use a smaller learningRate");
}

target_place place_of(const float * scores, size_t n, size_t target) {
    target_place place{0, 0};
    for (size_t i = 0; i < n; i++) {
        if (scores[i] > scores[target]) place.above++;
        else if (scores[i] == scores[target] && i != target) place.tied++;
    }
    return place;
}

row_result among_all(const fit_row & row, std::vector<float> & scores, size_t begin, size_t n_items) {
    float * own = scores.data() + begin;
    check_finite(own, n_items, row.row);
    for (const int32_t item : row.excluded) own[item] = -INFINITY;
    return {{}, {place_of(own, n_items, static_cast<size_t>(row.relevant->front()))}};
}

row_result among_candidates(const fit_row & row, const float * scores) {
    const size_t n = row.candidates.size();
    check_finite(scores, n, row.row);
    row_result result{std::vector<float>(scores, scores + n), {}};
    for (const int32_t item : row.relevant.value_or(std::vector<int32_t>{})) {
        const size_t target = static_cast<size_t>(std::find(row.candidates.begin(), row.candidates.end(), item) - row.candidates.begin());
        result.places.push_back(place_of(scores, n, target));
    }
    return result;
}

} // namespace

void score_rows(fit_model & model, const std::vector<fit_row> & rows, int32_t n_items, const std::function<void()> & between_batches,
                const std::function<void(size_t row, const row_result & result)> & take) {
    const size_t n_all = static_cast<size_t>(n_items);
    std::vector<float> scores;
    for (size_t begin = 0, end; begin < rows.size(); begin = end) { // rows of one kind that stand together
        between_batches();
        const bool ranks_all = rows[begin].ranks_all();
        size_t n_scores = 0;
        std::vector<size_t> first; // score of each row
        for (end = begin; end < rows.size() && rows[end].ranks_all() == ranks_all && end - begin < MOST_ROWS; end++) {
            const size_t own = ranks_all ? n_all : rows[end].candidates.size();
            if (end > begin && n_scores + own > MOST_SCORES) break;
            first.push_back(n_scores);
            n_scores += own;
        }
        scores.resize(n_scores);
        if (ranks_all) {
            std::vector<user_history> users;
            for (size_t i = begin; i < end; i++) users.push_back(rows[i].known());
            model.score_all(users.data(), users.size(), scores.data());
        } else {
            std::vector<candidate_row> asked;
            for (size_t i = begin; i < end; i++) asked.push_back({rows[i].known(), rows[i].candidates.data(), rows[i].candidates.size(), scores.data() + first[i - begin]});
            model.score(asked.data(), asked.size());
        }
        for (size_t i = begin; i < end; i++) take(i, ranks_all ? among_all(rows[i], scores, first[i - begin], n_all) : among_candidates(rows[i], scores.data() + first[i - begin]));
    }
}

double rank_metric(fit_metric metric, const target_place & place) {
    const auto gain = [&](int64_t rank) {
        if (metric == fit_metric::hit_at_10) return 1.0;
        return metric == fit_metric::mrr_at_10 ? 1.0 / static_cast<double>(rank) : 1.0 / std::log2(static_cast<double>(rank) + 1);
    };
    double sum = 0;
    for (int64_t rank = place.above + 1; rank <= std::min(place.above + place.tied + 1, DEPTH); rank++) sum += gain(rank);
    return sum / static_cast<double>(place.tied + 1);
}

fit_evaluation::fit_evaluation(const std::vector<fit_row> & rows, fit_metric metric, const std::string & file) : rows_(rows), metric_(metric) {
    bool any[2] = {false, false}; // a candidate that is not relevant, and one that is
    for (const fit_row & row : rows) {
        const auto wrong = [&](const std::string & what, const std::string & fix) { return user_error(exit_data, what, file + ", row " + std::to_string(row.row), fix); };
        if (!row.relevant) throw wrong("a row for validation does not say what is relevant", "name the relevant candidates of each row");
        if (metric != fit_metric::auc && row.relevant->size() != 1) throw wrong("the row has " + std::to_string(row.relevant->size()) + " relevant items", "give each row one, or validate by \"auc\"");
        if (metric == fit_metric::auc && row.ranks_all()) throw wrong("the row ranks all items", "give it candidates, or validate by a metric on ranks");
        any[1] = any[1] || !row.relevant->empty();
        any[0] = any[0] || row.relevant->size() < row.candidates.size();
    }
    if (metric == fit_metric::auc && !(any[0] && any[1])) throw user_error(exit_data, "AUC needs candidates that are relevant and others that are not", file, "validate by a metric on ranks, or on other rows");
}

double fit_evaluation::evaluate(fit_model & model, int32_t n_items, const std::function<void()> & between_batches) const {
    std::vector<double> scores;
    std::vector<bool> labels;
    double sum = 0;
    score_rows(model, rows_, n_items, between_batches, [&](size_t i, const row_result & result) {
        if (metric_ != fit_metric::auc) {
            sum += rank_metric(metric_, result.places.front());
            return;
        }
        const fit_row & row = rows_[i];
        for (size_t c = 0; c < row.candidates.size(); c++) {
            scores.push_back(result.scores[c]);
            labels.push_back(std::find(row.relevant->begin(), row.relevant->end(), row.candidates[c]) != row.relevant->end());
        }
    });
    return metric_ == fit_metric::auc ? area_under_roc(scores, labels) : sum / static_cast<double>(rows_.size());
}
