// The adapter of a run before its first step.
#pragma once
#include "config.h"
#include "session.h"
#include <memory>

// The layers that it sits on.
// throws what resolve_targets throws
std::vector<layer_name> layers_of(const train_config & config, const base_model & model);

// Made as the config says, or read from its start adapter.
// throws user_error(exit_usage) when what the config says of the adapter is not what the start adapter is
std::unique_ptr<adapter> starting_adapter(session & open, const train_config & config);
