// The loss of a step and its gradients, part after part.
#pragma once
#include "batch_objective.h"
#include "network.h"
#include "step_parts.h"
#include <functional>
#include <optional>
#include <vector>

struct step_loss {
    double loss = 0;
    std::vector<double> of_rows; // in the order of the parts
};

// Adds the adapter's gradients.
//
// goal     of the batch that was cut into these parts
// stop     asked between passes; true: the rest is left out, and nothing returned
std::optional<step_loss> gradients_of_step(network & own, const step_plan & plan, batch_objective & goal, float dropout, const std::function<bool()> & stop, lora_values & gradients);
