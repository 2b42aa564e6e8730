#include "score.h"
#include "compute_place.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
#include "parallel.h"
#include "parity.h"
#include "row_scorer.h"
#include "session.h"
#include <algorithm>
#include <cstdio>
#include <set>

static json event_of(const scoring_row & row, const row_score & score) {
    if (score.choices.empty()) return {{"row", row.row}, {"logOdds", score.log_odds}, {"labelMass", score.label_mass}};
    json choices = json::array();
    for (const choice_score & one : score.choices) choices.push_back({{"sum", one.sum}, {"tokens", one.tokens}, {"first", one.first}});
    return {{"row", row.row}, {"choices", choices}};
}

// Nothing when stock llama.cpp cannot serve what is scored: an adapter with magnitudes that nobody merged.
static std::optional<served_files> files_as_served(const score_config & config, const adapter * lora) {
    if (config.merged) return served_files{*config.merged, std::nullopt};
    if (!lora || !lora->has_magnitudes()) return served_files{config.model, config.adapter};
    std::fputs("warning: llama.cpp cannot serve an adapter with magnitudes (DoRA); merge it into the model (rectune merge), then serve that\n", stderr);
    return std::nullopt;
}

exit_code score(const score_config & config, const std::vector<const narrow_panels *> & panels) {
    session open("score", config.model, config.threads);
    check_place(config.device, {config.precision}, panels);
    const vocabulary vocab(config.model);
    const int32_t limit = length_limit(config.max_length, open.model.shape);
    const std::vector<instruction> instructions = read_instructions(config.data);
    std::vector<scoring_row> rows(instructions.size());
    for_each_index(rows.size(), config.threads, [&](size_t i) {
        rows[i] = naming_file(config.data, [&] { return tokenize_for_scoring(vocab, instructions[i], config.labels, limit); });
    });
    int64_t longest = 0, truncated = 0;
    for (const scoring_row & row : rows) {
        size_t behind = 0; // of the longest choice
        for (const std::vector<llama_token> & choice : row.choices) behind = std::max(behind, choice.size());
        longest = std::max(longest, static_cast<int64_t>(row.context.size() + behind));
        if (row.dropped_history == 0) continue;
        truncated++;
        emit("truncated", {{"row", row.row}, {"droppedHistory", row.dropped_history}});
    }

    std::unique_ptr<adapter> lora;
    if (config.adapter) {
        lora = adapter::load(open.cpu, open.model, *config.adapter);
        announce_adapter(*lora);
    }

    std::vector<const scoring_row *> wanted;
    const std::set<int64_t> skipped(config.skip.begin(), config.skip.end());
    for (const scoring_row & row : rows) {
        if (skipped.count(row.row) == 0) wanted.push_back(&row);
    }
    const row_scorer scorer(wanted, config.batch_size, config.share_prefixes);
    emit("data", {{"rows", wanted.size()}, {"tokens", scorer.n_tokens()}, {"columns", scorer.n_columns()}, {"lossTokens", 0}, {"longest", longest}, {"truncatedRows", truncated}});

    const std::vector<std::vector<llama_token>> probes = {rows.front().context, rows.back().context};
    check_parity(open.cpu, open.file, open.model, lora.get(), probes);
    if (const std::optional<served_files> served = files_as_served(config, lora.get())) {
        measure_serving_gap(open.cpu, open.file, open.model, lora.get(), *served, {&rows.front(), &rows.back()}, vocab.eos());
    }

    const compute_place place(open, config.device, {config.precision}, panels, lora.get(), probes);
    network own(place.compute(), place.model(), place.lora());
    scorer.score(own, config.data, [&](size_t place, const row_score & score) { emit("score", event_of(*wanted[place], score)); });
    announce_done("score", std::nullopt);
    return exit_done;
}
