#include "fit/ease.h"
#include "error.h"
#include "fit/liked_items.h"
#include "fit/symmetric_inverse.h"
#include "parallel.h"
#include <new>
#include <stdexcept>

namespace {

class ease : public fit_model {
  public:
    ease(const interaction_log & log, const ease_settings & settings, const fit_context & context)
        : log_(log), settings_(settings), context_(context), n_items_(static_cast<size_t>(log.n_items)) {}

    std::optional<double> train_epoch(int64_t) override {
        try {
            weights_.assign(n_items_ * n_items_, 0.0f);
        } catch (const std::bad_alloc &) {
            throw user_error(exit_memory, "EASE takes " + std::to_string(4 * n_items_ * n_items_) + " bytes for " + std::to_string(n_items_) + " items", "model \"ease\"",
                             "leave this model out, or keep fewer items (those with more interactions)");
        }
        count_pairs();
        try {
            invert_symmetric(weights_, log_.n_items, context_.threads, context_.between_batches);
        } catch (const std::domain_error &) {
            throw user_error(exit_usage, "X'X + l2 I cannot be inverted in single precision with \"l2\" " + std::to_string(settings_.l2), "model \"ease\"", "give it a larger l2");
        }
        std::vector<float> diagonal(n_items_);
        for (size_t i = 0; i < n_items_; i++) diagonal[i] = weights_[i * n_items_ + i];
        for_each_index(n_items_, context_.threads, [&](size_t i) {
            float * line = &weights_[i * n_items_];
            for (size_t j = 0; j < n_items_; j++) line[j] = i == j ? 0 : -line[j] / diagonal[j];
        });
        return std::nullopt;
    }

    void score_all(const user_history * rows, size_t n, float * scores) override {
        for_each_index(n, context_.threads, [&](size_t i) {
            float * own = scores + i * n_items_;
            std::fill(own, own + n_items_, 0.0f);
            for (const int32_t liked : liked_items(rows[i])) {
                const float * line = line_of(liked);
                for (size_t j = 0; j < n_items_; j++) own[j] += line[j];
            }
        });
    }

    void score(const candidate_row * rows, size_t n) override {
        for_each_index(n, context_.threads, [&](size_t i) {
            const std::vector<int32_t> history = liked_items(rows[i].user);
            for (size_t c = 0; c < rows[i].size; c++) {
                float sum = 0; // in the order of score_all
                for (const int32_t liked : history) sum += line_of(liked)[rows[i].candidates[c]];
                rows[i].scores[c] = sum;
            }
        });
    }

  private:
    // X'X + l2 I; counts are exact up to 2^24 users
    void count_pairs() {
        const number_sets items = liked_by_user(log_), users = users_by_item(items, log_.n_items);
        for_each_index(n_items_, context_.threads, [&](size_t item) {
            float * line = &weights_[item * n_items_];
            for (const int32_t user : users.of(static_cast<int32_t>(item)))
                for (const int32_t other : items.of(user)) line[other]++;
            line[item] += static_cast<float>(settings_.l2);
        });
    }

    const float * line_of(int32_t item) const { return &weights_[static_cast<size_t>(item) * n_items_]; }

    const interaction_log & log_;
    ease_settings settings_;
    fit_context context_;
    size_t n_items_;
    std::vector<float> weights_; // [n_items][n_items]: B, the line of an item that was liked
};

} // namespace

std::unique_ptr<fit_model> make_ease(const interaction_log & log, const ease_settings & settings, const fit_context & context) {
    return std::make_unique<ease>(log, settings, context);
}
