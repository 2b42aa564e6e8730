// Configs: every value is taken as it is or refused, never bent into another.
#include "check.h"
#include "config.h"
#include "refusal.h"
#include "training_config.h"

namespace {

train_config read(const std::string & text) {
    const temporary_folder folder;
    const std::string path = folder.path + "/config.json";
    std::ofstream(path) << text;
    return read_train_config(path);
}

user_error refused(const std::string & text) {
    return refusal([&] { read(text); });
}

void a_whole_config_is_taken_as_it_is() {
    const train_config config = read(whole_training_config().dump());
    CHECK(config.begin.rank == 8 && config.seed == 7 && *config.steps == 9 && !config.epochs && config.max_gradient_norm == 1 && config.dropout == 0.5);
    CHECK((*config.rows == std::vector<int64_t>{0, 4, 2}) && config.labels.size() == 2 && !config.loss_on_all);
    const validation_config & valid = *config.validation;
    CHECK((valid.rows == std::vector<int64_t>{3, 1}) && !valid.every && *valid.patience == 2 && valid.keeps_best);
    for (const json & fault : {json{{"rows", json::array()}}, json{{"every", 0}}, json{{"patience", 0}}, json{{"keep", "first"}}, json{{"more", 1}}}) {
        json broken = whole_training_config();
        broken["validation"].update(fault);
        CHECK(says(refused(broken.dump()).where, "validation"));
    }
    CHECK(config.begin.alpha == 16 && config.begin.scaling == lora_scaling::by_root_of_rank && config.begin.init == lora_init::principal && config.begin.magnitudes);
    CHECK(config.begin.seed == 7 && config.lora_plus_ratio == 4 && config.merged_type == GGML_TYPE_Q8_0 && config.schedule == schedule_kind::cosine);
    CHECK(!config.recomputes && !config.memory_limit);
    json large = whole_training_config();
    large["recompute"] = "on";
    large["memoryLimit"] = 8589934592;
    CHECK(read(large.dump()).recomputes == true && read(large.dump()).memory_limit == 8589934592u);
    json largest = whole_training_config();
    largest["seed"] = UINT64_MAX;
    CHECK(read(largest.dump()).seed == UINT64_MAX);
}

void bent_values_are_refused() {
    const std::vector<std::pair<std::string, json>> faults = {
        {"rank", 4294967304}, {"rank", -8589934584}, {"rank", 0}, {"rank", 1.5}, {"rank", "8"}, {"rank", nullptr}, {"seed", -1}, {"seed", 0.5},
        {"rows", json::array({1.5})}, {"rows", json::array({"1"})}, {"rows", 3}, {"labels", json::array({"Yes."})}, {"weightDecay", -0.1},
        {"maxGradientNorm", -1}, {"dropout", 1}, {"dropout", 0.99999999999}, {"batchSize", INT64_MAX}, {"batchSize", 0}, {"threads", 999}, {"threads", 0},
        {"learningRate", 0}, {"learningRate", true}, {"shuffle", 1}, {"steps", 0}, {"targets", json::array()}, {"layers", 8}, {"loss", "some"}, {"objective", "next"},
        {"spikeFactor", 0.5}, {"validation", 3}, {"spikeFactor", -1}, {"cacheHidden", "on"}, {"cachePrecision", "bf16"}, {"precision", "f16"}, {"cacheLimit", -1}, {"recompute", "yes"}, {"recompute", true}, {"memoryLimit", -1}, {"memoryLimit", "8G"}, {"scaling", "none"}, {"init", 1}, {"variant", "qlora"}, {"loraPlusRatio", 0}, {"mergedType", "q4_0"}, {"schedule", "step"}, {"protocol", PROTOCOL + 1}, {"maxLength", -1},
    };
    for (const auto & [key, value] : faults) {
        json config = whole_training_config();
        config[key] = value;
        const user_error error = refused(config.dump());
        const bool is_named = says(error.what(), key);
        if (error.code != exit_usage || !is_named) throw check_failed(key + " = " + value.dump() + ": " + error.what());
    }
}

void keys_are_exactly_those_of_the_protocol() {
    const json whole = whole_training_config();
    for (const auto & item : whole.items()) {
        json config = whole;
        config.erase(item.key());
        CHECK(says(refused(config.dump()).what(), "\"" + item.key() + "\" is missing"));
    }
    json more = whole;
    more["learning_rate"] = 1;
    CHECK(says(refused(more.dump()).what(), "unknown key \"learning_rate\""));
}

void text_that_is_no_json_is_refused() {
    std::string huge = whole_training_config().dump();
    huge.replace(huge.find("0.1"), 3, "1e999");
    for (const std::string & text : {std::string(), std::string("{"), std::string("[1]"), std::string("null"), huge, std::string("\xff\xfe{}")}) CHECK(refused(text).code == exit_usage);
}

} // namespace

int main() {
    return run_tests({
        {"a whole config is taken as it is", a_whole_config_is_taken_as_it_is},
        {"a value of another type or range is refused by key", bent_values_are_refused},
        {"a missing or unknown key is refused by name", keys_are_exactly_those_of_the_protocol},
        {"a file that is no JSON object is refused", text_that_is_no_json_is_refused},
    });
}
