// The number type that products with frozen weights are computed in: f32, or sixteen bits where a processor or a device is faster so.
#pragma once
#include "kernels/narrow_panels.h"
#include <string>
#include <vector>

// Asked for: "auto", "f32", "bf16" or "fp16". Chosen: the last three.
struct asked_precision {
    std::string type;
    bool is_begun = false; // not what a user asked for, but what the run was begun with
};

// The panels that the CPU computes with; nullptr: f32. With "auto" the choice is measured (panel_choice.h).
// available  what this processor can execute
// throws     user_error(exit_memory) when a type that was asked for is not among them, or gives wrong answers
const narrow_panels * panels_for(const asked_precision & asked, const std::vector<const narrow_panels *> & available);

// "f32", "bf16" or "fp16"
std::string precision_of(const narrow_panels * panels);
