#include "training_run.h"
#include "events.h"
#include "step_gradients.h"
#include "step_parts.h"
#include "stop_signal.h"
#include "training_data.h"
#include <algorithm>
#include <cmath>

static adamw_settings optimizer_settings(const train_config & config) {
    adamw_settings settings;
    settings.weight_decay = config.weight_decay;
    settings.lora_plus_ratio = config.lora_plus_ratio;
    return settings;
}

training_run::training_run(session & open, const compute_place & place, const std::vector<token_row> & rows, int64_t columns, validation * valid,
                           const train_config & config, adapter & lora, const pass_options & options, state_place states)
    : open_(open), place_(place), rows_(rows), config_(config), lora_(lora), checkpoints_(checkpoint_folder(config.run_directory)),
      fingerprint_(config.fingerprint + " " + digest_of(rows, open.model, lora.layers()) + " " + place.fingerprint()), limits_(limits_of(config, open.model, lora.layers())), optimizer_(lora, optimizer_settings(config)), order_(rows.size(), config),
      watch_(config.spike_factor, config.warmup_steps, state_.recent_losses),
      network_(place.compute(), place.model(), place.lora(), options), options_(options), states_(states), valid_(valid) {
    if (!valid) return;
    plan_ = plan_validation(config, order_, columns, *valid, lora.lowest_block(), open.model.shape.n_block);
    emit("validation-plan", {{"rows", valid->n_rows()}, {"columns", valid->n_columns()}, {"every", plan_.every}, {"evaluations", plan_.evaluations}, {"share", plan_.share}});
    if (plan_.every == 0 && (config.validation->keeps_best || config.validation->patience)) {
        throw user_error(exit_usage, "one evaluation of " + std::to_string(valid->n_rows()) + " rows of valid costs more than 5 % of this run, so none would be made",
            config.validation->data, "say how often with --eval-every, or evaluate on fewer rows with --eval-rows");
    }
}

void training_run::restore() {
    if (config_.resume) newest_ = restore_checkpoint(checkpoints_, lora_, optimizer_, state_, fingerprint_);
    if (newest_) emit("resumed", {{"step", newest_->step}, {"checkpoint", newest_->path}});
    place_.refresh();
    prepare_evaluations();
}

double training_run::remaining_seconds(const pace & speed, const run_layout & layout) const {
    const int32_t n_block = open_.model.shape.n_block, lowest = lora_.lowest_block();
    const int32_t first = options_.states || options_.assumes_states ? options_.cut : 0;
    const double left = static_cast<double>(order_.steps() - optimizer_.steps_done) / static_cast<double>(order_.steps());
    const double steps = layout.columns * speed.of_step(first, lowest, n_block) + layout.seconds;
    const double evaluations = valid_ ? static_cast<double>(plan_.evaluations * valid_->n_columns()) * speed.of_evaluation(valid_cut_, n_block) : 0;
    return left * (steps + evaluations);
}

exit_code training_run::run() {
    for (;;) {
        const int64_t done = optimizer_.steps_done;
        bool is_new = !newest_ || newest_->step != done; // what a checkpoint of these steps would say
        bool is_best = false;
        if (is_evaluation_due()) {
            if (!evaluate()) return stop(done);
            is_new = true;
            is_best = state_.best_step == done;
        }
        if (done > 0 && is_new && (is_over() || is_best || done % config_.checkpoint_every == 0)) save(done);
        if (is_over()) break;
        if (!step(done)) return stop(done);
    }
    keep();
    return exit_done;
}

// Every evaluation is of the same rows, so what is frozen below them is computed once, too. Their states stand beside those of the training rows,
// within one limit.
void training_run::prepare_evaluations() {
    if (plan_.every == 0) return;
    pass_options options = options_;
    if (options.cut > 0) {
        state_settings settings = config_.hidden_states;
        settings.passes = static_cast<uint64_t>((order_.steps() - optimizer_.steps_done + plan_.every - 1) / plan_.every);
        if (states_ != state_place::memory) settings.room = 0;
        settings.in_use = options.states ? options.states->n_bytes() : 0;
        options.states = valid_->states(place_.state_source_of_passes(), options.cut, settings);
        if (options.states) valid_cut_ = options.cut;
    }
    evaluating_.emplace(place_.compute(), place_.model(), place_.lora(), options);
}

