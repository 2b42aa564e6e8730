// Several runs in one process: each as it would be alone, what they share computed once, and none lost to another.
#include "backend.h"
#include "check.h"
#include "error.h"
#include "refusal.h"
#include "series.h"
#include "train.h"
#include "training_config.h"
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

const std::vector<json> SEEDS_AND_RANKS = {{{"seed", 7}, {"rank", 3}}, {{"seed", 8}, {"rank", 3}}, {{"seed", 9}, {"rank", 3}}, {{"seed", 7}, {"rank", 6}}};

// Runs that differ as `changes` say: alone and together, in folders of their own.
struct two_ways {
    tiny_training training;
    std::vector<json> changes;

    explicit two_ways(std::vector<json> different) : changes(std::move(different)) {}

    json config(const std::string & way, size_t run, bool resume = false) const {
        json made = json::parse(bytes_of(training.write_config(way + std::to_string(run), resume)));
        made.update(changes[run]);
        return made;
    }
    std::string written(const std::string & name, const json & config) const {
        const std::string path = training.run_directory(name) + ".json";
        std::ofstream(path) << config.dump();
        return path;
    }
    std::vector<json> train_alone(size_t run) const {
        return events_of([&] { CHECK(train(read_train_config(written("config", config("alone", run)))) == exit_done); });
    }
    json series_config(bool resume = false) const {
        json runs = json::array();
        for (size_t run = 0; run < changes.size(); run++) runs.push_back(config("together", run, resume));
        return {{"protocol", PROTOCOL}, {"runs", runs}};
    }
    exit_code train_together(bool resume = false) const { return series(read_series_config(written("config", series_config(resume)))); }
    bool same_bytes(size_t run) const {
        const std::string alone = training.adapter_bytes("alone" + std::to_string(run));
        return !alone.empty() && alone == training.adapter_bytes("together" + std::to_string(run));
    }
};

// What an event says of the run, without times, places and which run of the series it is.
json content_of(json event) {
    for (const char * key : {"run", "seconds", "took", "remaining", "memory", "parts", "phase", "limit", "peakMemory", "path", "output"}) event.erase(key);
    if (event["event"] == "hidden-states") event.erase("reused");
    return event;
}

std::vector<json> of_run(const std::vector<json> & events, size_t run) {
    std::vector<json> own;
    for (const json & event : events) {
        if (event.contains("run") && event["run"] == run) own.push_back(event);
    }
    return own;
}

void check_together_as_alone(const two_ways & runs, const std::function<void(const std::vector<json> & alone, const std::vector<json> & together)> & check) {
    const std::vector<json> events = events_of([&] { CHECK(runs.train_together() == exit_done); });
    CHECK(events.front()["event"] == "start" && events.front()["verb"] == "series" && !events.front().contains("run"));
    CHECK(events.back()["event"] == "done" && events.back()["verb"] == "series" && !events.back().contains("run"));
    std::set<std::string> different;
    for (size_t run = 0; run < runs.changes.size(); run++) {
        const std::vector<json> alone = runs.train_alone(run), together = of_run(events, run);
        CHECK(runs.same_bytes(run));
        CHECK(alone.size() == together.size());
        check(alone, together);
        different.insert(runs.training.adapter_bytes("alone" + std::to_string(run)));
    }
    CHECK(different.size() == runs.changes.size());
}

void same_content(const std::vector<json> & alone, const std::vector<json> & together) {
    for (size_t i = 0; i < alone.size(); i++) CHECK(content_of(alone[i]) == content_of(together[i]));
}

const json & the_event(const std::vector<json> & events, const std::string & name) {
    for (const json & event : events) {
        if (event["event"] == name) return event;
    }
    throw check_failed("there is no event " + name);
}

void seeds_and_ranks_are_as_alone() {
    two_ways runs(SEEDS_AND_RANKS);
    check_together_as_alone(runs, same_content);
}

void runs_that_validate_are_as_alone() {
    two_ways runs({{{"seed", 7}}, {{"seed", 8}}, {{"seed", 9}}});
    const std::string data = runs.config("alone", 0)["data"];
    for (size_t run = 0; run < 3; run++) {
        const std::vector<int> rows = run < 2 ? std::vector<int>{0, 1, 2} : std::vector<int>{3, 4}; // two share them
        runs.changes[run]["validation"] = {{"data", data}, {"rows", rows}, {"every", 2}, {"patience", nullptr}, {"keep", "best"}};
    }
    check_together_as_alone(runs, same_content);
}

