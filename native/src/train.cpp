#include "train.h"
#include "checkpoint.h"
#include "machine_memory.h"
#include "model_copy.h"
#include "pace.h"
#include "parity.h"
#include "run_plan.h"
#include "session.h"
#include "start_adapter.h"
#include "step_parts.h"
#include "stop_signal.h"
#include "training_run.h"
#include <algorithm>

// A run that goes on keeps the type it was begun with, whatever is fastest here.
static asked_precision precision_for(const train_config & config) {
    if (!config.resume || config.precision != "auto") return {config.precision};
    const std::optional<std::string> begun = recorded_precision(checkpoint_folder(config.run_directory));
    return begun ? asked_precision{*begun, true} : asked_precision{config.precision};
}

namespace {

// What the processor or the device lacks is refused before anything long.
const train_config & config_of_possible_run(training_base & base, size_t run) {
    const train_config & config = base.config_of(run);
    check_place(config.device, precision_for(config), base.panels);
    return config;
}

// A run up to the point where it could begin.
struct ready_run {
    const train_config & config;
    const std::vector<token_row> & rows;
    validation * const valid;
    const int64_t columns;
    const run_plan plan;
    std::unique_ptr<adapter> lora;
    std::unique_ptr<compute_place> place;
    pass_options options;

    ready_run(training_base & base, size_t run, bool is_checked)
        : config(config_of_possible_run(base, run)), rows(base.rows_of(run)), valid(base.validation_of(run)),
          columns(announce_training_rows(rows, config, limits_of(config, base.open.model, layers_of(config, base.open.model)))), plan(plan_run(base, run)) {
        announce_plan(plan, std::nullopt);
        lora = starting_adapter(base.open, config);
        announce_adapter(*lora);
        if (is_checked) base.check_parity_of(run, *lora);
        place = std::make_unique<compute_place>(base.open, config.device, precision_for(config), base.panels, lora.get(), std::vector<std::vector<llama_token>>{rows.front().tokens, rows.back().tokens});
        options.recomputes = plan.choice.recomputes;
        options.cut = cut_below(*lora, base.open.model.shape);
        options.is_f16 = config.hidden_states.is_f16 && options.cut > 0;
    }
};

const double LEAST_PASSES = 4; // or measuring would take a good part of the run

} // namespace

exit_code train_on(training_base & base, size_t run) {
    ready_run ready(base, run, true);
    session & open = base.open;
    const train_config & config = ready.config;
    ready.options.sums = ready.place->sums();
    ready.options.states = base.states_of(run, ready.options.cut, ready.place->state_source_of_passes(), ready.plan.choice.states);
    give_back_memory(); // what was read and looked at before

    training_run training(open, *ready.place, ready.rows, ready.columns, ready.valid, config, *ready.lora, ready.options, ready.plan.choice.states);
    training.restore();
    if (ready.plan.layout.passes >= LEAST_PASSES && !stop_is_asked()) {
        announce_plan(ready.plan, training.remaining_seconds(measure_pace(open, *ready.place, config, ready.rows, *ready.lora, ready.options, ready.plan.layout), ready.plan.layout));
    }
    const exit_code code = training.run();
    if (code == exit_done && config.merged_type) {
        write_copy(open.file, open.model, all_blocks(open.model), ready.lora.get(), *config.merged_type, config.run_directory + "/merged.gguf");
    }
    if (code == exit_done) announce_done("train", config.run_directory + "/adapter.gguf");
    return code;
}

exit_code estimate(const train_config & config, const std::vector<const narrow_panels *> & panels) {
    const std::vector<train_config> runs = {config};
    training_base base("estimate", runs, panels);
    ready_run ready(base, 0, false);
    session & open = base.open;
    const pace speed = measure_pace(open, *ready.place, config, ready.rows, *ready.lora, ready.options, ready.plan.layout);
    const double below = ready.options.cut * speed.frozen_block; // a column's states
    double before = 0;
    ready.options.assumes_states = ready.plan.choice.states != state_place::nowhere;
    if (ready.options.assumes_states) before += below * static_cast<double>(lay_out_for_training(ready.rows, true).tokens.size());
    if (ready.valid && ready.plan.choice.valid_states != state_place::nowhere) before += below * static_cast<double>(ready.valid->n_columns());
    const training_run training(open, *ready.place, ready.rows, ready.columns, ready.valid, config, *ready.lora, ready.options, ready.plan.choice.states);
    announce_plan(ready.plan, before + training.remaining_seconds(speed, ready.plan.layout));
    announce_done("estimate", std::nullopt);
    return exit_done;
}

exit_code train(const train_config & config, const std::vector<const narrow_panels *> & panels) {
    watch_for_stop();
    open_checkpoints(checkpoint_folder(config.run_directory), config.resume); // before anything long
    const std::vector<train_config> runs = {config};
    training_base base("train", runs, panels);
    return train_on(base, 0);
}
