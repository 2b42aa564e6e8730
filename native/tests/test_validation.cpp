// Evaluations on valid while training: the metric, when they come, what they decide, and that a resumed run decides alike.
#include "auc.h"
#include "check.h"
#include "random.h"
#include "refusal.h"
#include "score.h"
#include "series.h"
#include "tiny_run.h"
#include "validation.h"
#include <algorithm>
#include <cmath>

namespace {

// Twelve rows to train on and ten to evaluate on, and a learning rate so large that AUC goes up and down.
struct evaluated : run {
    evaluated() {
        write_rows(config.data, 12, 3);
        write_rows(folder.path + "/valid.jsonl", 10, 2);
        config.micro_batch_size.reset();
        config.learning_rate = 2e-2;
        config.schedule = schedule_kind::constant;
        config.warmup_steps = 0;
        config.weight_decay = config.max_gradient_norm = 0;
        config.validation = validation_config{folder.path + "/valid.jsonl", {0, 7, 2, 3, 4, 5, 6, 1}, 2, std::nullopt, false};
        config.checkpoint_every = 100;
    }
    static void write_rows(const std::string & path, int n, int every) {
        std::ofstream data(path);
        for (int i = 0; i < n; i++) data << instruction_line(i, i % every == 0, "Seen: a" + std::to_string(i) + ". Next " + (i % 4 < 2 ? "x" : "y") + "?");
    }
    bool has_checkpoint(int64_t step) const { return std::filesystem::exists(checkpoint(static_cast<int>(step))); }
};

std::vector<json> named(const std::vector<json> & events, const std::string & name) {
    std::vector<json> found;
    for (const json & event : events) if (event["event"] == name) found.push_back(event);
    return found;
}

void auc_equals_its_pairwise_definition() {
    random_stream chance(1, "auc");
    for (int trial = 0; trial < 300; trial++) {
        const size_t n = 2 + chance.below(30);
        std::vector<double> scores;
        std::vector<bool> labels;
        for (size_t i = 0; i < n; i++) {
            scores.push_back(static_cast<double>(chance.below(6)) - 2.5); // many ties
            labels.push_back(i < 2 ? i == 0 : chance.below(2) == 0);
        }
        double wins = 0, pairs = 0;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                if (!labels[i] || labels[j]) continue;
                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }
        CHECK_NEAR(area_under_roc(scores, labels), wins / pairs, 1e-12);
    }
}

void evaluations_are_those_of_the_scorer() {
    evaluated r;
    const std::vector<json> events = events_of([&] { train(r.config); });
    const std::vector<json> evaluations = named(events, "validation");
    CHECK(evaluations.size() == 6 && evaluations.back()["step"] == 12);
    const score_config scoring{r.config.model, r.config.run_directory + "/adapter.gguf", std::nullopt, r.config.validation->data, r.config.labels, 0, true, std::nullopt, {}, "cpu", "f32", 1};
    std::vector<double> scores(10);
    for (const json & event : named(events_of([&] { score(scoring); }), "score")) scores[event["row"].get<size_t>()] = event["logOdds"];
    const std::vector<double> logged = evaluations.back()["logOdds"];
    CHECK(logged.size() == 8);
    std::vector<bool> labels;
    for (size_t i = 0; i < logged.size(); i++) {
        const int64_t row = r.config.validation->rows[i];
        CHECK(logged[i] == scores[static_cast<size_t>(row)]); // to the bit
        labels.push_back(row % 2 == 0);
    }
    CHECK_NEAR(evaluations.back()["auc"], area_under_roc(logged, labels), 1e-12);
}

void looking_changes_nothing() {
    evaluated with, without;
    without.config.validation.reset();
    events_of([&] { train(with.config); train(without.config); });
    CHECK(with.adapter_bytes() == without.adapter_bytes() && !with.adapter_bytes().empty());
}

// A run of `best` steps makes the adapter that is to be kept.
void the_best_step_is_kept() {
    evaluated best;
    best.config.validation->keeps_best = true;
    const std::vector<json> events = events_of([&] { train(best.config); });
    int64_t step = 0;
    double auc = -1;
    for (const json & event : named(events, "validation")) {
        CHECK(event["best"] == (event["auc"].get<double>() > auc));
        if (!event["best"]) continue;
        auc = event["auc"];
        step = event["step"];
    }
    const json kept = named(events, "kept").at(0);
    CHECK(kept["step"] == step && kept["lastStep"] == 12 && kept["auc"] == auc && kept["stoppedEarly"] == false);
    CHECK(step < 12 && best.has_checkpoint(step) && best.has_checkpoint(12));
    evaluated shorter;
    shorter.config.steps = step;
    events_of([&] { train(shorter.config); });
    CHECK(best.adapter_bytes() == shorter.adapter_bytes());
}

