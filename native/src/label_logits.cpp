#include "label_logits.h"
#include <limits>
#include <stdexcept>

ggml_tensor * label_logits::gather(const pass_scope & scope, ggml_tensor * logits, size_t begin) {
    const int64_t n = logits->ne[1], n_labels = static_cast<int64_t>(n_labels_);
    n_vocab_ = logits->ne[0];
    if (n_vocab_ * n > std::numeric_limits<int32_t>::max()) throw std::length_error("more logits at once than a 32-bit place can name");
    const chunk next{begin, ggml_reshape_2d(scope.ctx, logits, 1, n_vocab_ * n), graph_input(scope.ctx, n_labels * n, GGML_TYPE_I32)};
    chunks_.push_back(next);
    return ggml_reshape_2d(scope.ctx, ggml_get_rows(scope.ctx, next.flat, next.places), n_labels, n);
}

ggml_tensor * label_logits::scatter(const pass_scope & scope, ggml_tensor * d_labels) const {
    const chunk & last = chunks_.back();
    // Not get_rows_back: on CUDA every place of the result searches all labels.
    ggml_tensor * d_flat = ggml_set_rows(scope.ctx, ggml_fill(scope.ctx, last.flat, 0.0f), ggml_reshape_2d(scope.ctx, d_labels, 1, ggml_nelements(d_labels)), last.places);
    return ggml_reshape_2d(scope.ctx, d_flat, n_vocab_, last.flat->ne[1] / n_vocab_);
}

void label_logits::write_inputs() const {
    for (const chunk & one : chunks_) {
        std::vector<int32_t> places(static_cast<size_t>(ggml_nelements(one.places)));
        for (size_t i = 0; i < places.size(); i++) {
            places[i] = static_cast<int32_t>(static_cast<int64_t>(i / n_labels_) * n_vocab_) + tokens_[one.begin * n_labels_ + i];
        }
        ggml_backend_tensor_set(one.places, places.data(), 0, ggml_nbytes(one.places));
    }
}
