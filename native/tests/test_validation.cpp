// Evaluations on valid while training: the metric, when they come, what they decide, and that a resumed run decides alike.
#include "auc.h"
#include "check.h"
#include "random.h"
#include "refusal.h"
#include "score.h"
#include "train.h"
#include "validation.h"
#include "whole_verb.h"
#include <algorithm>
#include <cmath>
#include <iterator>

namespace {

struct run {
    temporary_folder folder;
    train_config config;

    run() {
        config.model = write_tiny_model(folder.path, "llama", 21);
        config.run_directory = folder.path + "/run";
        std::filesystem::create_directories(config.run_directory);
        config.data = folder.path + "/train.jsonl";
        write_rows(config.data, 12, 3);
        write_rows(folder.path + "/valid.jsonl", 10, 2);
        config.labels = {"Yes.", "No."};
        config.seed = 5;
        config.steps = 12;
        config.batch_size = 4;
        config.learning_rate = 2e-2;
        config.schedule = schedule_kind::constant;
        config.warmup_steps = 0;
        config.weight_decay = 0;
        config.max_gradient_norm = 0;
        config.begin = plain_settings(4, 8, 5);
        config.lora_plus_ratio = 1;
        config.dropout = 0.1;
        config.targets = {"attn_q", "attn_v"};
        config.layers = "all";
        config.loss_on_all = false;
        config.objective = objective_kind::next_token;
        config.spike_factor = 0;
        config.validation = validation_config{folder.path + "/valid.jsonl", {0, 7, 2, 3, 4, 5, 6, 1}, 2, std::nullopt, false};
        config.shuffle = true;
        config.max_length = 0;
        config.share_prefixes = true;
        config.checkpoint_every = 100;
        config.device = "cpu";
        config.precision = "f32";
        config.threads = 1;
        config.resume = false;
        config.fingerprint = "test";
    }
    static void write_rows(const std::string & path, int n, int every) {
        std::ofstream data(path);
        for (int i = 0; i < n; i++) data << instruction_line(i, i % every == 0, "Seen: a" + std::to_string(i) + ". Next " + (i % 4 < 2 ? "x" : "y") + "?");
    }
    std::string bytes(const std::string & name) const {
        std::ifstream file(config.run_directory + "/" + name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    bool has_checkpoint(int64_t step) const { return std::filesystem::exists(config.run_directory + "/checkpoints/step-" + std::to_string(step) + ".gguf"); }
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
    run r;
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
    run with, without;
    without.config.validation.reset();
    events_of([&] { train(with.config); train(without.config); });
    CHECK(with.bytes("adapter.gguf") == without.bytes("adapter.gguf") && !with.bytes("adapter.gguf").empty());
}

// The learning rate is so large that AUC goes up and down; a run of `best` steps makes the adapter that is to be kept.
void the_best_step_is_kept() {
    run best;
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
    run shorter;
    shorter.config.steps = step;
    events_of([&] { train(shorter.config); });
    CHECK(best.bytes("adapter.gguf") == shorter.bytes("adapter.gguf"));
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
    run whole, patient;
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
    run whole;
    whole.config.steps = 40;
    whole.config.validation->patience = 3;
    whole.config.validation->keeps_best = true;
    whole.config.checkpoint_every = 3;
    const std::vector<json> events = events_of([&] { train(whole.config); });
    const int64_t last = named(events, "kept").at(0)["lastStep"];
    CHECK(last < 40 && last > 3);
    for (int64_t cut = 3; cut <= last; cut += 3) { // as if it had died right after the checkpoint of these steps
        run r;
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
        CHECK(r.bytes("adapter.gguf") == whole.bytes("adapter.gguf"));
    }
}

void rows_of_one_label_are_refused_before_training() {
    run r;
    r.config.validation->rows = {0, 2, 4};
    std::vector<json> events;
    const user_error error = refusal([&] { events_of([&] { train(r.config); }); });
    CHECK(error.code == exit_data && says(error.what(), "AUC is not defined"));
    r.config.validation->rows = {0, 99};
    CHECK(refusal([&] { events_of([&] { train(r.config); }); }).code == exit_usage);
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

void the_best_step_needs_an_evaluation() {
    run r;
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
        {"rows of one label, or not there, are refused before training", rows_of_one_label_are_refused_before_training},
        {"a plan that nobody asked for costs at most 5 %, and no more evaluations would fit", a_plan_costs_at_most_its_share},
        {"to keep the best step without an evaluation is refused", the_best_step_needs_an_evaluation},
    });
}
