#include "score.h"
#include "compute_place.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
#include "parity.h"
#include "row_scorer.h"
#include "session.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

// P(label tokens) under the softmax over the whole vocabulary.
static double label_mass(const float * logits, size_t n_vocab, const std::vector<llama_token> & labels) {
    const double largest = *std::max_element(logits, logits + n_vocab);
    double sum = 0, mass = 0;
    for (size_t i = 0; i < n_vocab; i++) sum += std::exp(logits[i] - largest);
    for (const llama_token label : labels) mass += std::exp(logits[label] - largest);
    return mass / sum;
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
    std::vector<scoring_row> rows;
    int64_t longest = 0, truncated = 0;
    for (const instruction & row : read_instructions(config.data)) {
        rows.push_back(naming_file(config.data, [&] { return tokenize_for_scoring(vocab, row, config.labels, limit); }));
        longest = std::max(longest, static_cast<int64_t>(rows.back().context.size()));
        if (rows.back().dropped_history > 0) {
            truncated++;
            emit("truncated", {{"row", rows.back().row}, {"droppedHistory", rows.back().dropped_history}});
        }
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
        measure_serving_gap(open.cpu, open.file, open.model, lora.get(), *served, {&rows.front(), &rows.back()});
    }

    const compute_place place(open, config.device, {config.precision}, panels, lora.get(), probes);
    network own(place.compute(), place.model(), place.lora());
    const size_t n_vocab = static_cast<size_t>(open.model.shape.n_vocab);
    scorer.score(own, n_vocab, config.data, [&](size_t place, double log_odds, const float * logits) {
        const scoring_row & row = *wanted[place];
        emit("score", {{"row", row.row}, {"logOdds", log_odds}, {"labelMass", label_mass(logits, n_vocab, row.label_tokens)}});
    });
    announce_done("score", std::nullopt);
    return exit_done;
}