// The first run computes what all need below the cut, the others nothing.
void states_are_computed_once_for_all() {
    for (const char * place : {"memory", "disk"}) {
        two_ways runs(SEEDS_AND_RANKS);
        runs.training.set("layers", "last:1");
        runs.training.set("cacheHidden", place);
        runs.training.set("cacheLimit", 100'000'000);
        runs.training.set("cacheDirectory", runs.training.run_directory("cache"));
        runs.training.set("rows", json::array({0, 1, 2, 3, 4, 5}));
        size_t run = 0;
        check_together_as_alone(runs, [&](const std::vector<json> & alone, const std::vector<json> & together) {
            same_content(alone, together);
            const json & states = the_event(together, "hidden-states");
            CHECK(states["place"] == place);
            CHECK(states["reused"] == (run > 0));
            if (run++ > 0) CHECK(states["seconds"] == 0);
        });
    }
}

// Few-shot runs draw rows by their seed: the states are those of all rows that any run has.
void states_serve_runs_on_different_rows() {
    two_ways runs({{{"seed", 7}, {"rows", {0, 4, 2, 9}}}, {{"seed", 8}, {"rows", {11, 4, 1}}}, {{"seed", 9}, {"rows", {5, 0, 6, 1, 7}}}});
    runs.training.set("layers", "last:1");
    runs.training.set("cacheLimit", 100'000'000);
    int64_t columns = 0;
    check_together_as_alone(runs, [&](const std::vector<json> & alone, const std::vector<json> & together) {
        const json & states = the_event(together, "hidden-states");
        CHECK(states["place"] == "memory" && states["columns"] > the_event(alone, "hidden-states")["columns"]);
        CHECK(columns == 0 ? states["reused"] == false : states["reused"] == true && states["columns"] == columns);
        columns = states["columns"];
    });
}

// A limit that the rows of one run fit, and those of all runs do not.
void states_that_do_not_fit_together_are_made_run_by_run() {
    two_ways runs({{{"seed", 7}, {"rows", {0, 1, 2}}}, {{"seed", 8}, {"rows", {3, 4, 5}}}});
    runs.training.set("layers", "last:1");
    runs.training.set("cacheLimit", 100'000'000);
    int64_t most = 0;
    for (size_t run = 0; run < 2; run++) most = std::max<int64_t>(most, the_event(runs.train_alone(run), "hidden-states")["bytes"]);
    two_ways limited(runs.changes);
    limited.training.set("layers", "last:1");
    limited.training.set("cacheLimit", most);
    const std::vector<json> events = events_of([&] { CHECK(limited.train_together() == exit_done); });
    for (size_t run = 0; run < 2; run++) {
        limited.train_alone(run);
        CHECK(limited.same_bytes(run));
        bool is_kept = false;
        for (const json & event : of_run(events, run)) is_kept = is_kept || (event["event"] == "hidden-states" && event["place"] == "memory");
        CHECK(is_kept);
    }
}

// A signal in the middle: the run at work keeps its checkpoint, and the same series finishes all of them.
void a_stopped_series_goes_on() {
    two_ways runs(SEEDS_AND_RANKS);
    runs.training.set("layers", "last:1");
    runs.training.set("cacheLimit", 100'000'000);
    runs.training.set("steps", 60);
    runs.training.set("checkpointEvery", 1000);
    for (size_t run = 0; run < runs.changes.size(); run++) runs.train_alone(run);
    exit_code code = exit_done;
    const std::vector<json> events = events_of([&] {
        std::thread signaller([&] {
            while (!std::filesystem::exists(runs.training.run_directory("together0") + "/adapter.gguf")) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
            kill(getpid(), SIGTERM);
        });
        code = runs.train_together();
        signaller.join();
        std::signal(SIGTERM, SIG_DFL);
    });
    CHECK(code == exit_stopped && events.back()["event"] == "stopped" && events.back()["run"] >= 1);
    CHECK(std::filesystem::exists(std::string(events.back()["checkpoint"])));
    CHECK(runs.training.adapter_bytes("together3").empty());
    const std::vector<json> rest = events_of([&] { CHECK(runs.train_together(true) == exit_done); });
    CHECK(the_event(of_run(rest, events.back()["run"]), "resumed")["step"] == events.back()["step"]);
    for (size_t run = 0; run < runs.changes.size(); run++) CHECK(runs.same_bytes(run));
}