bool training_run::is_evaluation_due() const {
    const int64_t done = optimizer_.steps_done;
    if (plan_.every == 0 || done == 0 || state_.evaluated_step == done) return false;
    return done % plan_.every == 0 || done == order_.steps();
}

bool training_run::evaluate() {
    const double began = seconds_since_start();
    const std::optional<evaluation> found = valid_->evaluate(*evaluating_);
    if (!found) return false;
    const int64_t done = optimizer_.steps_done;
    const bool is_best = state_.best_step == 0 || found->auc > state_.best_auc;
    state_.evaluated_step = done;
    state_.since_best = is_best ? 0 : state_.since_best + 1;
    if (is_best) {
        state_.best_step = done;
        state_.best_auc = found->auc;
    }
    emit("validation", {{"step", done}, {"auc", found->auc}, {"logOdds", found->log_odds}, {"best", is_best},
                        {"took", seconds_since_start() - began}, {"seconds", seconds_since_start()}});
    return true;
}

bool training_run::is_over() const {
    if (optimizer_.steps_done >= order_.steps()) return true;
    return valid_ && config_.validation->patience && state_.since_best >= *config_.validation->patience;
}

void training_run::keep() {
    const int64_t done = optimizer_.steps_done;
    const int64_t kept = plan_.every > 0 && config_.validation->keeps_best ? state_.best_step : done;
    if (kept != done) restore_adapter(checkpoints_, kept, lora_, fingerprint_);
    if (plan_.every > 0) emit("kept", {{"step", kept}, {"lastStep", done}, {"auc", state_.best_auc}, {"stoppedEarly", done < order_.steps()}});
    lora_.save(config_.run_directory + "/adapter.gguf", open_.model.shape.architecture);
}

bool training_run::step(int64_t step) {
    std::vector<token_row> batch = batch_of(order_, rows_, step);
    const step_plan plan = cut_into_parts(batch, step, config_, limits_, open_.model.shape.n_block);
    batch_objective goal(config_.objective, batch, config_.loss_on_all);
    lora_values gradients = zeros_like(lora_);
    if (options_.sums) options_.sums->clear();
    const std::optional<step_loss> result = gradients_of_step(network_, plan, goal, static_cast<float>(config_.dropout), stop_is_asked, gradients);
    if (!result) return false; // the half step is dropped, and done again by the run that goes on
    if (options_.sums) options_.sums->add_to(gradients);
    const double norm = gradient_norm(gradients);
    if (const std::optional<std::string> fault = watch_.fault(step, result->loss, norm, batch, result->of_rows)) {
        throw user_error(exit_diverged, *fault, config_.data,
            "look at these rows; else lower --learning-rate, set --max-gradient-norm 1, or raise --spike-factor (0: never stop for a spike); the checkpoints are untouched");
    }
    clip_gradients(gradients, norm, config_.max_gradient_norm);
    const double learning_rate = config_.learning_rate * schedule_factor(config_.schedule, step, order_.steps(), config_.warmup_steps);
    optimizer_.step(lora_, gradients, learning_rate);
    place_.refresh();
    int64_t n_tokens = 0;
    for (const token_row & row : batch) n_tokens += static_cast<int64_t>(row.tokens.size());
    emit("step", {{"step", step + 1}, {"steps", order_.steps()}, {"epoch", order_.epoch_of(step) + 1}, {"loss", result->loss},
                  {"learningRate", learning_rate}, {"gradientNorm", norm}, {"tokens", n_tokens}, {"columns", plan.n_columns()},
                  {"lossTokens", loss_terms(batch, config_.objective, config_.loss_on_all)}, {"seconds", seconds_since_start()}});
    return true;
}

void training_run::save(int64_t steps_done) {
    newest_ = checkpoint{steps_done, save_checkpoint(checkpoints_, lora_, optimizer_, steps_done, state_, fingerprint_, place_.precision())};
    emit("checkpoint", {{"step", newest_->step}, {"path", newest_->path}});
}

exit_code training_run::stop(int64_t steps_done) {
    if (!newest_ || newest_->step != steps_done) save(steps_done);
    emit("stopped", {{"step", newest_->step}, {"checkpoint", newest_->path}});
    return exit_stopped;
}
