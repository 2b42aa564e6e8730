// The adapter of a run before its first step.
#pragma once
#include "config.h"
#include "session.h"
#include <memory>

// Made as the config says, or read from its start adapter.
// throws user_error(exit_usage) when what the config says of the adapter is not what the start adapter is
std::unique_ptr<adapter> starting_adapter(session & open, const train_config & config);
