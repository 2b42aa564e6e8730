#include "rank.h"
#include "events.h"
#include "parallel.h"
#include "session.h"
#include "stock_session.h"
#include "title_search.h"
#include "wanted_rows.h"
#include <algorithm>
#include <chrono>
#include <numeric>

static json told(const std::vector<ranked_title> & best) {
    json all = json::array();
    for (const ranked_title & one : best) all.push_back({{"titles", one.titles}, {"logProbability", one.log_probability}});
    return all;
}

exit_code rank(const rank_config & config) {
    const stock_session open("rank", config.model, config.adapter, config.threads);
    const model_shape shape = read_shape(open.file);
    const vocabulary vocab(config.model);
    const int32_t limit = length_limit(config.max_length, shape);
    const std::vector<instruction> instructions = wanted_rows(config.data, config.rows);
    const auto tokenize = [&](const instruction & row) { return naming_file(config.data, [&] { return tokenize_titles(vocab, row, config.titles, limit, shape.context_length); }); };
    std::vector<size_t> prompts(instructions.size()), titles(instructions.size()); // their longest lengths; the tokens of a whole catalogue for each row would not fit
    for_each_index(instructions.size(), config.threads, [&](size_t i) {
        const titled_row row = tokenize(instructions[i]);
        prompts[i] = row.context.size();
        for (const std::vector<llama_token> & title : row.titles) titles[i] = std::max(titles[i], title.size());
    });
    const size_t longest = prompts.empty() ? 0 : *std::max_element(prompts.begin(), prompts.end());
    emit("prompts", {{"prompts", prompts.size()}, {"tokens", std::accumulate(prompts.begin(), prompts.end(), size_t(0))}, {"longest", longest}});
    if (!instructions.empty()) {
        title_search search(open.model, static_cast<size_t>(config.beams), longest, *std::max_element(titles.begin(), titles.end()), config.threads);
        for (const instruction & one : instructions) {
            const auto begin = std::chrono::steady_clock::now();
            const titled_row row = tokenize(one);
            const title_ranking found = search.best(row.context, title_trie(row.titles, vocab.eos()), static_cast<size_t>(config.top));
            const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            emit("ranked", {{"row", row.row}, {"best", told(found.best)}, {"certain", found.certain}, {"droppedHistory", row.dropped_history}, {"tokens", row.context.size()}, {"seconds", seconds}});
        }
    }
    announce_done("rank", std::nullopt);
    return exit_done;
}
