#include "fit/sequence_model.h"
#include "error.h"
#include "fit/adam.h"
#include "fit/vector_products.h"
#include "kernels/cpu_kernels.h"
#include "parallel.h"
#include "random.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

const size_t SHARES = 4;
const size_t HISTORIES_AT_ONCE = 64;
const size_t GRADIENTS_AT_ONCE = 1 << 15;

class sequence_model : public fit_model {
  public:
    sequence_model(const interaction_log & log, std::unique_ptr<sequence_network> network, const sequence_settings & settings, const std::string & name, const fit_context & context)
        : log_(log), network_(std::move(network)), settings_(settings), context_(context), n_targets_(count_targets(log)), popularity_(static_cast<size_t>(log.n_items), 0.0f) {
        if (n_targets_ == 0) throw user_error(exit_data, "no user has two interactions", "model \"" + name + "\"", "give it longer histories: it learns what comes next");
        const size_t size = network_->layout().size();
        for (std::vector<float> * one : {&values_, &first_, &second_}) one->assign(size, 0.0f);
        for (std::vector<float> & one : gradients_) one.assign(size, 0.0f);
        network_->initialise(values_.data(), context_.seed);
        for (const int32_t item : log.items) popularity_[static_cast<size_t>(item)]++;
        for (float & count : popularity_) count = static_cast<float>(std::log1p(static_cast<double>(count)));
    }

    std::optional<double> train_epoch(int64_t epoch) override {
        const int64_t n_batches = (n_targets_ + settings_.batch_size - 1) / settings_.batch_size;
        const auto batches = deal_batches(cut_windows(log_, settings_.windows, context_.seed, epoch), n_batches, context_.seed, epoch);
        double loss = 0;
        for (int64_t i = 0; i < n_batches; i++) {
            context_.between_batches();
            const int64_t step = epoch * n_batches + i;
            loss += learn(batches[static_cast<size_t>(i)], step);
            update_by_adam({step + 1, settings_.learning_rate}, values_.size(), values_.data(), gradients_[0].data(), first_.data(), second_.data(), context_.threads);
        }
        return loss / static_cast<double>(n_targets_);
    }

    std::vector<fit_values> parameters() override { return named(values_, ""); }

    std::vector<fit_values> optimizer_state() override {
        std::vector<fit_values> state = named(first_, ".m");
        for (const fit_values & one : named(second_, ".v")) state.push_back(one);
        return state;
    }

    void score_all(const user_history * users, size_t n, float * scores) override {
        const const_matrix items = network_->layout().of(values_.data(), network_->item_vectors());
        const std::vector<float> states = encode(n, [&](size_t i) { return users[i]; });
        multiply_vectors(states.data(), n, items.data, static_cast<size_t>(items.rows), static_cast<size_t>(items.columns), scores, context_.threads);
        for (size_t i = 0; i < n; i++)
            if (users[i].size == 0) std::copy(popularity_.begin(), popularity_.end(), scores + i * popularity_.size());
    }

    void score(const candidate_row * rows, size_t n) override {
        const const_matrix items = network_->layout().of(values_.data(), network_->item_vectors());
        const size_t width = static_cast<size_t>(items.columns);
        const std::vector<float> states = encode(n, [&](size_t i) { return rows[i].user; });
        for_each_index(n, context_.threads, [&](size_t i) {
            std::vector<float> vectors(rows[i].size * width);
            for (size_t c = 0; c < rows[i].size; c++) std::copy_n(items.row(rows[i].candidates[c]), width, &vectors[c * width]);
            if (rows[i].user.size > 0) multiply_vectors(&states[i * width], 1, vectors.data(), rows[i].size, width, rows[i].scores, 1);
            else
                for (size_t c = 0; c < rows[i].size; c++) rows[i].scores[c] = popularity_[static_cast<size_t>(rows[i].candidates[c])];
        });
    }

  private:
    std::vector<fit_values> named(std::vector<float> & of, const std::string & ending) const {
        std::vector<fit_values> parts;
        for (const parameter_layout::part & part : network_->layout().parts())
            parts.push_back({part.name + ending, of.data() + part.begin, static_cast<size_t>(part.rows * part.columns)});
        return parts;
    }

    // Loss of a batch, and its gradients in gradients_[0]; the others are zeros then.
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
        const uint64_t dropout_seed = random_stream(context_.seed, "sequence dropout", static_cast<uint64_t>(step)).uint64();
        double losses[SHARES] = {};
        for_each_index(SHARES, context_.threads, [&](size_t i) {
            if (shares[i].windows.empty()) return;
            shares[i].dropout_seed = dropout_seed;
            shares[i].weight = 1.0f / static_cast<float>(n_targets);
            losses[i] = network_->learn(values_.data(), shares[i], gradients_[i].data(), static_cast<int>(i));
        });
        const size_t size = values_.size();
        for_each_index((size + GRADIENTS_AT_ONCE - 1) / GRADIENTS_AT_ONCE, context_.threads, [&](size_t part) {
            const size_t begin = part * GRADIENTS_AT_ONCE, n = std::min(GRADIENTS_AT_ONCE, size - begin);
            for (size_t share = 1; share < SHARES; share++) {
                current_cpu_kernels().add(static_cast<int64_t>(n), gradients_[share].data() + begin, gradients_[0].data() + begin);
                std::memset(gradients_[share].data() + begin, 0, n * sizeof(float));
            }
        });
        double loss = 0;
        for (const double one : losses) loss += one;
        return loss;
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
                network_->encode(values_.data(), windows, {memory.data(), static_cast<int64_t>(windows.size()), static_cast<int64_t>(width)}, static_cast<int>(share));
                for (size_t i = 0; i < windows.size(); i++) std::copy_n(&memory[i * width], width, &states[known[begin + i] * width]);
            }
        });
        return states;
    }

    const interaction_log & log_;
    std::unique_ptr<sequence_network> network_;
    sequence_settings settings_;
    fit_context context_;
    int64_t n_targets_;
    std::vector<float> popularity_; // [n_items]
    std::vector<float> values_, first_, second_; // parameters and what Adam keeps of them
    std::vector<float> gradients_[SHARES];
};

} // namespace

std::unique_ptr<fit_model> make_sequence_model(const interaction_log & log, std::unique_ptr<sequence_network> network, const sequence_settings & settings,
                                               const std::string & name, const fit_context & context) {
    return std::make_unique<sequence_model>(log, std::move(network), settings, name, context);
}
