// The models by name, and which keys their settings have in a config.
#pragma once
#include "config_reader.h"
#include "fit/fit_model.h"
#include <functional>
#include <memory>
#include <string>

struct model_choice {
    std::string name;
    bool learns; // by epochs; else it is counted or solved in one pass
    std::function<std::unique_ptr<fit_model>(const interaction_log & log, const fit_context & context)> make; // the log outlives the model
};

// name      one of those that docs/protocol.md lists
// settings  its own; an unknown, missing or mistyped key is an error
// throws user_error(exit_usage)
model_choice choose_model(const std::string & name, config_reader & settings);
