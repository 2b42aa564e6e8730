#include "run_layout.h"
#include "events.h"
#include <algorithm>

run_layout look_ahead(const std::vector<token_row> & rows, const train_config & config, packing_limits limits, int32_t n_block, size_t most_tokens) {
    const double start = seconds_since_start();
    row_order order(rows.size(), config);
    size_t n_tokens = 0;
    for (const token_row & row : rows) n_tokens += row.tokens.size();
    const double a_step = static_cast<double>(n_tokens) / static_cast<double>(order.steps_an_epoch());

    run_layout found;
    found.steps = order.steps();
    found.looked_at = std::max<int64_t>(1, std::min(order.steps(), static_cast<int64_t>(static_cast<double>(most_tokens) / a_step)));
    struct size { size_t columns, read; pass_place place; };
    std::vector<size> passes;
    int64_t n_columns = 0;
    for (int64_t i = 0; i < found.looked_at; i++) {
        const int64_t step = i * found.steps / found.looked_at;
        std::vector<token_row> batch = batch_of(order, rows, step);
        const step_plan plan = cut_into_parts(batch, step, config, limits, n_block);
        n_columns += plan.n_columns();
        const batch_objective goal(config.objective, batch, config.loss_on_all);
        for (size_t part = 0; part < plan.parts.size(); part++) {
            const step_part & one = plan.parts[part];
            passes.push_back({one.n_computed(), goal.part(one.begin, one.end, one.layout)->columns().size(), {step, part}});
        }
    }
    const double times = static_cast<double>(found.steps) / static_cast<double>(found.looked_at);
    found.columns = times * static_cast<double>(n_columns);
    for (const size & pass : passes) {
        found.read += times * static_cast<double>(pass.read);
        found.passes += times;
    }
    const auto by_columns = [](const size & a, const size & b) { return a.columns < b.columns; };
    const auto by_read = [](const size & a, const size & b) { return a.read < b.read; };
    const size & widest = *std::max_element(passes.begin(), passes.end(), by_columns), & most_read = *std::max_element(passes.begin(), passes.end(), by_read);
    found.largest = {widest.place};
    if (most_read.read > widest.read) found.largest.push_back(most_read.place);
    const auto middle = passes.begin() + static_cast<std::ptrdiff_t>(passes.size() / 2);
    std::nth_element(passes.begin(), middle, passes.end(), by_columns);
    found.typical = middle->place;
    found.seconds = times * (seconds_since_start() - start);
    return found;
}

lone_step::lone_step(const std::vector<token_row> & rows, const train_config & config, packing_limits limits, int32_t n_block, int64_t step) {
    row_order order(rows.size(), config);
    batch_ = batch_of(order, rows, step);
    plan_ = cut_into_parts(batch_, step, config, limits, n_block);
    of_batch_ = std::make_unique<batch_objective>(config.objective, batch_, config.loss_on_all);
}
