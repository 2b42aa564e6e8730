#include "fit/learning.h"
#include "error.h"
#include "events.h"
#include "fit/fit_state.h"
#include <cmath>
#include <filesystem>

namespace {

class learner {
  public:
    learner(fit_model & model, const fit_learning & learning, const fit_evaluation * evaluation, int32_t n_items, const std::string & fingerprint,
            const std::function<void()> & between_batches)
        : model_(model), learning_(learning), evaluation_(evaluation), n_items_(n_items), fingerprint_(fingerprint), between_batches_(between_batches) {}

    bool run() {
        begin();
        state_.values = copies(kept_values(model_));
        try {
            while (state_.epochs < learning_.epochs && !has_stalled()) make_epoch();
        } catch (const user_error & error) {
            if (error.code != exit_stopped || !learning_.state) throw;
            save();
            emit("stopped", {{"step", state_.epochs}, {"checkpoint", *learning_.state}});
            return false;
        }
        if (is_dirty_) save();
        if (state_.best_epoch > 0) restore(model_.parameters(), state_.best_values);
        emit("fitted", {{"epochs", state_.epochs}, {"bestEpoch", state_.best_epoch > 0 ? json(state_.best_epoch) : json()}, {"value", state_.best_epoch > 0 ? json(state_.best) : json()},
                        {"stoppedEarly", state_.epochs < learning_.epochs}, {"seconds", seconds_since_start()}});
        return true;
    }

  private:
    void begin() {
        if (!learning_.state) return;
        if (!learning_.resume && std::filesystem::exists(*learning_.state)) {
            throw user_error(exit_usage, "another fit left its state here", *learning_.state, "resume that fit, or remove the file");
        }
        const std::optional<fit_state> found = learning_.resume ? read_fit_state(*learning_.state, model_, fingerprint_) : std::nullopt;
        if (!found) return;
        state_ = *found;
        restore(kept_values(model_), state_.values);
        emit("resumed", {{"step", state_.epochs}, {"checkpoint", *learning_.state}});
    }

    bool has_stalled() const { return learning_.patience && state_.since_best >= *learning_.patience; }

    void make_epoch() {
        const double began = seconds_since_start();
        const double loss = model_.train_epoch(state_.epochs).value();
        const double took = seconds_since_start() - began;
        if (!std::isfinite(loss)) throw user_error(exit_diverged, "the loss is not finite", "epoch " + std::to_string(state_.epochs + 1), "use a smaller learningRate");
        const int64_t epoch = state_.epochs + 1;
        std::optional<double> value;
        if (evaluation_ && epoch % learning_.evaluate_every == 0) value = evaluation_->evaluate(model_, n_items_, between_batches_);
        const bool is_best = value && (state_.best_epoch == 0 || *value > state_.best);
        state_.epochs = epoch; // nothing below can be stopped half-way
        state_.values = copies(kept_values(model_));
        if (is_best) {
            state_.best_epoch = epoch;
            state_.best = *value;
            state_.best_values = copies(model_.parameters());
        }
        if (value) state_.since_best = is_best ? 0 : state_.since_best + 1;
        is_dirty_ = true;
        emit("epoch", {{"epoch", epoch}, {"epochs", learning_.epochs}, {"loss", loss}, {"took", took}, {"value", value ? json(*value) : json()}, {"best", is_best}, {"seconds", seconds_since_start()}});
        if (seconds_since_start() - saved_ >= learning_.state_every) save();
    }

    void save() {
        if (learning_.state) save_fit_state(*learning_.state, model_, state_, fingerprint_);
        saved_ = seconds_since_start();
        is_dirty_ = false;
    }

    fit_model & model_;
    const fit_learning & learning_;
    const fit_evaluation * evaluation_;
    int32_t n_items_;
    std::string fingerprint_;
    const std::function<void()> & between_batches_;
    fit_state state_;
    double saved_ = seconds_since_start();
    bool is_dirty_ = false; // epochs since the state was saved
};

} // namespace

bool learn(fit_model & model, const fit_learning & learning, const fit_evaluation * evaluation, int32_t n_items, const std::string & fingerprint,
           const std::function<void()> & between_batches) {
    return learner(model, learning, evaluation, n_items, fingerprint, between_batches).run();
}