int64_t stop_of_patience(const std::vector<json> & evaluations, int64_t patience) {
    double best = -1;
    int64_t since = 0;
    for (const json & event : evaluations) {
        since = event["auc"].get<double>() > best ? 0 : since + 1;
        best = std::max(best, event["auc"].get<double>());
        if (since == patience) return event["step"];
    }
    return evaluations.back()["step"];
}

void patience_stops_the_run() {
    evaluated whole, patient;
    whole.config.steps = patient.config.steps = 40;
    patient.config.validation->patience = 2;
    patient.config.validation->keeps_best = true;
    const std::vector<json> all = named(events_of([&] { train(whole.config); }), "validation");
    const std::vector<json> events = events_of([&] { train(patient.config); });
    const json kept = named(events, "kept").at(0);
    CHECK(kept["lastStep"] == stop_of_patience(all, 2) && kept["lastStep"] < 40 && kept["stoppedEarly"] == true);
    CHECK(named(events, "step").back()["step"] == kept["lastStep"]);
}

void a_resumed_run_decides_alike() {
    evaluated whole;
    whole.config.steps = 40;
    whole.config.validation->patience = 3;
    whole.config.validation->keeps_best = true;
    whole.config.checkpoint_every = 3;
    const std::vector<json> events = events_of([&] { train(whole.config); });
    const int64_t last = named(events, "kept").at(0)["lastStep"];
    CHECK(last < 40 && last > 3);
    for (int64_t cut = 3; cut <= last; cut += 3) { // as if it had died right after the checkpoint of these steps
        evaluated r;
        r.config = whole.config;
        r.config.model = whole.config.model;
        r.config.run_directory = r.folder.path + "/cut";
        std::filesystem::create_directories(r.config.run_directory);
        r.config.steps = 40;
        events_of([&] { train(r.config); });
        std::filesystem::remove(r.config.run_directory + "/adapter.gguf");
        for (const auto & entry : std::filesystem::directory_iterator(r.config.run_directory + "/checkpoints")) {
            const std::string name = entry.path().filename().string();
            if (std::stoll(name.substr(5)) > cut) std::filesystem::remove(entry.path());
        }
        r.config.resume = true;
        const std::vector<json> again = events_of([&] { train(r.config); });
        CHECK(named(again, "kept").at(0)["step"] == named(events, "kept").at(0)["step"] && named(again, "kept").at(0)["lastStep"] == last);
        CHECK(r.adapter_bytes() == whole.adapter_bytes());
    }
}

void rows_of_one_label_are_refused_before_training() {
    evaluated r;
    r.config.validation->rows = {0, 2, 4};
    std::vector<json> events;
    const user_error error = refusal([&] { events_of([&] { train(r.config); }); });
    CHECK(error.code == exit_data && says(error.what(), "AUC is not defined"));
    r.config.validation->rows = {0, 99};
    CHECK(refusal([&] { events_of([&] { train(r.config); }); }).code == exit_usage);
    r.config.validation->rows = {0, 1};
    r.config.labels.clear(); // and the rows name none
    CHECK(says(refusal([&] { events_of([&] { train(r.config); }); }).what(), "AUC needs two"));
}

void a_plan_costs_at_most_its_share() {
    random_stream chance(2, "plans");
    for (int trial = 0; trial < 1000; trial++) {
        const int64_t steps = 1 + static_cast<int64_t>(chance.below(2000));
        const double step_columns = 1 + 1e6 * chance.uniform(), eval_columns = 1 + 3e4 * chance.uniform(), backward = chance.uniform();
        const validation_plan plan = plan_validation(std::nullopt, steps, step_columns, eval_columns, backward);
        CHECK(plan.share <= 0.05);
        int64_t made = 0; // as the loop makes them
        for (int64_t step = 1; plan.every > 0 && step <= steps; step++) made += step % plan.every == 0 || step == steps;
        CHECK(made == plan.evaluations);
        CHECK((made == 0) == (eval_columns > 0.05 * step_columns * (1 + backward)));
        if (plan.every > 1) { // one step less between them would cost too much
            const int64_t more = (steps + plan.every - 2) / (plan.every - 1);
            CHECK(static_cast<double>(more) * eval_columns > 0.05 * step_columns * (1 + backward));
        }
    }
    CHECK(plan_validation(7, 20, 1, 1e9, 1).evaluations == 3); // who asks for it gets it
}

