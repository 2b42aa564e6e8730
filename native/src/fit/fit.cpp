#include "fit/fit.h"
#include "digest.h"
#include "events.h"
#include "fit/learning.h"
#include "session.h"
#include "stop_signal.h"

namespace {

void check_stop() {
    if (stop_is_asked()) throw user_error(exit_stopped, "stopped before all was said", "fit", "give the same command again; with a state to resume, what was learned is not learned anew");
}

void add_text(digest & all, const std::string & text) {
    all.add_value(text.size());
    all.add(text.data(), text.size());
}

template <typename T> void add_list(digest & all, const std::vector<T> & list) {
    all.add_value(list.size());
    all.add(list.data(), list.size() * sizeof(T));
}

// Of a model that learns: of what decides the parameters behind each epoch, and which epoch is the best.
std::string fingerprint(const fit_config & config, const interaction_log & log, const std::vector<fit_row> & validated) {
    digest all;
    add_text(all, config.model.name);
    add_text(all, config.settings);
    all.add_value(config.seed);
    all.add_value(log.n_items);
    add_list(all, log.begin);
    add_list(all, log.items);
    add_list(all, log.liked);
    if (config.validation) {
        add_text(all, config.validation->metric_name);
        all.add_value(config.learning->evaluate_every);
    }
    for (const fit_row & row : validated) {
        all.add_value(row.user);
        for (const std::vector<int32_t> * list : {&row.history, &row.candidates, &row.excluded}) add_list(all, *list);
        add_list(all, row.liked);
        add_list(all, row.relevant.value_or(std::vector<int32_t>{}));
    }
    return all.hexadecimal();
}

void tell(const fit_row & row, const row_result & result) {
    if (!row.ranks_all()) emit("scores", {{"row", row.row}, {"scores", result.scores}});
    else emit("rank", {{"row", row.row}, {"above", result.places.front().above}, {"tied", result.places.front().tied}});
}

} // namespace

exit_code fit(const fit_config & config) {
    announce("fit", config.threads);
    const interaction_log log = read_interactions(config.interactions, config.n_items);
    const std::vector<fit_row> rows = config.rows ? read_fit_rows(*config.rows, log.n_users(), log.n_items) : std::vector<fit_row>{};
    const std::vector<fit_row> validated = config.validation ? read_fit_rows(config.validation->rows, log.n_users(), log.n_items) : std::vector<fit_row>{};
    std::optional<fit_evaluation> evaluation;
    if (config.validation) evaluation.emplace(validated, config.validation->metric, config.validation->rows);
    emit("interactions", {{"users", log.n_users()}, {"items", log.n_items}, {"interactions", log.size()}, {"rows", rows.size()}, {"validationRows", validated.size()}});

    watch_for_stop();
    const std::unique_ptr<fit_model> model = config.model.make(log, {config.seed, config.threads, check_stop});
    if (config.learning) {
        if (!learn(*model, *config.learning, evaluation ? &*evaluation : nullptr, log.n_items, fingerprint(config, log, validated), check_stop)) return exit_stopped;
    } else {
        model->train_epoch(0);
        const json value = evaluation ? json(evaluation->evaluate(*model, log.n_items, check_stop)) : json();
        emit("fitted", {{"epochs", 1}, {"bestEpoch", nullptr}, {"value", value}, {"stoppedEarly", false}, {"seconds", seconds_since_start()}});
    }
    score_rows(*model, rows, log.n_items, check_stop, [&](size_t i, const row_result & result) { tell(rows[i], result); });
    announce_done("fit", std::nullopt);
    return exit_done;
}
