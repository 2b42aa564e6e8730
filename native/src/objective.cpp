#include "objective.h"
#include <algorithm>

next_token_objective::next_token_objective(std::vector<prediction> predictions, std::vector<float> weights)
    : weights_(std::move(weights)), losses_(predictions.size()) {
    for (const prediction & one : predictions) {
        columns_.push_back(one.column);
        targets_.push_back(one.target);
        rows_.push_back(one.row);
    }
}

next_token_objective::next_token_objective(std::vector<prediction> predictions, float weight)
    : next_token_objective(predictions, std::vector<float>(predictions.size(), weight)) {}

ggml_tensor * next_token_objective::emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) {
    const int64_t n = logits->ne[1];
    chunk next{begin, graph_input(scope.ctx, n, GGML_TYPE_I32), nullptr, nullptr};
    next.losses = scope.ops.cross_entropy(scope.ctx, logits, next.targets);
    ggml_set_output(next.losses);
    ggml_build_forward_expand(scope.graph, next.losses);
    ggml_tensor * d_logits = nullptr;
    if (wants_gradient) {
        next.weights = graph_input(scope.ctx, n, GGML_TYPE_F32);
        d_logits = scope.ops.cross_entropy_back(scope.ctx, logits, next.targets, next.weights);
    }
    chunks_.push_back(next);
    return d_logits;
}

void next_token_objective::write_inputs() const {
    for (const chunk & one : chunks_) {
        ggml_backend_tensor_set(one.targets, targets_.data() + one.begin, 0, ggml_nbytes(one.targets));
        if (one.weights) ggml_backend_tensor_set(one.weights, weights_.data() + one.begin, 0, ggml_nbytes(one.weights));
    }
}

void next_token_objective::read_results() {
    std::vector<float> read; // loss and log of the sum of exponentials, in turn
    for (const chunk & one : chunks_) {
        read.resize(static_cast<size_t>(ggml_nelements(one.losses)));
        ggml_backend_tensor_get(one.losses, read.data(), 0, ggml_nbytes(one.losses));
        for (size_t i = 0; 2 * i < read.size(); i++) losses_[one.begin + i] = read[2 * i];
    }
    chunks_.clear();
}

double next_token_objective::loss() const {
    double total = 0;
    for (size_t i = 0; i < losses_.size(); i++) total += static_cast<double>(weights_[i]) * losses_[i];
    return total;
}

std::vector<double> next_token_objective::row_losses() const {
    std::vector<double> sums;
    std::vector<int64_t> counts;
    for (size_t i = 0; i < losses_.size(); i++) {
        const size_t row = static_cast<size_t>(rows_[i]);
        if (row >= sums.size()) {
            sums.resize(row + 1);
            counts.resize(row + 1);
        }
        sums[row] += losses_[i];
        counts[row]++;
    }
    for (size_t row = 0; row < sums.size(); row++) sums[row] /= static_cast<double>(std::max<int64_t>(1, counts[row]));
    return sums;
}
