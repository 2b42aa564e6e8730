#include "fit/bpr.h"
#include "error.h"
#include "fit/adam.h"
#include "fit/vector_products.h"
#include "kernels/cpu_kernels.h"
#include <cmath>

double bpr_loss(const std::vector<float> & users, const std::vector<float> & items, size_t width, double l2, const bpr_example * examples, size_t n,
                std::vector<float> & d_users, std::vector<float> & d_items) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t length = static_cast<int64_t>(width);
    const float decay = static_cast<float>(l2 / static_cast<double>(n));
    double loss = 0;
    for (size_t e = 0; e < n; e++) {
        const size_t at_user = static_cast<size_t>(examples[e].user) * width, at_liked = static_cast<size_t>(examples[e].liked) * width, at_other = static_cast<size_t>(examples[e].other) * width;
        const float *u = &users[at_user], *i = &items[at_liked], *j = &items[at_other];
        const double margin = cpu.pair_margin(length, u, i, j), shrunk = std::exp(-std::fabs(margin));
        const double wrong = (margin > 0 ? shrunk : 1) / (1 + shrunk); // 1 - sigmoid(margin)
        loss += std::log1p(shrunk) + std::max(-margin, 0.0);
        if (l2 > 0) loss += l2 / 2 * (inner_product(u, u, width) + inner_product(i, i, width) + inner_product(j, j, width));
        cpu.pair_gradients(length, static_cast<float>(-wrong / static_cast<double>(n)), decay, u, i, j, &d_users[at_user], &d_items[at_liked], &d_items[at_other]);
    }
    return loss / static_cast<double>(n);
}

int32_t draw_other(const number_sets::range & liked, int32_t n_items, random_stream & chance) {
    int32_t other;
    do other = static_cast<int32_t>(chance.below(static_cast<uint64_t>(n_items))); while (liked.holds(other));
    return other;
}

namespace {

class bpr : public fit_model {
  public:
    bpr(const interaction_log & log, const bpr_settings & settings, const fit_context & context)
        : settings_(settings), context_(context), n_items_(log.n_items), width_(static_cast<size_t>(settings.width)), liked_(liked_by_user(log)),
          users_{"users", static_cast<size_t>(log.n_users()), settings.width, context.seed}, items_{"items", static_cast<size_t>(log.n_items), settings.width, context.seed} {
        for (int32_t user = 0; user < log.n_users(); user++) {
            const size_t n_liked = liked_.of(user).size();
            if (n_liked == static_cast<size_t>(n_items_)) continue; // nothing to rank below
            const user_history history = log.of(user);
            for (size_t i = 0; i < history.size; i++)
                if (history.liked[i]) positives_.push_back({user, history.items[i]});
        }
        if (positives_.empty()) throw user_error(exit_data, "no interaction is liked by a user who left an item", "model \"bpr\"", "give it interactions of which some are liked");
    }

    std::optional<double> train_epoch(int64_t epoch) override {
        const std::vector<int64_t> order = permutation(static_cast<int64_t>(positives_.size()), context_.seed, static_cast<uint64_t>(epoch));
        random_stream chance(context_.seed, "bpr other items", static_cast<uint64_t>(epoch));
        const size_t batch_size = static_cast<size_t>(settings_.batch_size);
        int64_t step = epoch * static_cast<int64_t>((order.size() + batch_size - 1) / batch_size);
        double loss = 0;
        std::vector<bpr_example> batch;
        for (size_t begin = 0; begin < order.size(); begin += batch_size) {
            context_.between_batches();
            batch.clear();
            for (size_t i = begin; i < std::min(begin + batch_size, order.size()); i++) batch.push_back(example(positives_[static_cast<size_t>(order[i])], chance));
            loss += bpr_loss(users_.values, items_.values, width_, settings_.l2, batch.data(), batch.size(), users_.gradients, items_.gradients) * static_cast<double>(batch.size());
            step++;
            for (table * one : {&users_, &items_})
                update_by_adam({step, settings_.learning_rate}, one->values.size(), one->values.data(), one->gradients.data(), one->first.data(), one->second.data(), context_.threads);
        }
        return loss / static_cast<double>(order.size());
    }