// On the last of three blocks: below it the rows are computed once, wherever their states are kept, or in each evaluation.
void states_of_valid_change_no_bit() {
    const auto trained = [](state_place place, uint64_t limit, json & states) {
        evaluated r;
        r.config.layers = "last:1";
        r.config.hidden_states = {place, false, limit, r.folder.path + "/states"};
        const std::vector<json> events = events_of([&] { train(r.config); });
        states = named(events, "hidden-states");
        std::vector<json> told;
        for (const json & event : named(events, "validation")) told.push_back({event["auc"], event["logOdds"], event["best"]});
        CHECK(told.size() == 6);
        return std::make_pair(told, r.adapter_bytes());
    };
    const uint64_t much = 1 << 20;
    json states;
    const auto expected = trained(state_place::nowhere, much, states);
    for (const state_place place : {state_place::memory, state_place::disk}) {
        CHECK(trained(place, much, states) == expected);
        CHECK(states.size() == 2 && states[0]["split"] == "train" && states[1]["split"] == "valid" && states[1]["place"] == states[0]["place"] && states[0]["place"] != "nowhere");
        const uint64_t both = states[0]["bytes"].get<uint64_t>() + states[1]["bytes"].get<uint64_t>();
        CHECK(trained(place, both, states) == expected && states[1]["place"] != "nowhere");
        CHECK(trained(place, both - 1, states) == expected && states[0]["place"] != "nowhere" && states[1]["place"] == "nowhere");
    }
}

void later_runs_of_a_series_find_the_states_of_valid() {
    evaluated one, two, alone;
    for (evaluated * r : {&one, &two, &alone}) {
        r->config.model = one.config.model;
        r->config.data = one.config.data;
        r->config.validation->data = one.config.validation->data;
        r->config.layers = "last:1";
        r->config.hidden_states = {state_place::memory, false, 1 << 20, ""};
    }
    for (evaluated * r : {&two, &alone}) r->config.seed = r->config.begin.seed = 6;
    const std::vector<json> events = events_of([&] { series({{one.config, two.config}}); });
    std::vector<json> of_valid;
    for (const json & event : named(events, "hidden-states")) if (event["split"] == "valid") of_valid.push_back(event);
    CHECK(of_valid.size() == 2 && of_valid[0]["reused"] == false && of_valid[1]["reused"] == true && of_valid[1]["run"] == 1);
    events_of([&] { train(alone.config); });
    CHECK(two.adapter_bytes() == alone.adapter_bytes());
}

void the_best_step_needs_an_evaluation() {
    evaluated r;
    r.config.validation->every.reset();
    r.config.validation->keeps_best = true;
    r.config.steps = 1;
    CHECK(says(refusal([&] { events_of([&] { train(r.config); }); }).fix, "--eval-every"));
    r.config.validation->keeps_best = false;
    const std::vector<json> events = events_of([&] { train(r.config); });
    CHECK(named(events, "validation").empty() && named(events, "validation-plan").at(0)["every"] == 0);
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"AUC equals its pairwise definition, ties counted one half", auc_equals_its_pairwise_definition},
        {"an evaluation has the log-odds of `score` to the bit, and their AUC", evaluations_are_those_of_the_scorer},
        {"a run that is watched gives the bytes of one that is not", looking_changes_nothing},
        {"the best step's checkpoint is kept, and its adapter is written when asked for", the_best_step_is_kept},
        {"patience ends a run at the step that its definition says", patience_stops_the_run},
        {"a run resumed from any checkpoint makes the same decisions and the same bytes", a_resumed_run_decides_alike},
        {"rows of one label, without two to choose between, or not there are refused before training", rows_of_one_label_are_refused_before_training},
        {"a plan that nobody asked for costs at most 5 %, and no more evaluations would fit", a_plan_costs_at_most_its_share},
        {"hidden states of valid that are kept change no bit of an evaluation, and share one limit with those of train", states_of_valid_change_no_bit},
        {"later runs of a series find the hidden states of valid", later_runs_of_a_series_find_the_states_of_valid},
        {"to keep the best step without an evaluation is refused", the_best_step_needs_an_evaluation},
    });
}
