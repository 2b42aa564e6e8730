// What a run is said to take before it begins: what it then takes; one that cannot fit is refused at once, and the remedy is true.
#include "check.h"
#include "error.h"
#include "memory_estimate.h"
#include "network.h"
#include "refusal.h"
#include "training_config.h"
#include <chrono>
#include <cstdio>
#include <regex>
#include <sys/wait.h>

namespace {

// Rows that share little, long enough that activations outweigh the noise of a process.
std::string long_row(int row) {
    random_stream chance(3, "text", static_cast<uint64_t>(row));
    std::string text = "Seen: ";
    while (text.size() < 200) text += static_cast<char>('a' + chance.below(26));
    return instruction_line(row, row % 2 == 0, text + "?", json::array({json::array({6, 120})}));
}

class large_training {
  public:
    large_training() {
        training.set("data", training.run_directory("long.jsonl"));
        std::ofstream data(training.run_directory("long.jsonl"));
        for (int row = 0; row < 24; row++) data << long_row(row);
        init_config model = tiny_config(training.run_directory(""), "llama", 21);
        model.n_block = 12; // to compute again, all but the last
        model.n_embd = 80;
        model.n_ff = 150;
        write_random_model(model);
        training.set("model", model.output);
        training.set("layers", "all");
        training.set("batchSize", 24);
        training.set("microBatchSize", 12);
        training.set("steps", 2);
    }

    // Runs the program in a process of its own; returns its events. code: how it ended
    std::vector<json> run(const std::string & name, int * code = nullptr) const {
        const std::string path = training.write_config(name, false);
        FILE * output = popen((std::string(RECTUNE_NATIVE) + " train --config " + path + " 2>/dev/null").c_str(), "r");
        CHECK(output != nullptr);
        std::string text;
        char part[4096];
        for (size_t n; (n = std::fread(part, 1, sizeof part, output)) > 0;) text.append(part, n);
        const int status = pclose(output);
        if (code) *code = WEXITSTATUS(status);
        std::vector<json> events;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) events.push_back(json::parse(line));
        return events;
    }

    tiny_training training;
};

json the_event(const std::vector<json> & events, const std::string & name) {
    for (const json & event : events) {
        if (event["event"] == name) return event;
    }
    throw check_failed("no event " + name + ": " + (events.empty() ? "none at all" : events.back().dump()));
}

uint64_t estimated(const std::vector<json> & events) { return the_event(events, "estimate")["memory"]; }

// Random passes: what is measured is what the allocator then takes for them.
void activations_are_exact() {
    const temporary_folder folder;
    for (const char * family : {"llama", "gemma2", "phi3"}) {
        const gguf_file file(write_tiny_model(folder.path, family, 4));
        const base_model model = load_model(file);
        size_t before = 0;
        for (size_t n_rows = 1; n_rows <= 9; n_rows += 2) {
            for (const bool recomputes : {false, true}) {
                backend cpu(1);
                const std::vector<std::string> targets = family == std::string("phi3") ? std::vector<std::string>{"attn_qkv", "ffn_down"} : std::vector<std::string>{"attn_q", "ffn_down"};
                const std::unique_ptr<adapter> lora = plain_adapter(cpu, model, targets, 3, 6, 1);
                const std::unique_ptr<adapter> planned = adapter::planned(model, lora->layers(), plain_settings(3, 6, 1));
                const std::vector<token_row> rows = random_rows(n_rows, model.shape.n_vocab, 100); // the same ones, and more
                const token_layout layout = lay_out_for_training(rows, true);
                pass_options options;
                options.recomputes = recomputes;
                const auto pass_with = [&](const auto & body) {
                    next_token_objective goal(predictions_of(rows, layout, family == std::string("gemma2")), 1.0f);
                    return body(training_pass{layout, goal, 0.1f, 7});
                };
                const size_t measured = pass_with([&](const training_pass & pass) { return network(cpu, model, planned.get(), options).measure_loss(pass, true); });
                CHECK(cpu.planned_bytes() == 0); // nothing was allocated
                lora_values gradients = zeros_like(*lora);
                pass_with([&](const training_pass & pass) { return network(cpu, model, lora.get(), options).loss(pass, &gradients); });
                if (measured != cpu.planned_bytes()) throw check_failed(std::string(family) + ": measured " + std::to_string(measured) + ", taken " + std::to_string(cpu.planned_bytes()));
                if (!recomputes) {
                    if (measured <= before) throw check_failed(std::to_string(n_rows) + " rows: " + std::to_string(measured) + " after " + std::to_string(before));
                    before = measured;
                } else {
                    CHECK(measured < before);
                }
            }
        }
    }
}

void scores_and_states_are_exact_too() {
    const temporary_folder folder;
    const gguf_file file(write_tiny_model(folder.path, "qwen2", 4));
    const base_model model = load_model(file);
    for (size_t n_rows = 1; n_rows <= 7; n_rows += 3) {
        const token_layout layout = lay_out_for_training(random_rows(n_rows, model.shape.n_vocab, n_rows), true);
        backend first(1), second(1);
        network scoring(first, model, nullptr), states(second, model, nullptr);
        const size_t of_scores = scoring.measure_logits(layout, {layout.columns[0].back()}), of_states = states.measure_hidden_states(layout);
        scoring.logits(layout, {layout.columns[0].back()});
        states.hidden_states(layout);
        CHECK(of_scores == first.planned_bytes() && of_states == second.planned_bytes());
    }
}

