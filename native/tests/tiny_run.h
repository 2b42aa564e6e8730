// A whole training run on a tiny model and twelve rows: what tests of the verb "train" start from.
#pragma once
#include "train.h"
#include "whole_verb.h"
#include <fstream>
#include <iterator>
#include <string>

struct run {
    temporary_folder folder;
    train_config config;

    run() {
        config.model = write_tiny_model(folder.path, "llama", 21);
        config.run_directory = folder.path + "/run";
        std::filesystem::create_directories(config.run_directory);
        config.data = folder.path + "/train.jsonl";
        std::ofstream data(config.data);
        for (int i = 0; i < 12; i++) {
            const bool liked = i % 3 == 0;
            data << instruction_line(i, liked, "Seen: a" + std::to_string(i) + ", b. Next " + (liked ? "x" : "y") + "?", json::array({json::array({6, 10})}));
        }
        config.labels = {"Yes.", "No."};
        config.seed = 5;
        config.steps = 12;
        config.batch_size = 4;
        config.micro_batch_size = 3;
        config.learning_rate = 1e-2;
        config.schedule = schedule_kind::cosine;
        config.warmup_steps = 2;
        config.weight_decay = 0.01;
        config.max_gradient_norm = 1;
        config.begin = plain_settings(4, 8, 5);
        config.lora_plus_ratio = 1;
        config.dropout = 0.1;
        config.targets = {"attn_q", "attn_v"};
        config.layers = "all";
        config.loss_on_all = false;
        config.objective = objective_kind::next_token;
        config.spike_factor = 0;
        config.validation.reset();
        config.shuffle = true;
        config.max_length = 0;
        config.share_prefixes = true;
        config.checkpoint_every = 3;
        config.device = "cpu";
        config.precision = "f32";
        config.threads = 1;
        config.resume = false;
        config.fingerprint = "test";
    }
    std::string adapter_bytes() const {
        std::ifstream file(config.run_directory + "/adapter.gguf", std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    std::string checkpoint(int step) const { return config.run_directory + "/checkpoints/step-" + std::to_string(step) + ".gguf"; }
};
