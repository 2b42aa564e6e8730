#include "step_parts.h"
#include "batch_objective.h"
#include "devices.h"
#include "random.h"
#include <algorithm>

size_t step_part::n_computed() const {
    if (!given) return layout.tokens.size();
    return static_cast<size_t>(std::count(given->source.begin(), given->source.end(), -1));
}

int64_t step_plan::n_columns() const {
    size_t n = prefix ? prefix->n_columns() : 0;
    for (const step_part & part : parts) n += part.n_computed();
    return static_cast<int64_t>(n);
}

packing_limits limits_of(const train_config & config, const base_model & model, const std::vector<layer_name> & adapted) {
    if (config.micro_batch_size) return {static_cast<size_t>(*config.micro_batch_size), SIZE_MAX};
    const device_info device = choose_device(config.device);
    return {SIZE_MAX, training_columns_at_once(model, adapted, device.kind == device_kind::cuda ? room_on_card(device.total_bytes) : ROOM_ON_CPU)};
}

std::vector<token_row> batch_of(row_order & order, const std::vector<token_row> & rows, int64_t step) {
    std::vector<token_row> batch;
    for (const size_t row : order.rows_of(step)) batch.push_back(rows[row]);
    return batch;
}

// A prefix no longer than the largest part, so that it asks for no more memory than that.
static std::unique_ptr<shared_prefix> prefix_of(const std::vector<step_part> & parts, int32_t n_block) {
    std::vector<const token_layout *> layouts;
    size_t largest = 0;
    for (const step_part & part : parts) {
        layouts.push_back(&part.layout);
        largest = std::max(largest, part.layout.tokens.size());
    }
    std::unique_ptr<shared_prefix> prefix = prefix_between(layouts, n_block);
    return prefix && prefix->n_columns() <= largest ? std::move(prefix) : nullptr;
}

// The rows of a batch that are computed together, as indices.
static std::vector<std::vector<size_t>> micro_batches(const std::vector<token_row> & batch, packing_limits limits, bool share_prefixes) {
    std::vector<const std::vector<llama_token> *> tokens;
    for (const token_row & row : batch) tokens.push_back(&row.tokens);
    return pack(tokens, limits, share_prefixes);
}

step_plan cut_into_parts(std::vector<token_row> & batch, int64_t step, const train_config & config, packing_limits limits, int32_t n_block) {
    step_plan plan;
    std::vector<token_row> ordered;
    const auto dropout_seed = [&](size_t pass) { return random_stream(config.seed, "dropout", (static_cast<uint64_t>(step) << 20) + pass).uint64(); };
    for (const std::vector<size_t> & rows : micro_batches(batch, limits, config.share_prefixes)) {
        const size_t begin = ordered.size();
        for (const size_t row : rows) ordered.push_back(batch[row]);
        const std::vector<token_row> part(ordered.begin() + static_cast<std::ptrdiff_t>(begin), ordered.end());
        plan.parts.push_back({begin, ordered.size(), lay_out_for_objective(part, config.objective, config.share_prefixes), dropout_seed(plan.parts.size()), std::nullopt});
    }
    batch = std::move(ordered);
    if (config.share_prefixes && plan.parts.size() > 1) plan.prefix = prefix_of(plan.parts, n_block);
    if (!plan.prefix) return plan;
    plan.prefix_dropout_seed = dropout_seed(plan.parts.size());
    const batch_objective goal(config.objective, batch, config.loss_on_all);
    for (step_part & part : plan.parts) part.given.emplace(take_from(*plan.prefix, part.layout, goal.part(part.begin, part.end, part.layout)->columns()));
    return plan;
}
