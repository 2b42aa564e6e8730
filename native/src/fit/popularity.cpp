#include "fit/popularity.h"
#include "fit/liked_items.h"

namespace {

class popularity : public fit_model {
  public:
    explicit popularity(const interaction_log & log) : log_(log), counts_(static_cast<size_t>(log.n_items)) {}

    std::optional<double> train_epoch(int64_t) override {
        counts_.assign(counts_.size(), 0.0f);
        for (const int32_t item : liked_by_user(log_).members) counts_[static_cast<size_t>(item)]++; // exact up to 2^24 users
        return std::nullopt;
    }

    void score_all(const user_history *, size_t n, float * scores) override {
        for (size_t i = 0; i < n; i++) std::copy(counts_.begin(), counts_.end(), scores + i * counts_.size());
    }

    void score(const candidate_row * rows, size_t n) override {
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < rows[i].size; c++) rows[i].scores[c] = counts_[static_cast<size_t>(rows[i].candidates[c])];
    }

  private:
    const interaction_log & log_;
    std::vector<float> counts_;
};

} // namespace

std::unique_ptr<fit_model> make_popularity(const interaction_log & log, const fit_context &) { return std::make_unique<popularity>(log); }
