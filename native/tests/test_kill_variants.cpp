// Runs of every kind of adapter, objective and beginning, killed with SIGKILL at random moments and resumed until they are done.
//   test_kill_variants [KILLS]    at least so many kills of each kind; without it, 5
#include "check.h"
#include "native_process.h"
#include "random.h"
#include "training_config.h"
#include <algorithm>
#include <cstdlib>
#include <random>

namespace {

int n_kills = 5;

using change = std::function<void(tiny_training &)>;

void whole_run(tiny_training & training, const std::string & name) {
    std::filesystem::create_directories(training.run_directory(name));
    process run(training.write_config(name, false));
    run.read_until([](const json &) { return false; }, 60);
    if (run.kill_now() || !is(run.events.back().event, "done")) throw check_failed("the run did not end: " + run.events.back().event.dump());
}

// Random moments by the clock, and random events: between two of them a process that is fast spends little time.
bool is_killed(const std::string & config, double seconds, size_t n_events, random_stream & chance, bool & has_resumed) {
    process run(config);
    if (chance.below(2) == 0) {
        run.read_until([](const json &) { return false; }, chance.uniform() * seconds);
    } else {
        size_t left = 1 + chance.below(n_events);
        run.read_until([&](const json &) { return --left == 0; }, 60);
    }
    const bool killed = run.kill_now();
    has_resumed = has_resumed || std::any_of(run.events.begin(), run.events.end(), [](const spoken & line) { return is(line.event, "resumed"); });
    return killed;
}

void goes_on_to_the_same_bytes(const change & make) {
    random_stream chance(std::random_device{}(), "kills");
    tiny_training training;
    training.set("steps", 8);
    make(training);
    const auto files = [&](const std::string & name) { return training.adapter_bytes(name) + bytes_of(training.run_directory(name) + "/merged.gguf"); };
    whole_run(training, "whole");
    const std::string expected = files("whole");
    CHECK(!expected.empty());
    double seconds = 0;
    size_t n_events = 0;
    {
        process again(training.write_config("again", false)); // of a warm machine
        std::filesystem::create_directories(training.run_directory("again"));
        again.read_until([](const json &) { return false; }, 60);
        CHECK(!again.kill_now());
        seconds = again.events.back().at;
        n_events = again.events.size();
        CHECK(files("again") == expected);
    }
    int killed = 0, resumed = 0;
    for (int life = 0; killed < n_kills || resumed == 0; life++) {
        CHECK(life < 10 * n_kills + 100);
        const std::string name = "life-" + std::to_string(life);
        std::filesystem::create_directories(training.run_directory(name));
        std::filesystem::remove_all(training.run_directory("states")); // which another life may have finished
        bool has_resumed = false;
        for (int attempt = 0;; attempt++) {
            const double longest = 1.2 * seconds * (1 + attempt / 8.0);
            if (!is_killed(training.write_config(name, attempt > 0), longest, n_events, chance, has_resumed)) break;
            killed++;
        }
        CHECK(files(name) == expected);
        resumed += has_resumed;
    }
}

// As a file that the run begins from: what the same training made before, at another seed.
void begin_from(tiny_training & training, const std::string & name) {
    training.set("seed", 3);
    whole_run(training, name);
    training.set("seed", 7);
    training.set("adapter", training.run_directory(name) + "/adapter.gguf");
}

void evaluate(tiny_training & training) {
    const std::string valid = training.run_directory("valid.jsonl");
    std::ofstream data(valid);
    for (int i = 0; i < 10; i++) data << instruction_line(i, i % 2 == 0, "Seen: a" + std::to_string(i) + ". Next " + (i % 4 < 2 ? "x" : "y") + "?");
    training.set("validation", json{{"data", valid}, {"rows", {0, 7, 2, 3, 4, 5, 6, 1}}, {"every", 1}, {"patience", 4}, {"keep", "best"}});
    training.set("learningRate", 2e-2);
}

void dora(tiny_training & training) {
    training.set("variant", "dora");
    training.set("mergedType", "f32");
}

} // namespace

int main(int argc, char ** argv) {
    if (argc > 1) n_kills = std::atoi(argv[1]);
    const std::vector<std::pair<std::string, change>> kinds = {
        {"PiSSA", [](tiny_training & t) { t.set("init", "pissa"); }},
        {"DoRA with a merged model", dora},
        {"PiSSA with magnitudes", [](tiny_training & t) { t.set("init", "pissa"); t.set("variant", "dora"); }},
        {"rsLoRA with LoRA+", [](tiny_training & t) { t.set("scaling", "rslora"); t.set("loraPlusRatio", 8); }},
        {"an adapter on token embedding and head", [](tiny_training & t) { t.set("targets", json{"token_embd", "output", "ffn_up"}); }},
        {"a run that is evaluated and keeps the best step", evaluate},
        {"the pairwise objective", [](tiny_training & t) { t.set("objective", "pairwise"); }},
        {"the pairwise objective, evaluated", [](tiny_training & t) { evaluate(t); t.set("objective", "pairwise"); }},
        {"hidden states kept on disk", [](tiny_training & t) { t.set("layers", "last:1"); t.set("cacheHidden", "disk"); t.set("cacheLimit", 1 << 20); t.set("cacheDirectory", t.run_directory("states")); }},
        {"a second stage", [](tiny_training & t) { begin_from(t, "first"); }},
        {"a second stage with magnitudes", [](tiny_training & t) { t.set("variant", "dora"); begin_from(t, "first"); }},
    };
    std::vector<test_case> cases;
    for (const auto & [name, make] : kinds) cases.push_back({name + ": killed runs go on to the bytes of the uninterrupted one", [make = make] { goes_on_to_the_same_bytes(make); }});
    return run_tests(cases);
}