// SIGKILL while a later run is at work, again and again: no run that was done is touched, and the same series finishes the rest.
void a_killed_series_goes_on() {
    two_ways runs(SEEDS_AND_RANKS);
    runs.training.set("layers", "last:1");
    runs.training.set("cacheLimit", 100'000'000);
    runs.training.set("steps", 60);
    for (size_t run = 0; run < runs.changes.size(); run++) runs.train_alone(run);
    const std::string config = runs.written("killed", runs.series_config(true));
    const auto checkpoints = [&](size_t run) { return runs.training.run_directory("together" + std::to_string(run)) + "/checkpoints"; };
    int n_killed = 0;
    for (const size_t run : {0, 1, 2}) { // killed when this run has a checkpoint
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            for (const int stream : {1, 2}) dup2(open("/dev/null", O_WRONLY), stream);
            execl(RECTUNE_NATIVE, RECTUNE_NATIVE, "series", "--config", config.c_str(), static_cast<char *>(nullptr));
            _exit(127);
        }
        const auto has_checkpoint = [&] { return std::filesystem::exists(checkpoints(run)) && !std::filesystem::is_empty(checkpoints(run)); };
        int status = 0;
        bool has_ended = false;
        while (!has_checkpoint() && !has_ended) {
            has_ended = waitpid(child, &status, WNOHANG) != 0;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        if (!has_ended) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
        }
        n_killed += WIFSIGNALED(status);
        CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == exit_done); // a machine that holds us up may let it come to its end
        for (size_t before = 0; before < run; before++) CHECK(runs.same_bytes(before));
    }
    CHECK(n_killed > 0);
    events_of([&] { CHECK(runs.train_together(true) == exit_done); });
    for (size_t run = 0; run < runs.changes.size(); run++) CHECK(runs.same_bytes(run));
}

void a_run_that_fails_leaves_the_others() {
    two_ways runs({{{"seed", 7}}, {{"seed", 8}, {"learningRate", 1e30}, {"maxGradientNorm", 0}}, {{"seed", 9}}});
    runs.train_alone(0);
    CHECK(refusal([&] { events_of([&] { runs.train_together(); }); }).code == exit_diverged);
    const std::vector<json> after = events_of([] { emit("error", json::object()); }); // as the program then says it
    CHECK(after[0]["run"] == 1);
    begin_run_events(std::nullopt);
    CHECK(runs.same_bytes(0));
    for (const char * other : {"together1", "together2"}) CHECK(runs.training.adapter_bytes(other).empty());
}

// Nothing is trained when one of the runs cannot be.
void a_run_that_cannot_be_is_refused_first() {
    two_ways runs({{{"seed", 7}}, {{"seed", 8}, {"rows", {99}}}});
    CHECK(refusal([&] { events_of([&] { runs.train_together(); }); }).code == exit_usage);
    CHECK(events_of([] { emit("error", json::object()); })[0]["run"] == 1);
    begin_run_events(std::nullopt);
    CHECK(!std::filesystem::exists(runs.training.run_directory("together0") + "/adapter.gguf"));
}

void configs_that_share_too_little_are_refused() {
    two_ways runs({{{"seed", 7}}, {{"seed", 8}}});
    const json good = runs.series_config();
    CHECK(read_series_config(runs.written("config", good)).runs.size() == 2);
    const std::map<std::string, json> faults = {{"model", "n"}, {"data", "e"}, {"labels", {"No.", "Yes."}}, {"maxLength", 40}, {"threads", 2}, {"device", "vulkan"}, {"cacheHidden", "disk"},
                                                {"cacheLimit", 1}, {"cacheDirectory", "x"}, {"cachePrecision", "f16"}, {"runDirectory", good["runs"][0]["runDirectory"]}};
    for (const auto & [key, value] : faults) {
        json bent = good;
        bent["runs"][1][key] = value;
        const user_error error = refusal([&] { read_series_config(runs.written("config", bent)); });
        CHECK(error.code == exit_usage && error.where.find("runs[1]") != std::string::npos && std::string(error.what()).find("\"" + key + "\"") != std::string::npos);
    }
    for (const json & bent : {json{{"protocol", PROTOCOL}, {"runs", json::array()}}, json{{"protocol", PROTOCOL}, {"runs", 3}}, json{{"protocol", PROTOCOL}, {"runs", json::array({5})}},
                              json{{"protocol", PROTOCOL}, {"runs", good["runs"]}, {"more", 1}}, json{{"runs", good["runs"]}}}) {
        CHECK(refusal([&] { read_series_config(runs.written("config", bent)); }).code == exit_usage);
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a series of seeds and ranks gives the bytes and the events of separate runs", seeds_and_ranks_are_as_alone},
        {"runs that evaluate on valid are as alone", runs_that_validate_are_as_alone},
        {"hidden states are computed by the first run, and later ones pay nothing", states_are_computed_once_for_all},
        {"hidden states serve runs on different rows", states_serve_runs_on_different_rows},
        {"hidden states that do not fit together are made run by run", states_that_do_not_fit_together_are_made_run_by_run},
        {"a series that was stopped goes on to the same bytes", a_stopped_series_goes_on},
        {"a series that was killed, whichever run was at work, goes on to the same bytes", a_killed_series_goes_on},
        {"a run that fails leaves the others", a_run_that_fails_leaves_the_others},
        {"a run that cannot be is refused before anything is trained", a_run_that_cannot_be_is_refused_first},
        {"configs that share too little are refused", configs_that_share_too_little_are_refused},
    });
}
