// The config of a training as the program reads it, and a tiny training that takes a moment, with checkpoints on the way.
#pragma once
#include "config.h"
#include "whole_verb.h"
#include <fstream>
#include <iterator>

// Every key of docs/protocol.md.
inline json whole_training_config() {
    return {{"protocol", PROTOCOL}, {"model", "m"}, {"adapter", nullptr}, {"runDirectory", "r"}, {"data", "d"}, {"labels", {"Yes.", "No."}}, {"rows", {0, 4, 2}}, {"seed", 7},
            {"epochs", nullptr}, {"steps", 9}, {"batchSize", 4}, {"microBatchSize", 2}, {"learningRate", 1e-3}, {"schedule", "cosine"}, {"warmupSteps", 1},
            {"weightDecay", 0.1}, {"maxGradientNorm", 1}, {"rank", 8}, {"alpha", 16}, {"scaling", "rslora"}, {"init", "pissa"}, {"variant", "dora"}, {"loraPlusRatio", 4}, {"dropout", 0.5}, {"targets", {"attn_q"}}, {"layers", "last:2"}, {"loss", "answer"},
            {"objective", "next-token"}, {"spikeFactor", 20}, {"shuffle", true},
            {"maxLength", 0}, {"sharePrefixes", true}, {"validation", {{"data", "v"}, {"rows", {3, 1}}, {"every", nullptr}, {"patience", 2}, {"keep", "best"}}},
            {"cacheHidden", "auto"}, {"cachePrecision", "f32"}, {"recompute", "auto"}, {"memoryLimit", nullptr}, {"cacheLimit", 1000}, {"cacheDirectory", "c"}, {"checkpointEvery", 5}, {"device", "cpu"}, {"precision", "f32"}, {"threads", 2}, {"resume", false}, {"mergedType", "q8_0"}};
}

inline std::string bytes_of(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

class tiny_training {
  public:
    tiny_training() : config_(whole_training_config()) {
        std::ofstream data(folder_.path + "/train.jsonl");
        for (int i = 0; i < 12; i++) {
            const bool liked = i % 3 == 0;
            data << instruction_line(i, liked, "Seen: a" + std::to_string(i) + ", b. Next " + (liked ? "x" : "y") + "?", json::array({json::array({6, 10})}));
        }
        config_["model"] = write_tiny_model(folder_.path, "llama", 21);
        config_["data"] = folder_.path + "/train.jsonl";
        config_["cacheDirectory"] = folder_.path + "/states";
        config_["rows"] = nullptr;
        config_["validation"] = nullptr;
        config_["scaling"] = "standard";
        config_["init"] = "random";
        config_["variant"] = "lora";
        config_["loraPlusRatio"] = 1;
        config_["mergedType"] = nullptr;
        config_["steps"] = 6;
        config_["dropout"] = 0.1;
        config_["checkpointEvery"] = 2;
        config_["threads"] = 1;
    }

    // Changes what every run of this training has.
    template <typename T> void set(const std::string & key, const T & value) { config_[key] = value; }

    std::string run_directory(const std::string & name) const { return folder_.path + "/" + name; }
    std::string adapter_bytes(const std::string & name) const { return bytes_of(run_directory(name) + "/adapter.gguf"); }

    // Writes the config of a run and returns its path.
    std::string write_config(const std::string & name, bool resume, int threads = 1) const {
        json config = config_;
        config["runDirectory"] = run_directory(name);
        config["resume"] = resume;
        config["threads"] = threads;
        const std::string path = folder_.path + "/" + name + ".json";
        std::ofstream(path) << config.dump();
        return path;
    }

  private:
    temporary_folder folder_;
    json config_;
};
