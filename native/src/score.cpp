#include "score.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
#include "parity.h"
#include "session.h"
#include <algorithm>
#include <cmath>

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
    int64_t n_tokens = 0, longest = 0, truncated = 0;
    for (const instruction & row : read_instructions(config.data)) {
        rows.push_back(naming_file(config.data, [&] { return tokenize_for_scoring(vocab, row, config.labels, limit); }));
        n_tokens += static_cast<int64_t>(rows.back().context.size());
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
    std::vector<token_layout> layouts;
    int64_t n_columns = 0;
    const size_t batch_size = static_cast<size_t>(config.batch_size);
    for (size_t begin = 0; begin < order.size(); begin += batch_size) {
        std::vector<const std::vector<llama_token> *> contexts;
        for (size_t i = begin; i < std::min(order.size(), begin + batch_size); i++) contexts.push_back(&order[i]->context);
        layouts.push_back(lay_out(contexts, config.share_prefixes));
        n_columns += static_cast<int64_t>(layouts.back().tokens.size());
    }
    emit("data", {{"rows", rows.size()}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", 0}, {"longest", longest}, {"truncatedRows", truncated}});

    check_parity(open.cpu, open.file, open.model, lora.get(), {rows.front().context, rows.back().context});
    measure_serving_gap(open.cpu, open.file, open.model, lora.get(), config.adapter, {&rows.front(), &rows.back()});

    network own(open.cpu, open.model, lora.get());
    const size_t n_vocab = static_cast<size_t>(open.model.shape.n_vocab);
    for (size_t batch = 0; batch < layouts.size(); batch++) {
        std::vector<int32_t> columns;
        for (const std::vector<int32_t> & row : layouts[batch].columns) columns.push_back(row.back());
        const std::vector<float> logits = own.logits(layouts[batch], columns);
        for (size_t i = 0; i < columns.size(); i++) {
            const scoring_row & row = *order[batch * batch_size + i];
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
