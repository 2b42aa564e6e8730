#include "fit/sequence_model.h"
#include "error.h"
#include "fit/dense_products.h"
#include "fit/trained_parameters.h"
#include "fit/vector_products.h"
#include "parallel.h"
#include "random.h"
#include <algorithm>
#include <cmath>

namespace {

const size_t HISTORIES_AT_ONCE = 64;

class sequence_model : public fit_model {
  public:
    sequence_model(const interaction_log & log, std::unique_ptr<sequence_network> network, const sequence_settings & settings, const std::string & name, const fit_context & context)
        : log_(log), network_(std::move(network)), settings_(settings), context_(context), trained_(network_->layout()), n_targets_(count_targets(log)), popularity_(static_cast<size_t>(log.n_items), 0.0f) {
        if (settings.sampled_items > 0) draw_.emplace(log, settings.sampled_items);
        if (n_targets_ == 0) throw user_error(exit_data, "no user has two interactions", "model \"" + name + "\"", "give it longer histories: it learns what comes next");
        network_->initialise(trained_.values(), context_.seed);
        for (const int32_t item : log.items) popularity_[static_cast<size_t>(item)]++;
        for (float & count : popularity_) count = static_cast<float>(std::log1p(static_cast<double>(count)));
    }

    std::optional<double> train_epoch(int64_t epoch) override {
        const int64_t n_batches = (n_targets_ + settings_.batch_size - 1) / settings_.batch_size;
        const auto batches = deal_batches(cut_windows(log_, settings_.windows, context_.seed, epoch), n_batches, context_.seed, epoch);
        double loss = 0;
        for (int64_t i = 0; i < n_batches; i++) {
            context_.between_batches();
            loss += learn(batches[static_cast<size_t>(i)], epoch * n_batches + i);
        }
        return loss / static_cast<double>(n_targets_);
    }

    std::vector<fit_values> parameters() override { return trained_.parameters(); }
    std::vector<fit_values> optimizer_state() override { return trained_.optimizer_state(); }

    void score_all(const user_history * users, size_t n, float * scores) override {
        const const_matrix items = network_->layout().of(trained_.values(), network_->item_vectors());
        const std::vector<float> states = encode(n, [&](size_t i) { return users[i]; });
        multiply_vectors(states.data(), n, items.data, static_cast<size_t>(items.rows), static_cast<size_t>(items.columns), scores, context_.threads);
        for (size_t i = 0; i < n; i++)
            if (users[i].size == 0) std::copy(popularity_.begin(), popularity_.end(), scores + i * popularity_.size());
    }

    void score(const candidate_row * rows, size_t n) override {
        const const_matrix items = network_->layout().of(trained_.values(), network_->item_vectors());
        const size_t width = static_cast<size_t>(items.columns);
        const std::vector<float> states = encode(n, [&](size_t i) { return rows[i].user; });
        for_each_index(SHARES, context_.threads, [&](size_t share) { // a lane each: products in one lane at the same time would share their memory
            std::vector<float> vectors;
            for (size_t i = n * share / SHARES; i < n * (share + 1) / SHARES; i++) {
                const auto [user, candidates, size, scores] = rows[i];
                if (user.size == 0) {
                    for (size_t c = 0; c < size; c++) scores[c] = popularity_[static_cast<size_t>(candidates[c])];
                    continue;
                }
                vectors.resize(size * width);
                for (size_t c = 0; c < size; c++) std::copy_n(items.row(candidates[c]), width, &vectors[c * width]);
                const int64_t n_candidates = static_cast<int64_t>(size);
                multiply_by_transposed({&states[i * width], 1, items.columns}, {vectors.data(), n_candidates, items.columns}, {scores, 1, n_candidates}, onto::nothing,
                                       static_cast<int>(share));
            }
        });
    }

  private:
    // One step on a batch; the sum of its losses before.
    double learn(const std::vector<sequence_window> & batch, int64_t step) {
        std::vector<size_t> order(batch.size()); // by length, so that dealing them round gives each share about the same work
        for (size_t i = 0; i < order.size(); i++) order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return batch[a].n_inputs > batch[b].n_inputs; });
        window_share shares[SHARES];
        int64_t n_targets = 0;
        for (size_t i = 0; i < order.size(); i++) {
            shares[i % SHARES].windows.push_back(batch[order[i]]);
            shares[i % SHARES].numbers.push_back(static_cast<int64_t>(order[i]));
            n_targets += batch[i].n_targets;
        }
        std::optional<drawn_items> drawn;
        if (draw_) {
            random_stream chance(context_.seed, "softmax items", static_cast<uint64_t>(step));
            drawn = draw_->draw(chance);
        }
        const uint64_t dropout_seed = random_stream(context_.seed, "sequence dropout", static_cast<uint64_t>(step)).uint64();
        return trained_.step(step + 1, settings_.learning_rate, context_.threads, [&](size_t i, float * gradients, int lane) {
            shares[i].dropout_seed = dropout_seed;
            shares[i].drawn = drawn ? &*drawn : nullptr;
            shares[i].weight = 1.0f / static_cast<float>(n_targets);
            return shares[i].windows.empty() ? 0.0 : network_->learn(trained_.values(), shares[i], gradients, lane);
        });
    }

    // [n][width]; zeros for an empty history.
    template <typename History> std::vector<float> encode(size_t n, const History & history) const {
        const size_t width = static_cast<size_t>(network_->layout().parts()[network_->item_vectors()].columns);
        std::vector<float> states(n * width, 0.0f);
        std::vector<size_t> known;
        for (size_t i = 0; i < n; i++)
            if (history(i).size > 0) known.push_back(i);
        for_each_index(SHARES, context_.threads, [&](size_t share) {
            const size_t end = known.size() * (share + 1) / SHARES;
            for (size_t begin = known.size() * share / SHARES; begin < end; begin += HISTORIES_AT_ONCE) {
                std::vector<sequence_window> windows;
                for (size_t i = begin; i < std::min(end, begin + HISTORIES_AT_ONCE); i++) windows.push_back(last_inputs(history(known[i]), settings_.windows.most_inputs));
                std::vector<float> memory(windows.size() * width);
                network_->encode(trained_.values(), windows, {memory.data(), static_cast<int64_t>(windows.size()), static_cast<int64_t>(width)}, static_cast<int>(share));
                for (size_t i = 0; i < windows.size(); i++) std::copy_n(&memory[i * width], width, &states[known[begin + i] * width]);
            }
        });
        return states;
    }

    const interaction_log & log_;
    std::unique_ptr<sequence_network> network_;
    sequence_settings settings_;
    fit_context context_;
    trained_parameters trained_;
    std::optional<item_draw> draw_;
    int64_t n_targets_;
    std::vector<float> popularity_; // [n_items]
};

} // namespace

std::unique_ptr<fit_model> make_sequence_model(const interaction_log & log, std::unique_ptr<sequence_network> network, const sequence_settings & settings,
                                               const std::string & name, const fit_context & context) {
    return std::make_unique<sequence_model>(log, std::move(network), settings, name, context);
}
