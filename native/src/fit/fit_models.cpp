#include "fit/fit_models.h"
#include "fit/bpr.h"
#include "fit/ease.h"
#include "fit/item_knn.h"
#include "fit/popularity.h"

namespace {

const double LARGEST = 1e9; // of any setting

double take_number(config_reader & settings, const std::string & key, bool may_be_zero) {
    const double value = settings.take<double>(key);
    require(settings, value > 0 || (may_be_zero && value == 0), key, value, may_be_zero ? "at least 0" : "above 0");
    require(settings, value <= LARGEST, key, value, "at most 1e9");
    return value;
}

int64_t take_count(config_reader & settings, const std::string & key, int64_t most) {
    const int64_t value = settings.take<int64_t>(key);
    require(settings, value >= 1 && value <= most, key, value, "between 1 and " + std::to_string(most));
    return value;
}

const int64_t WIDEST = 4096, MOST = 1'000'000'000;

using choosing = model_choice (*)(config_reader & settings);

model_choice choose_popularity(config_reader &) { return {"pop", false, make_popularity}; }

model_choice choose_item_knn(config_reader & settings) {
    item_knn_settings chosen;
    chosen.neighbours = take_count(settings, "neighbours", MOST);
    chosen.shrink = take_number(settings, "shrink", true);
    return {"item-knn", false, [chosen](const interaction_log & log, const fit_context & context) { return make_item_knn(log, chosen, context); }};
}

model_choice choose_ease(config_reader & settings) {
    const ease_settings chosen{take_number(settings, "l2", false)};
    return {"ease", false, [chosen](const interaction_log & log, const fit_context & context) { return make_ease(log, chosen, context); }};
}

model_choice choose_bpr(config_reader & settings) {
    bpr_settings chosen;
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.batch_size = take_count(settings, "batchSize", MOST);
    chosen.learning_rate = take_number(settings, "learningRate", false);
    chosen.l2 = take_number(settings, "l2", true);
    return {"bpr", true, [chosen](const interaction_log & log, const fit_context & context) { return make_bpr(log, chosen, context); }};
}

} // namespace

model_choice choose_model(const std::string & name, config_reader & settings) {
    const std::pair<const char *, choosing> known[] = {{"pop", choose_popularity}, {"item-knn", choose_item_knn}, {"ease", choose_ease}, {"bpr", choose_bpr}};
    std::string names;
    for (const auto & [known_name, choose] : known) {
        names += (names.empty() ? "" : ", ") + std::string(known_name);
        if (name != known_name) continue;
        model_choice chosen = choose(settings);
        settings.finish();
        return chosen;
    }
    throw settings.wrong("\"model\" is " + name + ", but must be one of " + names);
}