    std::vector<fit_values> parameters() override { return {{"users", users_.values.data(), users_.values.size()}, {"items", items_.values.data(), items_.values.size()}}; }

    std::vector<fit_values> optimizer_state() override {
        std::vector<fit_values> state;
        for (table * one : {&users_, &items_}) {
            state.push_back({one->name + ".m", one->first.data(), one->first.size()});
            state.push_back({one->name + ".v", one->second.data(), one->second.size()});
        }
        return state;
    }

    void score_all(const user_history * rows, size_t n, float * scores) override {
        std::vector<float> vectors(n * width_), stranger;
        for (size_t i = 0; i < n; i++) copy_vector(rows[i].user, stranger, &vectors[i * width_]);
        multiply_vectors(vectors.data(), n, items_.values.data(), static_cast<size_t>(n_items_), width_, scores, context_.threads);
    }

    void score(const candidate_row * rows, size_t n) override {
        std::vector<float> vector(width_), stranger, candidates;
        for (size_t i = 0; i < n; i++) {
            copy_vector(rows[i].user.user, stranger, vector.data());
            candidates.clear();
            for (size_t c = 0; c < rows[i].size; c++) {
                const float * item = &items_.values[static_cast<size_t>(rows[i].candidates[c]) * width_];
                candidates.insert(candidates.end(), item, item + width_);
            }
            multiply_vectors(vector.data(), 1, candidates.data(), rows[i].size, width_, rows[i].scores, 1);
        }
    }

  private:
    struct positive { int32_t user, item; };

    // Vectors, and what Adam keeps of them.
    struct table {
        std::string name;
        std::vector<float> values, gradients, first, second;
        table(const std::string & called, size_t count, int64_t width, uint64_t seed) : name(called), values(count * static_cast<size_t>(width)), gradients(values.size()), first(values.size()), second(values.size()) {
            random_stream chance(seed, "bpr " + name);
            const double deviation = std::sqrt(2.0 / static_cast<double>(count + static_cast<size_t>(width)));
            for (float & value : values) value = static_cast<float>(deviation * chance.normal());
        }
    };

    bpr_example example(const positive & one, random_stream & chance) const {
        return {one.user, one.item, draw_other(liked_.of(one.user), n_items_, chance)};
    }

    bool is_known(int32_t user) const { return user != NO_USER && liked_.of(user).size() > 0; }

    // stranger  empty, or the mean of all known users, which is made when it is needed first
    void copy_vector(int32_t user, std::vector<float> & stranger, float * to) const {
        if (!is_known(user) && stranger.empty()) stranger = mean_user();
        const float * from = is_known(user) ? &users_.values[static_cast<size_t>(user) * width_] : stranger.data();
        std::copy_n(from, width_, to);
    }

    std::vector<float> mean_user() const {
        std::vector<double> sums(width_, 0.0);
        int32_t known = 0;
        for (int32_t user = 0; user + 1 < static_cast<int32_t>(liked_.begin.size()); user++) {
            if (!is_known(user)) continue;
            known++;
            for (size_t k = 0; k < width_; k++) sums[k] += users_.values[static_cast<size_t>(user) * width_ + k];
        }
        std::vector<float> mean(width_);
        for (size_t k = 0; k < width_; k++) mean[k] = static_cast<float>(sums[k] / known);
        return mean;
    }

    bpr_settings settings_;
    fit_context context_;
    int32_t n_items_;
    size_t width_;
    number_sets liked_;
    std::vector<positive> positives_;
    table users_, items_;
};

} // namespace

std::unique_ptr<fit_model> make_bpr(const interaction_log & log, const bpr_settings & settings, const fit_context & context) {
    return std::make_unique<bpr>(log, settings, context);
}
