// rectune-native VERB --config FILE
// stdout: run events, one JSON object a line; stderr: words for people; exit codes: error.h.
#include "backend.h"
#include "config.h"
#include "error.h"
#include "events.h"
#include "fit/fit.h"
#include "generate.h"
#include "init_model.h"
#include "inspect.h"
#include "measure.h"
#include "model_copy.h"
#include "rank.h"
#include "score.h"
#include "series.h"
#include "serve.h"
#include "session.h"
#include "stop_signal.h"
#include "train.h"
#include <cstdio>
#include <cstring>

static exit_code merge(const merge_config & config) {
    session open("merge", config.model, config.threads);
    const std::unique_ptr<adapter> lora = adapter::load(open.cpu, open.model, config.adapter);
    announce_adapter(*lora);
    watch_for_stop();
    write_copy(open.file, open.model, all_blocks(open.model), lora.get(), config.type, config.output, [&](size_t done, size_t tensors) {
        if (stop_is_asked()) throw user_error(exit_stopped, "stopped before the model was written", config.output, "give the same command again");
        emit("merging", {{"done", done}, {"tensors", tensors}});
    });
    announce_done("merge", config.output);
    return exit_done;
}

static exit_code init(const init_config & config) {
    announce("init", 1);
    write_random_model(config);
    announce_done("init", config.output);
    return exit_done;
}

static exit_code run(int argc, char ** argv) {
    const std::string usage = "rectune-native train|estimate|series|score|init|merge|generate|serve|rank|inspect|fit|measure --config FILE";
    if (argc != 4 || std::strcmp(argv[2], "--config") != 0) throw user_error(exit_usage, "wrong arguments", "command line", usage);
    const std::string verb = argv[1], config = argv[3];
    load_ggml();
    if (verb == "train") return train(read_train_config(config));
    if (verb == "estimate") return estimate(read_train_config(config));
    if (verb == "series") return series(read_series_config(config));
    if (verb == "score") return score(read_score_config(config));
    if (verb == "init") return init(read_init_config(config));
    if (verb == "merge") return merge(read_merge_config(config));
    if (verb == "generate") return generate(read_generate_config(config));
    if (verb == "serve") return serve(read_serve_config(config));
    if (verb == "rank") return rank(read_rank_config(config));
    if (verb == "inspect") return inspect(read_inspect_config(config));
    if (verb == "fit") return fit(read_fit_config(config));
    if (verb == "measure") return measure(read_measure_config(config));
    throw user_error(exit_usage, "no verb is called \"" + verb + "\"", "command line", usage);
}

static int fail(int code, const std::string & what, const std::string & where, const std::string & fix) {
    emit("error", {{"code", code}, {"what", what}, {"where", where}, {"fix", fix}});
    std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", what.c_str(), where.c_str(), fix.c_str());
    return code;
}

int main(int argc, char ** argv) {
    try {
        return run(argc, argv);
    } catch (const user_error & error) {
        return fail(error.code, error.what(), error.where, error.fix);
    } catch (const std::bad_alloc &) {
        return fail(exit_memory, "out of memory", "rectune-native", "use a smaller --micro-batch-size, or free some memory");
    } catch (const std::exception & error) {
        return fail(exit_bug, std::string("unexpected: ") + error.what(), "rectune-native", "report this with the config and the data");
    }
}
