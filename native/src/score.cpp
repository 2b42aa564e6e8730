#include "score.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
#include "packing.h"
#include "parity.h"
#include "session.h"
#include <algorithm>
#include <cmath>
#include <set>

// P(label tokens) under the softmax over the whole vocabulary.
static double label_mass(const float * logits, size_t n_vocab, const std::vector<llama_token> & labels) {
    const double largest = *std::max_element(logits, logits + n_vocab);
    double sum = 0, mass = 0;
    for (size_t i = 0; i < n_vocab; i++) sum += std::exp(logits[i] - largest);
    for (const llama_token label : labels) mass += std::exp(logits[label] - largest);
    return mass / sum;
}

exit_code score(const score_config & config) {
    session open("score", config.model, config.threads);
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
    std::vector<const std::vector<llama_token> *> wanted_contexts;
    const std::set<int64_t> skipped(config.skip.begin(), config.skip.end());
    for (const scoring_row & row : rows) {
        if (skipped.count(row.row)) continue;
        wanted.push_back(&row);
        wanted_contexts.push_back(&row.context);
    }
    struct batch { std::vector<const scoring_row *> rows; token_layout layout; };
    std::vector<batch> batches;
    int64_t n_tokens = 0, n_columns = 0;
    const packing_limits limits = {config.batch_size ? static_cast<size_t>(*config.batch_size) : wanted.size(), config.batch_size ? SIZE_MAX : SCORING_COLUMNS_AT_ONCE};
    for (const std::vector<size_t> & part : pack(wanted_contexts, limits, config.share_prefixes)) {
        batch next;
        std::vector<const std::vector<llama_token> *> contexts;
        for (const size_t row : part) {
            next.rows.push_back(wanted[row]);
            contexts.push_back(wanted_contexts[row]);
            n_tokens += static_cast<int64_t>(contexts.back()->size());
        }
        next.layout = lay_out(contexts, config.share_prefixes);
        n_columns += static_cast<int64_t>(next.layout.tokens.size());
        batches.push_back(std::move(next));
    }
    emit("data", {{"rows", wanted.size()}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", 0}, {"longest", longest}, {"truncatedRows", truncated}});

    check_parity(open.cpu, open.file, open.model, lora.get(), {rows.front().context, rows.back().context});
    measure_serving_gap(open.cpu, open.file, open.model, lora.get(), config.adapter, {&rows.front(), &rows.back()});

    network own(open.cpu, open.model, lora.get());
    const size_t n_vocab = static_cast<size_t>(open.model.shape.n_vocab);
    for (const batch & next : batches) {
        std::vector<int32_t> columns;
        for (const std::vector<int32_t> & row : next.layout.columns) columns.push_back(row.back());
        const std::vector<float> logits = own.logits(next.layout, columns);
        for (size_t i = 0; i < columns.size(); i++) {
            const scoring_row & row = *next.rows[i];
            const float * at = logits.data() + i * n_vocab;
            const double log_odds = static_cast<double>(at[row.label_tokens[0]]) - at[row.label_tokens[1]];
            if (!std::isfinite(log_odds)) {
                throw user_error(exit_diverged, "the log-odds of row " + std::to_string(row.row) + " are not finite", config.data, "check the model and the adapter");
            }
            emit("score", {{"row", row.row}, {"logOdds", log_odds}, {"labelMass", label_mass(at, n_vocab, row.label_tokens)}});
        }
    }
    announce_done("score", std::nullopt);
    return exit_done;
}
