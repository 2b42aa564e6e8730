#include "step_gradients.h"

std::optional<step_loss> gradients_of_step(network & own, const step_plan & plan, batch_objective & goal, float dropout, const std::function<bool()> & stop, lora_values & gradients) {
    const auto compute = [&](const step_part & part, objective & of_part, lora_values * into) {
        return own.loss({part.layout, of_part, dropout, part.dropout_seed, part.given ? &*part.given : nullptr}, into);
    };
    if (stop()) return std::nullopt;
    if (plan.prefix) own.forward(*plan.prefix, dropout, plan.prefix_dropout_seed);
    if (goal.needs_scores() && plan.parts.size() > 1) {
        for (const step_part & part : plan.parts) {
            if (stop()) return std::nullopt;
            const std::unique_ptr<objective> of_part = goal.part(part.begin, part.end, part.layout);
            compute(part, *of_part, nullptr);
            goal.take_scores(part.begin, *of_part);
        }
    }
    step_loss found;
    for (const step_part & part : plan.parts) {
        if (stop()) return std::nullopt;
        const std::unique_ptr<objective> of_part = goal.part(part.begin, part.end, part.layout);
        found.loss += compute(part, *of_part, &gradients);
        const std::vector<double> losses = of_part->row_losses();
        found.of_rows.insert(found.of_rows.end(), losses.begin(), losses.end());
    }
    if (plan.prefix) own.backward(*plan.prefix, dropout, plan.prefix_dropout_seed, gradients);
    return found;
}
