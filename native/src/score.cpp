#include "score.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
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

    // Rows that begin alike stand side by side, so that a batch shares as many prefixes as it can.
    std::vector<const scoring_row *> order;
    for (const scoring_row & row : rows) order.push_back(&row);
    if (config.share_prefixes) {
        std::stable_sort(order.begin(), order.end(), [](const scoring_row * a, const scoring_row * b) { return a->context < b->context; });
    }
    // Batches are cut from all rows, whatever is skipped: a row's bits may depend on what shares its batch.
    struct batch { std::vector<const scoring_row *> rows; token_layout layout; };
    std::vector<batch> batches;
    const std::set<int64_t> skipped(config.skip.begin(), config.skip.end());
    const auto is_wanted = [&](const scoring_row * row) { return skipped.count(row->row) == 0; };
    int64_t n_rows = 0, n_tokens = 0, n_columns = 0;
    const size_t batch_size = static_cast<size_t>(config.batch_size);
    for (size_t begin = 0; begin < order.size(); begin += batch_size) {
        batch next;
        for (size_t i = begin; i < std::min(order.size(), begin + batch_size); i++) next.rows.push_back(order[i]);
        if (std::none_of(next.rows.begin(), next.rows.end(), is_wanted)) continue;
        std::vector<const std::vector<llama_token> *> contexts;
        for (const scoring_row * row : next.rows) {
            contexts.push_back(&row->context);
            n_rows += is_wanted(row);
            n_tokens += static_cast<int64_t>(row->context.size());
        }
        next.layout = lay_out(contexts, config.share_prefixes);
        n_columns += static_cast<int64_t>(next.layout.tokens.size());
        batches.push_back(std::move(next));
    }
    emit("data", {{"rows", n_rows}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", 0}, {"longest", longest}, {"truncatedRows", truncated}});

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
            if (!is_wanted(&row)) continue;
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
