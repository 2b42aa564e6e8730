// The same list for everybody: the number of users who liked an item.
#pragma once
#include "fit/fit_model.h"
#include <memory>

std::unique_ptr<fit_model> make_popularity(const interaction_log & log, const fit_context & context);
