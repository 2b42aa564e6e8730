#include "serve.h"
#include "events.h"
#include "parallel.h"
#include "session.h"
#include "stock_scorer.h"
#include "stock_session.h"
#include "wanted_rows.h"
#include <algorithm>
#include <chrono>
#include <functional>

namespace {

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
    const stock_session open("serve", config.model, config.adapter, config.threads);
    const model_shape shape = read_shape(open.file);
    const vocabulary vocab(config.model);
    const int32_t limit = length_limit(config.max_length, shape);
    const std::vector<instruction> instructions = wanted_rows(config.data, config.rows);
    const auto tokenize = [&](const instruction & row) { return naming_file(config.data, [&] { return tokenize_for_scoring(vocab, row, config.labels, limit); }); };
    std::vector<scoring_row> rows(instructions.size());
    for_each_index(rows.size(), config.threads, [&](size_t i) { rows[i] = tokenize(instructions[i]); });

    size_t n_tokens = 0, longest = 0;
    for (const scoring_row & row : rows) n_tokens += row.context.size(), longest = std::max(longest, row.context.size());
    emit("prompts", {{"prompts", rows.size()}, {"tokens", n_tokens}, {"longest", longest}});

    stock_scorer scorer(open.model, rows, config.threads);
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
