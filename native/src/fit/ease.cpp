#include "fit/ease.h"
#include "fit/ease_inverse.h"
#include "fit/liked_items.h"
#include "parallel.h"

namespace {

class ease_by_items : public fit_model {
  public:
    ease_by_items(const interaction_log & log, const ease_settings & settings, const fit_context & context)
        : log_(log), settings_(settings), context_(context), n_items_(static_cast<size_t>(log.n_items)) {}

    std::optional<double> train_epoch(int64_t) override {
        weights_ = ease_inverse(log_, ease_form::by_items, settings_, context_);
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
    const float * line_of(int32_t item) const { return &weights_[static_cast<size_t>(item) * n_items_]; }

    const interaction_log & log_;
    ease_settings settings_;
    fit_context context_;
    size_t n_items_;
    std::vector<float> weights_; // [n_items][n_items]: B, the line of an item that was liked
};

class ease_by_users : public fit_model {
  public:
    ease_by_users(const interaction_log & log, const ease_settings & settings, const fit_context & context)
        : log_(log), settings_(settings), context_(context), n_users_(static_cast<size_t>(log.n_users())), users_(users_by_item(liked_by_user(log), log.n_items)) {}

    std::optional<double> train_epoch(int64_t) override {
        inverse_ = ease_inverse(log_, ease_form::by_users, settings_, context_);
        own_.resize(static_cast<size_t>(log_.n_items));
        for_each_index(own_.size(), context_.threads, [&](size_t j) {
            const int32_t item = static_cast<int32_t>(j);
            own_[j] = users_.of(item).size() == 0 ? 0 : product(nearness({item}), item);
        });
        if (*std::max_element(own_.begin(), own_.end()) >= 1) throw too_small_for_ease(settings_.l2);
        return std::nullopt;
    }

    void score_all(const user_history * rows, size_t n, float * scores) override {
        for_each_index(n, context_.threads, [&](size_t i) {
            const std::vector<int32_t> history = liked_items(rows[i]);
            const std::vector<double> near = nearness(history);
            for (int32_t item = 0; item < log_.n_items; item++) scores[i * own_.size() + static_cast<size_t>(item)] = score_of(history, near, item);
        });
    }

    void score(const candidate_row * rows, size_t n) override {
        for_each_index(n, context_.threads, [&](size_t i) {
            const std::vector<int32_t> history = liked_items(rows[i].user);
            const std::vector<double> near = nearness(history);
            for (size_t c = 0; c < rows[i].size; c++) rows[i].scores[c] = score_of(history, near, rows[i].candidates[c]);
        });
    }

  private:
    // M (sum of x_i over the items i), [users]
    std::vector<double> nearness(const std::vector<int32_t> & items) const {
        std::vector<double> sums(n_users_, 0.0), shared(n_users_, 0.0); // shared: how many of the items each user liked
        for (const int32_t item : items)
            for (const int32_t user : users_.of(item)) shared[static_cast<size_t>(user)]++;
        for (size_t user = 0; user < n_users_; user++) {
            if (shared[user] == 0) continue;
            const float * line = &inverse_[user * n_users_];
            for (size_t other = 0; other < n_users_; other++) sums[other] += shared[user] * static_cast<double>(line[other]);
        }
        return sums;
    }

    // x_j' M (sum of x_i)
    double product(const std::vector<double> & near, int32_t item) const {
        double sum = 0;
        for (const int32_t user : users_.of(item)) sum += near[static_cast<size_t>(user)];
        return sum;
    }

    // history  in rising order, each once
    float score_of(const std::vector<int32_t> & history, const std::vector<double> & near, int32_t item) const {
        const double own = own_[static_cast<size_t>(item)], all = product(near, item);
        const bool speaks_for_itself = std::binary_search(history.begin(), history.end(), item);
        return static_cast<float>((speaks_for_itself ? all - own : all) / (1 - own));
    }

    const interaction_log & log_;
    ease_settings settings_;
    fit_context context_;
    size_t n_users_;
    number_sets users_;          // who liked an item
    std::vector<float> inverse_; // [users][users]: M
    std::vector<double> own_;    // [items]: x_j' M x_j, below 1
};

} // namespace

ease_form choose_ease_form(const interaction_log & log) { return log.n_users() < log.n_items / 2 ? ease_form::by_users : ease_form::by_items; }

std::unique_ptr<fit_model> make_ease(const interaction_log & log, ease_form form, const ease_settings & settings, const fit_context & context) {
    if (form == ease_form::by_users) return std::make_unique<ease_by_users>(log, settings, context);
    return std::make_unique<ease_by_items>(log, settings, context);
}
