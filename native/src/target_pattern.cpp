#include "target_pattern.h"
#include "error.h"
#include <algorithm>
#include <numeric>
#include <set>

std::string layer_name::full_name() const {
    const std::string name = tensor_name();
    return name.substr(0, name.size() - std::string(".weight").size());
}

ggml_tensor * adaptable_weight(const base_model & model, const layer_name & layer) {
    if (layer.block < 0 && layer.target == TOKEN_EMBEDDING) return model.tied ? nullptr : model.embedding;
    if (layer.block >= model.shape.n_block) return nullptr;
    const linear * found = find_layer(model, layer.block, layer.target);
    return found ? found->weight : nullptr;
}

std::vector<layer_name> adaptable_layers(const base_model & model) {
    std::vector<layer_name> layers;
    const auto add = [&](layer_name layer) {
        if (adaptable_weight(model, layer)) layers.push_back(std::move(layer));
    };
    for (int32_t block = 0; block < model.shape.n_block; block++) {
        for (const std::string & target : target_names()) {
            if (target != "output") add({block, target});
        }
    }
    add({-1, "output"});
    add({-1, TOKEN_EMBEDDING});
    return layers;
}

// Levenshtein's distance, one row of the table at a time.
int32_t pattern_distance(const std::string & pattern, const std::string & text) {
    std::vector<int32_t> row(text.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (const char wanted : pattern) {
        int32_t diagonal = row[0];
        if (wanted != '*') row[0]++;
        for (size_t j = 1; j <= text.size(); j++) {
            const int32_t above = row[j];
            const int32_t changed = diagonal + (wanted != '?' && wanted != text[j - 1]);
            row[j] = wanted == '*' ? std::min(above, row[j - 1]) : std::min({changed, above + 1, row[j - 1] + 1});
            diagonal = above;
        }
    }
    return row.back();
}

static bool stands_for(const std::string & name, const layer_name & layer) {
    if (name == "all-linear") return layer.block >= 0;
    return name == layer.target || pattern_distance(name, layer.full_name()) == 0;
}

// Up to three names that come nearest to one that stands for nothing.
static std::string nearest_names(const std::string & name, const std::vector<layer_name> & layers) {
    std::set<std::pair<int32_t, std::string>> by_distance = {{pattern_distance(name, "all-linear"), "all-linear"}};
    for (const layer_name & layer : layers) {
        for (const std::string & known : {layer.target, layer.full_name()}) by_distance.insert({pattern_distance(name, known), known});
    }
    std::string list;
    int32_t n = 0;
    for (const auto & [distance, known] : by_distance) {
        if (n++ == 3) break;
        list += (list.empty() ? "" : ", ") + known;
    }
    return list;
}

static user_error stands_for_nothing(const base_model & model, const std::string & name, const std::vector<layer_name> & among, block_range blocks) {
    if (model.tied && name == "output") {
        return user_error(exit_usage, "the model has no output head of its own: it uses the token embedding", "targets", "leave \"output\" out of the targets");
    }
    if (model.tied && name == TOKEN_EMBEDDING) {
        return user_error(exit_usage, "the token embedding of this model is its output head, too, and llama.cpp cannot serve an adapter on it", "targets",
            "leave \"" + name + "\" out of the targets");
    }
    const std::string within = blocks.end - blocks.first == model.shape.n_block ? "" : " in blocks " + std::to_string(blocks.first) + "-" + std::to_string(blocks.end - 1);
    return user_error(exit_usage, "no linear layer" + within + " is called \"" + name + "\"", "targets", "near it are " + nearest_names(name, among));
}

std::vector<layer_name> resolve_targets(const base_model & model, const std::vector<std::string> & targets, block_range blocks) {
    std::vector<layer_name> among;
    for (layer_name & layer : adaptable_layers(model)) {
        if (layer.block < 0 || (layer.block >= blocks.first && layer.block < blocks.end)) among.push_back(std::move(layer));
    }
    for (const std::string & name : targets) {
        if (std::none_of(among.begin(), among.end(), [&](const layer_name & layer) { return stands_for(name, layer); })) {
            throw stands_for_nothing(model, name, among, blocks);
        }
    }
    std::vector<layer_name> chosen;
    for (const layer_name & layer : among) {
        if (std::any_of(targets.begin(), targets.end(), [&](const std::string & name) { return stands_for(name, layer); })) chosen.push_back(layer);
    }
    return chosen;
}
