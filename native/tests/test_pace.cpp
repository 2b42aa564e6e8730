// What a run is said to take in time: the arithmetic of blocks.
#include "check.h"
#include "pace.h"
#include "train.h"
#include "training_config.h"
#include <filesystem>

namespace {

// Block by block, slowly.
void a_pace_counts_every_block_once() {
    const pace speed{3, 1, 10}; // trained, frozen, rest
    for (int32_t n_block = 1; n_block <= 12; n_block++)
        for (int32_t first = 0; first < n_block; first++)
            for (int32_t lowest = 0; lowest <= n_block; lowest++) {
                double expected = 10; // the last block
                for (int32_t block = first; block < n_block - 1; block++) expected += block >= lowest ? 3 : 1;
                CHECK(speed.of_step(first, lowest, n_block) == expected);
                CHECK(speed.of_evaluation(first, n_block) == n_block - first);
            }
    CHECK((pace{3, 0, 10}.of_evaluation(2, 6) == 4 * 1.5)); // nothing frozen was measured: half of forward and backward
}

std::vector<json> estimates(const std::vector<json> & events) {
    std::vector<json> found;
    for (const json & event : events) {
        if (event["event"] == "estimate") found.push_back(event);
    }
    return found;
}

void estimating_writes_nothing() {
    for (const char * layers : {"all", "last:1", "first:1", "last:2"}) {
        for (const char * variant : {"lora", "dora"}) {
            tiny_training training;
            training.set("layers", layers);
            training.set("variant", variant);
            training.set("microBatchSize", 1);
            const std::string config = training.write_config("run", false);
            const std::vector<json> events = events_of([&] { CHECK(estimate(read_train_config(config)) == exit_done); });
            const std::vector<json> said = estimates(events);
            CHECK(said.size() == 2 && said[0]["remaining"].is_null() && said[1]["remaining"].get<double>() > 0);
            CHECK(said[0]["memory"] == said[1]["memory"] && said[1]["steps"] == 6);
            CHECK(events.back()["verb"] == "estimate");
            CHECK(!std::filesystem::exists(training.run_directory("run")));
        }
    }
}

void a_run_says_its_time_before_the_first_step() {
    tiny_training training;
    training.set("microBatchSize", 1); // many passes
    const std::vector<json> measured = events_of([&] { CHECK(train(read_train_config(training.write_config("measured", false))) == exit_done); });
    const std::vector<json> said = estimates(measured);
    CHECK(said.size() == 2 && said[1]["remaining"].get<double>() > 0);
    for (const json & event : measured) {
        if (event["event"] == "step") break;
        if (event["event"] == "estimate" && !event["remaining"].is_null()) return; // in time
    }
    throw check_failed("the time was said after the first step");
}

void a_run_of_few_passes_is_not_measured() {
    tiny_training training;
    training.set("steps", 1);
    training.set("microBatchSize", 4);
    const std::vector<json> said = estimates(events_of([&] { CHECK(train(read_train_config(training.write_config("short", false))) == exit_done); }));
    CHECK(said.size() == 1 && said[0]["remaining"].is_null());
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a pace counts every block once, with its backward or without", a_pace_counts_every_block_once},
        {"estimating says memory and time, and writes nothing", estimating_writes_nothing},
        {"a run says its time before the first step", a_run_says_its_time_before_the_first_step},
        {"a run of few passes is not measured: that would take as long", a_run_of_few_passes_is_not_measured},
    });
}