void a_run_takes_what_it_was_said_to() {
    const std::vector<json> changes = {json::object(), {{"recompute", "on"}}, {{"layers", "last:1"}, {"cacheLimit", 100'000'000}}, {{"targets", {"all-linear"}}, {"rank", 64}}, {{"mergedType", "f16"}, {"variant", "dora"}}};
    for (size_t i = 0; i < changes.size(); i++) {
        large_training large;
        large.training.set("cacheDirectory", large.training.run_directory("cache"));
        for (const auto & item : changes[i].items()) large.training.set(item.key(), item.value());
        const std::vector<json> events = large.run("run");
        // A process this small holds megabytes that any allocator may keep or give back.
        const double peak = the_event(events, "done")["peakMemory"], off = static_cast<double>(estimated(events)) / peak - 1;
        if (std::fabs(off) > 0.15) throw check_failed(changes[i].dump() + ": said " + the_event(events, "estimate").dump() + ", took " + std::to_string(peak));
    }
}

void computing_again_changes_no_byte() {
    large_training large;
    std::vector<uint64_t> activations;
    for (const char * way : {"off", "on"}) {
        large.training.set("recompute", way);
        const json event = the_event(large.run(way), "estimate");
        CHECK(event["recompute"] == (way == std::string("on")));
        activations.push_back(event["parts"]["activations"]);
    }
    CHECK(!large.training.adapter_bytes("off").empty() && large.training.adapter_bytes("off") == large.training.adapter_bytes("on"));
    if (activations[1] >= activations[0] * 3 / 4) throw check_failed(std::to_string(activations[0]) + " and with computing again " + std::to_string(activations[1]));
}

void tight_memory_makes_it_compute_again() {
    large_training large;
    std::vector<uint64_t> needs;
    for (const char * way : {"off", "on"}) {
        large.training.set("recompute", way);
        needs.push_back(estimated(large.run(way)));
    }
    large.training.set("recompute", "auto");
    large.training.set("memoryLimit", (needs[0] + needs[1]) / 2);
    const std::vector<json> events = large.run("auto");
    CHECK(the_event(events, "estimate")["recompute"] == true && estimated(events) <= (needs[0] + needs[1]) / 2);
    CHECK(large.training.adapter_bytes("auto") == large.training.adapter_bytes("off"));
    large.training.set("memoryLimit", needs[0] + needs[0] / 20);
    CHECK(the_event(large.run("enough"), "estimate")["recompute"] == false);
}

// The value behind a flag in a remedy; 0 when it is not named.
int64_t value_of(const std::string & fix, const std::string & flag) {
    std::smatch found;
    return std::regex_search(fix, found, std::regex(flag + " (\\d+)")) ? std::stoll(found[1]) : 0;
}

void a_run_that_cannot_fit_is_refused_with_a_remedy_that_works() {
    large_training large;
    large.training.set("recompute", "off");
    const json whole = the_event(large.run("whole"), "estimate");
    const uint64_t fixed = whole["memory"].get<uint64_t>() - whole["parts"]["activations"].get<uint64_t>();
    std::vector<bool> named(3);
    for (const double share : {0.85, 0.2, 0.1, 0.03, 0.022, 0.017}) { // of the activations: what the limit leaves for them
        large.training.set("recompute", share > 0.5 ? "off" : "auto");
        large.training.set("microBatchSize", 12);
        large.training.set("maxLength", 0);
        large.training.set("memoryLimit", fixed + static_cast<uint64_t>(share * whole["parts"]["activations"].get<double>()));
        const std::string name = "limit" + std::to_string(share);
        int code = 0;
        const auto begin = std::chrono::steady_clock::now();
        const json error = the_event(large.run(name, &code), "error");
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
        CHECK(code == exit_memory && error["code"] == exit_memory);
        const std::string fix = error["fix"];
        CHECK(error["where"] == "--memory-limit" && !std::filesystem::exists(large.training.run_directory(name) + "/adapter.gguf"));
        const int64_t micro = value_of(fix, "--micro-batch-size"), length = value_of(fix, "--max-length");
        if (fix.find("--recompute on") != std::string::npos) large.training.set("recompute", "on"), named[0] = true;
        if (micro) large.training.set("microBatchSize", micro), named[1] = true;
        if (length) large.training.set("maxLength", length), named[2] = true;
        const std::vector<json> events = large.run(name + "-followed", &code);
        if (code != exit_done) throw check_failed("share " + std::to_string(share) + ", followed \"" + fix + "\": " + events.back().dump());
    }
    CHECK(named[0] && named[1] && named[2]);
}

void what_no_setting_helps_is_refused_with_what_it_needs() {
    large_training large;
    large.training.set("memoryLimit", 1'000'000);
    int code = 0;
    const std::vector<json> events = large.run("tiny", &code);
    CHECK(code == exit_memory && says(events.back()["what"], "this model alone"));
    for (const json & event : events) CHECK(event["event"] != "data"); // no row was read
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"the activations of a training pass are measured to the byte, and fall when blocks are computed again", activations_are_exact},
        {"so are those of scoring and of hidden states", scores_and_states_are_exact_too},
        {"a run takes what it was said to take", a_run_takes_what_it_was_said_to},
        {"blocks that are computed again change no byte of the adapter", computing_again_changes_no_byte},
        {"a limit that only that fits brings it about", tight_memory_makes_it_compute_again},
        {"a run that cannot fit is refused in under two seconds, and what the remedy names fits", a_run_that_cannot_fit_is_refused_with_a_remedy_that_works},
        {"what no setting helps is refused before a row is read", what_no_setting_helps_is_refused_with_what_it_needs},
    });
}
