#include "label_objectives.h"
#include <algorithm>
#include <cmath>

static label_logits labels_of(const std::vector<label_place> & rows) {
    std::vector<llama_token> tokens;
    for (const label_place & row : rows) tokens.insert(tokens.end(), row.tokens.begin(), row.tokens.end());
    return label_logits(std::move(tokens), rows.front().tokens.size());
}

static std::vector<prediction> choices_of(const std::vector<label_place> & rows) {
    std::vector<prediction> choices;
    for (size_t i = 0; i < rows.size(); i++) choices.push_back({rows[i].column, rows[i].own, static_cast<int32_t>(i)});
    return choices;
}

label_softmax_objective::label_softmax_objective(const std::vector<label_place> & rows, std::vector<float> weights)
    : labels_(labels_of(rows)), choice_(choices_of(rows), std::move(weights)) {}

ggml_tensor * label_softmax_objective::emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) {
    ggml_tensor * d_labels = choice_.emit(scope, labels_.gather(scope, logits, begin), begin, wants_gradient);
    return d_labels ? labels_.scatter(scope, d_labels) : nullptr;
}

void label_softmax_objective::write_inputs() const {
    labels_.write_inputs();
    choice_.write_inputs();
}

pairwise_objective::pairwise_objective(const std::vector<label_place> & rows, size_t begin, const std::vector<row_pair> & pairs, std::vector<double> scores)
    : labels_(labels_of(rows)), begin_(begin), scores_(std::move(scores)) {
    for (const label_place & row : rows) columns_.push_back(row.column);
    for (const row_pair & pair : pairs) {
        if (is_own(pair.first) || is_own(pair.second)) pairs_.push_back(pair);
    }
}

bool pairwise_objective::is_own(int32_t row) const {
    return static_cast<size_t>(row) >= begin_ && static_cast<size_t>(row) < begin_ + columns_.size();
}

ggml_tensor * pairwise_objective::emit(const pass_scope & scope, ggml_tensor * logits, size_t, bool wants_gradient) {
    ggml_context * ctx = scope.ctx;
    const int64_t n = logits->ne[1], n_other = static_cast<int64_t>(scores_.size()) - n, n_pairs = static_cast<int64_t>(pairs_.size());
    ggml_tensor * labels = labels_.gather(scope, logits, 0); // [2, n]
    sides_ = graph_input(ctx, 2, GGML_TYPE_F32);             // 1 and -1
    ggml_tensor * signs = ggml_reshape_2d(ctx, sides_, 2, 1);
    own_scores_ = ggml_sum_rows(ctx, ggml_mul(ctx, labels, signs)); // [1, n]
    ggml_set_output(own_scores_);
    ggml_build_forward_expand(scope.graph, own_scores_);
    other_scores_ = firsts_ = nullptr;
    if (!wants_gradient) return nullptr;

    ggml_tensor * all = own_scores_; // [1, rows of the batch]: own rows first, then the others
    if (n_other > 0) {
        other_scores_ = graph_input(ctx, n_other, GGML_TYPE_F32);
        all = ggml_concat(ctx, own_scores_, ggml_reshape_2d(ctx, other_scores_, 1, n_other), 1);
    }
    ggml_tensor * d_scores = nullptr;
    if (n_pairs > 0) {
        firsts_ = graph_input(ctx, n_pairs, GGML_TYPE_I32);
        seconds_ = graph_input(ctx, n_pairs, GGML_TYPE_I32);
        weights_ = graph_input(ctx, n_pairs, GGML_TYPE_F32);
        // d/dm -log sigmoid(m) = -sigmoid(-m)
        ggml_tensor * margins = ggml_sub(ctx, ggml_get_rows(ctx, all, firsts_), ggml_get_rows(ctx, all, seconds_)); // [1, pairs]
        ggml_tensor * d_margins = ggml_mul(ctx, ggml_sigmoid(ctx, ggml_neg(ctx, margins)), ggml_reshape_2d(ctx, weights_, 1, n_pairs));
        d_scores = ggml_sub(ctx, ggml_get_rows_back(ctx, d_margins, seconds_, all), ggml_get_rows_back(ctx, d_margins, firsts_, all));
    } else {
        d_scores = ggml_scale(ctx, all, 0.0f);
    }
    ggml_tensor * d_own = ggml_cont(ctx, ggml_view_2d(ctx, d_scores, 1, n, d_scores->nb[1], 0));
    return labels_.scatter(scope, ggml_mul(ctx, ggml_repeat(ctx, d_own, labels), signs));
}

