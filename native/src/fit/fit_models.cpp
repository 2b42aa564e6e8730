#include "fit/fit_models.h"
#include "fit/bpr.h"
#include "fit/caser.h"
#include "fit/din.h"
#include "fit/ease.h"
#include "fit/gru4rec.h"
#include "fit/item_knn.h"
#include "fit/popularity.h"
#include "fit/sasrec.h"

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

const int64_t WIDEST = 4096, MOST = 1'000'000'000, DEEPEST = 64, LONGEST = 4096;

double take_dropout(config_reader & settings, const std::string & key) {
    const double value = settings.take<double>(key);
    require(settings, value >= 0 && value < 1, key, value, "at least 0 and below 1");
    return value;
}

std::vector<int64_t> take_widths(config_reader & settings, const std::string & key) {
    const std::vector<int64_t> widths = settings.take<std::vector<int64_t>>(key);
    require(settings, !widths.empty() && static_cast<int64_t>(widths.size()) <= DEEPEST, key, widths.size(), "1 to " + std::to_string(DEEPEST) + " widths");
    for (const int64_t width : widths) require(settings, width >= 1 && width <= WIDEST, key, width, "widths between 1 and " + std::to_string(WIDEST));
    return widths;
}

sequence_settings take_sequence(config_reader & settings, bool looks_back_fully) {
    sequence_settings chosen;
    chosen.windows.most_inputs = take_count(settings, "mostInputs", LONGEST);
    chosen.windows.targets_at_once = take_count(settings, "targetsAtOnce", chosen.windows.most_inputs);
    chosen.windows.looks_back_fully = looks_back_fully;
    chosen.batch_size = take_count(settings, "batchSize", MOST);
    chosen.learning_rate = take_number(settings, "learningRate", false);
    chosen.sampled_items = settings.take<int64_t>("sampledItems");
    require(settings, chosen.sampled_items >= 0 && chosen.sampled_items <= MOST, "sampledItems", chosen.sampled_items, "between 0 and " + std::to_string(MOST));
    return chosen;
}

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
    return {"ease", false, [chosen](const interaction_log & log, const fit_context & context) { return make_ease(log, choose_ease_form(log), chosen, context); }};
}

model_choice choose_bpr(config_reader & settings) {
    bpr_settings chosen;
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.batch_size = take_count(settings, "batchSize", MOST);
    chosen.learning_rate = take_number(settings, "learningRate", false);
    chosen.l2 = take_number(settings, "l2", true);
    return {"bpr", true, [chosen](const interaction_log & log, const fit_context & context) { return make_bpr(log, chosen, context); }};
}

model_choice choose_gru4rec(config_reader & settings) {
    gru4rec_settings chosen;
    chosen.sequence = take_sequence(settings, false);
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.hidden = take_count(settings, "hidden", WIDEST);
    chosen.layers = take_count(settings, "layers", DEEPEST);
    chosen.dropout = take_dropout(settings, "dropout");
    return {"gru4rec", true, [chosen](const interaction_log & log, const fit_context & context) { return make_gru4rec(log, chosen, context); }};
}

model_choice choose_sasrec(config_reader & settings) {
    sasrec_settings chosen;
    chosen.sequence = take_sequence(settings, false);
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.layers = take_count(settings, "layers", DEEPEST);
    chosen.heads = take_count(settings, "heads", WIDEST);
    chosen.inner = take_count(settings, "inner", 4 * WIDEST);
    chosen.dropout = take_dropout(settings, "dropout");
    chosen.attention_dropout = take_dropout(settings, "attentionDropout");
    require(settings, chosen.width % chosen.heads == 0, "heads", chosen.heads, "a divisor of \"width\", " + std::to_string(chosen.width));
    return {"sasrec", true, [chosen](const interaction_log & log, const fit_context & context) { return make_sasrec(log, chosen, context); }};
}

model_choice choose_caser(config_reader & settings) {
    caser_settings chosen;
    chosen.sequence = take_sequence(settings, true);
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.filters_down = take_count(settings, "filtersDown", WIDEST);
    chosen.filters_across = take_count(settings, "filtersAcross", WIDEST);
    chosen.dropout = take_dropout(settings, "dropout");
    chosen.l2 = take_number(settings, "l2", true);
    return {"caser", true, [chosen](const interaction_log & log, const fit_context & context) { return make_caser(log, chosen, context); }};
}

model_choice choose_din(config_reader & settings) {
    din_settings chosen;
    chosen.width = take_count(settings, "width", WIDEST);
    chosen.attention = take_widths(settings, "attention");
    chosen.layers = take_widths(settings, "layers");
    chosen.most_inputs = take_count(settings, "mostInputs", LONGEST);
    chosen.negatives = settings.take<int64_t>("negatives");
    require(settings, chosen.negatives >= 0 && chosen.negatives <= 1000, "negatives", chosen.negatives, "between 0 and 1000");
    chosen.batch_size = take_count(settings, "batchSize", MOST);
    chosen.learning_rate = take_number(settings, "learningRate", false);
    return {"din", true, [chosen](const interaction_log & log, const fit_context & context) { return make_din(log, chosen, context); }};
}

} // namespace

model_choice choose_model(const std::string & name, config_reader & settings) {
    const std::pair<const char *, choosing> known[] = {{"pop", choose_popularity}, {"item-knn", choose_item_knn}, {"ease", choose_ease}, {"bpr", choose_bpr},
                                                            {"gru4rec", choose_gru4rec}, {"sasrec", choose_sasrec}, {"caser", choose_caser}, {"din", choose_din}};
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
