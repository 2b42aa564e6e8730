#include "serve.h"
#include "events.h"
#include "instruction_file.h"
#include "parallel.h"
#include "session.h"
#include "stock_scorer.h"
#include <chrono>
#include <map>

namespace {

// libllama's own words of an adapter with magnitudes are those of a broken file.
void refuse_magnitudes(const std::optional<std::string> & adapter) {
    if (!adapter || gguf_file(*adapter).text("adapter.type").value_or("") != "dora") return;
    throw user_error(exit_data, "llama.cpp cannot serve an adapter with magnitudes (DoRA)", *adapter, "merge it into the model (rectune merge), then serve that model without an adapter");
}

std::vector<instruction> wanted_rows(const serve_config & config) {
    std::vector<instruction> all = read_instructions(config.data);
    if (!config.rows) return all;
    std::map<int64_t, size_t> places;
    for (size_t i = 0; i < all.size(); i++) places[all[i].row] = i;
    std::vector<instruction> wanted;
    for (const int64_t row : *config.rows) {
        const auto found = places.find(row);
        if (found == places.end()) throw user_error(exit_data, "there is no row " + std::to_string(row), config.data, "name rows that the file has");
        wanted.push_back(all[found->second]);
    }
    return wanted;
}

json scores_of(const row_score & score) {
    if (score.choices.empty()) return json::array({score.log_odds});
    json sums = json::array();
    for (const choice_score & one : score.choices) sums.push_back(one.sum);
    return sums;
}

double seconds_of(const std::function<void()> & work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

exit_code serve(const serve_config & config) {
    announce("serve", config.threads);
    const gguf_file file(config.model);
    const model_shape shape = read_shape(file);
    refuse_magnitudes(config.adapter);
    const stock_model model(config.model, config.adapter);
    announce_stock_model(model, file);

    const vocabulary vocab(config.model);
    const int32_t limit = length_limit(config.max_length, shape);
    const std::vector<instruction> instructions = wanted_rows(config);
    const auto tokenize = [&](const instruction & row) { return naming_file(config.data, [&] { return tokenize_for_scoring(vocab, row, config.labels, limit); }); };
    std::vector<scoring_row> rows(instructions.size());
    for_each_index(rows.size(), config.threads, [&](size_t i) { rows[i] = tokenize(instructions[i]); });

    stock_scorer scorer(model, rows, config.threads);
    if (!rows.empty()) scorer.score(rows[0]); // what libllama does once is not the time of an answer
    for (size_t i = 0; i < rows.size(); i++) {
        scorer.clear();
        row_score score;
        const double seconds = seconds_of([&] { score = scorer.score(tokenize(instructions[i])); });
        emit("served", {{"row", rows[i].row}, {"scores", scores_of(score)}, {"tokens", rows[i].context.size()}, {"seconds", seconds}});
    }
    announce_done("serve", std::nullopt);
    return exit_done;
}