void pairwise_objective::write_inputs() const {
    labels_.write_inputs();
    const float signs[] = {1.0f, -1.0f};
    ggml_backend_tensor_set(sides_, signs, 0, sizeof signs);
    const size_t end = begin_ + columns_.size();
    if (other_scores_) {
        std::vector<float> others(scores_.begin(), scores_.begin() + static_cast<std::ptrdiff_t>(begin_));
        others.insert(others.end(), scores_.begin() + static_cast<std::ptrdiff_t>(end), scores_.end());
        ggml_backend_tensor_set(other_scores_, others.data(), 0, ggml_nbytes(other_scores_));
    }
    if (!firsts_) return;
    const auto place_of = [&](int32_t row) { // own rows first, then the others
        const size_t at = static_cast<size_t>(row);
        return static_cast<int32_t>(is_own(row) ? at - begin_ : at < begin_ ? columns_.size() + at : at);
    };
    std::vector<int32_t> firsts, seconds;
    std::vector<float> weights;
    for (const row_pair & pair : pairs_) {
        firsts.push_back(place_of(pair.first));
        seconds.push_back(place_of(pair.second));
        weights.push_back(pair.weight);
    }
    ggml_backend_tensor_set(firsts_, firsts.data(), 0, ggml_nbytes(firsts_));
    ggml_backend_tensor_set(seconds_, seconds.data(), 0, ggml_nbytes(seconds_));
    ggml_backend_tensor_set(weights_, weights.data(), 0, ggml_nbytes(weights_));
}

void pairwise_objective::read_results() {
    std::vector<float> own(columns_.size());
    ggml_backend_tensor_get(own_scores_, own.data(), 0, ggml_nbytes(own_scores_));
    std::copy(own.begin(), own.end(), scores_.begin() + static_cast<std::ptrdiff_t>(begin_));
}

// -log sigmoid(margin), without overflow
static double loss_of(double margin) { return margin > 0 ? std::log1p(std::exp(-margin)) : -margin + std::log1p(std::exp(margin)); }

double pairwise_objective::loss() const {
    double total = 0;
    for (const row_pair & pair : pairs_) {
        if (is_own(pair.first)) total += pair.weight * loss_of(scores_[static_cast<size_t>(pair.first)] - scores_[static_cast<size_t>(pair.second)]);
    }
    return total;
}

std::vector<double> pairwise_objective::row_losses() const {
    std::vector<double> sums(columns_.size());
    std::vector<int64_t> counts(columns_.size());
    for (const row_pair & pair : pairs_) {
        const double loss = loss_of(scores_[static_cast<size_t>(pair.first)] - scores_[static_cast<size_t>(pair.second)]);
        for (const int32_t row : {pair.first, pair.second}) {
            if (!is_own(row)) continue;
            sums[static_cast<size_t>(row) - begin_] += loss;
            counts[static_cast<size_t>(row) - begin_]++;
        }
    }
    for (size_t i = 0; i < sums.size(); i++) sums[i] /= static_cast<double>(std::max<int64_t>(1, counts[i]));
    return sums;
}

std::vector<double> pairwise_objective::scores() const {
    return std::vector<double>(scores_.begin() + static_cast<std::ptrdiff_t>(begin_), scores_.begin() + static_cast<std::ptrdiff_t>(begin_ + columns_.size()));
}
