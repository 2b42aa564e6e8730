#include "train.h"
#include "checkpoint.h"
#include "machine_memory.h"
#include "model_copy.h"
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

exit_code train_on(training_base & base, const std::vector<train_config> & runs, size_t run) {
    const train_config & config = runs[run];
    check_place(config.device, precision_for(config), base.panels);
    const std::vector<token_row> & rows = base.rows_of(run);
    validation * const valid = base.validation_of(run);
    const int64_t columns = announce_training_rows(rows, config, limits_of(config, base.open.model, layers_of(config, base.open.model)));
    const run_plan plan = plan_run(base, run);
    announce_plan(plan, std::nullopt);

    const std::unique_ptr<adapter> lora = starting_adapter(base.open, config);
    announce_adapter(*lora);
    base.check_parity_of(run, *lora);
    compute_place place(base.open, config.device, precision_for(config), base.panels, lora.get(), {rows.front().tokens, rows.back().tokens});

    pass_options options;
    options.recomputes = plan.choice.recomputes;
    options.cut = cut_below(*lora, base.open.model.shape);
    options.is_f16 = config.hidden_states.is_f16 && options.cut > 0;
    options.sums = place.sums();
    options.states = base.states_of(run, options.cut, place.state_source_of_passes(), plan.choice.states);
    give_back_memory(); // what was read and looked at before

    const exit_code code = training_run(base.open, place, rows, columns, valid, config, *lora, options, plan.choice.states).run();
    if (code == exit_done && config.merged_type) {
        write_copy(base.open.file, base.open.model, all_blocks(base.open.model), lora.get(), *config.merged_type, config.run_directory + "/merged.gguf");
    }
    if (code == exit_done) announce_done("train", config.run_directory + "/adapter.gguf");
    return code;
}

exit_code train(const train_config & config, const std::vector<const narrow_panels *> & panels) {
    watch_for_stop();
    open_checkpoints(checkpoint_folder(config.run_directory), config.resume); // before anything long
    const std::vector<train_config> runs = {config};
    training_base base("train", runs, panels);
    return train_on(base, runs, 0);
}
