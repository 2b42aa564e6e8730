#include "fit/item_knn.h"
#include "fit/liked_items.h"
#include "parallel.h"
#include <cmath>

namespace {

struct neighbour { int32_t item; float similarity; };

const size_t ITEMS_AT_ONCE = 64;

class item_knn : public fit_model {
  public:
    item_knn(const interaction_log & log, const item_knn_settings & settings, const fit_context & context) : log_(log), settings_(settings), context_(context) {}

    std::optional<double> train_epoch(int64_t) override {
        const size_t n_items = static_cast<size_t>(log_.n_items);
        const number_sets items = liked_by_user(log_), users = users_by_item(items, log_.n_items);
        std::vector<std::vector<neighbour>> nearest(n_items); // of the item that is scored
        for (size_t begin = 0; begin < n_items; begin += ITEMS_AT_ONCE * static_cast<size_t>(context_.threads)) {
            context_.between_batches();
            const size_t left = n_items - begin, chunks = std::min((left + ITEMS_AT_ONCE - 1) / ITEMS_AT_ONCE, static_cast<size_t>(context_.threads));
            for_each_index(chunks, context_.threads, [&](size_t chunk) {
                std::vector<int32_t> both(n_items, 0), met;
                const size_t first = begin + chunk * ITEMS_AT_ONCE, last = std::min(first + ITEMS_AT_ONCE, n_items);
                for (size_t item = first; item < last; item++) nearest[item] = neighbours_of(static_cast<int32_t>(item), items, users, both, met);
            });
        }
        transpose(nearest);
        return std::nullopt;
    }

    void score_all(const user_history * rows, size_t n, float * scores) override {
        const size_t n_items = static_cast<size_t>(log_.n_items);
        for_each_index(n, context_.threads, [&](size_t i) {
            float * own = scores + i * n_items;
            std::fill(own, own + n_items, 0.0f);
            for (const int32_t liked : liked_items(rows[i]))
                for (const neighbour * of = begin_of(liked); of != begin_of(liked + 1); of++) own[of->item] += of->similarity;
        });
    }

    void score(const candidate_row * rows, size_t n) override {
        for_each_index(n, context_.threads, [&](size_t i) {
            const std::vector<int32_t> history = liked_items(rows[i].user);
            for (size_t c = 0; c < rows[i].size; c++) {
                float sum = 0;
                for (const int32_t liked : history) {
                    const neighbour * end = begin_of(liked + 1);
                    const neighbour * found = std::lower_bound(begin_of(liked), end, rows[i].candidates[c], [](const neighbour & one, int32_t item) { return one.item < item; });
                    if (found != end && found->item == rows[i].candidates[c]) sum += found->similarity;
                }
                rows[i].scores[c] = sum;
            }
        });
    }

  private:
    // both  [n_items], zeros, and zeros again on return; met: anything
    std::vector<neighbour> neighbours_of(int32_t item, const number_sets & items, const number_sets & users, std::vector<int32_t> & both, std::vector<int32_t> & met) const {
        met.clear();
        for (const int32_t user : users.of(item))
            for (const int32_t other : items.of(user))
                if (both[static_cast<size_t>(other)]++ == 0) met.push_back(other);
        std::vector<neighbour> found;
        for (const int32_t other : met) {
            const double norm = std::sqrt(static_cast<double>(users.of(item).size()) * static_cast<double>(users.of(other).size()));
            if (other != item) found.push_back({other, static_cast<float>(both[static_cast<size_t>(other)] / (norm + settings_.shrink))});
            both[static_cast<size_t>(other)] = 0;
        }
        const size_t kept = std::min(found.size(), static_cast<size_t>(settings_.neighbours));
        std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(), [](const neighbour & a, const neighbour & b) {
            return a.similarity != b.similarity ? a.similarity > b.similarity : a.item < b.item;
        });
        found.resize(kept);
        return found;
    }

    // From the neighbours of an item to the items whose neighbour it is: scoring begins with the history.
    void transpose(const std::vector<std::vector<neighbour>> & nearest) {
        begin_.assign(nearest.size() + 1, 0);
        for (const std::vector<neighbour> & of_item : nearest)
            for (const neighbour & one : of_item) begin_[static_cast<size_t>(one.item) + 1]++;
        for (size_t i = 1; i < begin_.size(); i++) begin_[i] += begin_[i - 1];
        scored_.resize(begin_.back());
        std::vector<size_t> next(begin_.begin(), begin_.end() - 1);
        for (size_t item = 0; item < nearest.size(); item++)
            for (const neighbour & one : nearest[item]) scored_[next[static_cast<size_t>(one.item)]++] = {static_cast<int32_t>(item), one.similarity};
    }

    const neighbour * begin_of(int32_t item) const { return scored_.data() + begin_[static_cast<size_t>(item)]; }

    const interaction_log & log_;
    item_knn_settings settings_;
    fit_context context_;
    std::vector<size_t> begin_;      // [n_items + 1]
    std::vector<neighbour> scored_;  // for each item of a history those that it speaks for, in rising order
};

} // namespace

std::unique_ptr<fit_model> make_item_knn(const interaction_log & log, const item_knn_settings & settings, const fit_context & context) {
    return std::make_unique<item_knn>(log, settings, context);
}
