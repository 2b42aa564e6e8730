// Rows with every kind of answers on a tiny model, and what the verb score says of them.
#pragma once
#include "check.h"
#include "score.h"
#include "whole_verb.h"
#include <map>

const char * const TITLES[] = {"Heat", "Heat 2", "Hearts", "Up", "a", "Alien", "Alien 3", "The Lord", "The Land", "</s>", "\xc3\x89t\xc3\xa9"};

// Rows of every kind, one behind another: two labels of the config, two of their own, more labels, choices, one choice.
struct mixed_scoring {
    temporary_folder folder;
    score_config config;
    std::vector<json> lines;

    explicit mixed_scoring(uint64_t seed, size_t n_rows = 24, const std::string & family = "llama") {
        config.model = write_tiny_model(folder.path, family, seed);
        config.data = folder.path + "/test.jsonl";
        config.labels = {"Yes.", "No."};
        config.max_length = 0;
        config.share_prefixes = true;
        config.device = "cpu";
        config.precision = "f32";
        config.threads = 2;
        random_stream chance(seed, "rows");
        std::ofstream data(config.data);
        for (size_t i = 0; i < n_rows; i++) {
            json line = json::parse(instruction_line(static_cast<int>(i), chance.below(2), std::string("Seen: ") + (chance.below(2) ? "x, y" : "z") + ". Next " + std::to_string(chance.below(9)) + "?"));
            const uint64_t kind = i % 5;
            if (kind == 1) line["labels"] = {"B", "A"}, line["answer"] = "A";
            if (kind == 2) line["labels"] = {"1 star", "2 stars", "3 stars", "4 stars"}, line["answer"] = "3 stars", line["label"] = nullptr;
            if (kind >= 3) {
                std::vector<std::string> titles(std::begin(TITLES), std::end(TITLES));
                for (size_t k = titles.size(); k > 1; k--) std::swap(titles[k - 1], titles[chance.below(k)]);
                titles.resize(kind == 3 ? 2 + chance.below(9) : 1);
                line["choices"] = titles;
                line["answer"] = titles[0];
                line["label"] = nullptr;
            }
            lines.push_back(line);
            data << line.dump() << "\n";
        }
    }

    void add_adapter() {
        const gguf_file file(config.model);
        const base_model model = load_model(file);
        backend cpu(1);
        const std::unique_ptr<adapter> lora = plain_adapter(cpu, model, {"attn_q", "attn_v", "ffn_down"}, 3, 6, 2);
        randomise(*lora, 0.2, 4);
        lora->save(folder.path + "/adapter.gguf", model.shape.architecture);
        config.adapter = folder.path + "/adapter.gguf";
    }

    std::map<int64_t, json> scores(json * data = nullptr) const {
        std::map<int64_t, json> found;
        for (const json & event : events_of([&] { score(config); })) {
            if (data && event["event"] == "data") *data = event;
            if (event["event"] == "score") CHECK(found.emplace(event["row"], event).second);
        }
        CHECK(found.size() == lines.size() - config.skip.size());
        return found;
    }
};
