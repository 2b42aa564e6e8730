#include "series.h"
#include "checkpoint.h"
#include "events.h"
#include "stop_signal.h"
#include "train.h"
#include <optional>

exit_code series(const series_config & config) {
    watch_for_stop();
    // What would refuse a run is found out before anything long: the error then names the run.
    const auto for_each_run = [&](const auto & visit) {
        for (size_t run = 0; run < config.runs.size(); run++) {
            begin_run_events(run);
            visit(run);
        }
        begin_run_events(std::nullopt);
    };
    for_each_run([&](size_t run) { open_checkpoints(checkpoint_folder(config.runs[run].run_directory), config.runs[run].resume); });
    training_base base("series", config.runs);
    for_each_run([&](size_t run) { base.rows_of(run); });

    for (size_t run = 0; run < config.runs.size(); run++) {
        begin_run_events(run);
        announce("train", config.runs[run].threads);
        announce_model(base.open.model);
        const exit_code code = train_on(base, run);
        if (code == exit_done) continue;
        begin_run_events(std::nullopt);
        return code;
    }
    begin_run_events(std::nullopt);
    announce_done("series", std::nullopt);
    return exit_done;
}
