// A recommender that knows users and items by their numbers alone, as it stands beside a language model in a report.
// Made by a function of its own file, e.g. `std::unique_ptr<fit_model> make_bpr(const interaction_log &, const bpr_settings &, const fit_context &)`,
// where settings are a plain struct; which keys a config gives them is known to fit_models.cpp alone.
#pragma once
#include "fit/interactions.h"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

struct fit_context {
    uint64_t seed = 0;   // all chance: random_stream(seed, "what for", epoch)
    int32_t threads = 1; // changes no byte of a parameter or a score
    // To be called at least every second or so while something is computed; throws user_error(exit_stopped) when the fit is to end.
    // What was learned since the last whole epoch is lost then, by design: train_epoch need not leave things in order.
    std::function<void()> between_batches = [] {};
};

// Numbers that a model keeps, for checkpoints and for the return to the best epoch.
struct fit_values {
    std::string name; // unique in the model
    float * values;   // stay where they are as long as the model lives
    size_t size;
};

// A user for whom some items are scored.
struct candidate_row {
    user_history user;
    const int32_t * candidates; // [size]
    size_t size;
    float * scores; // [size], written
};

class fit_model {
  public:
    virtual ~fit_model() = default;

    // One pass over the training data. epoch counts from 0 and decides all chance, so a fit that goes on from a checkpoint is the same.
    // returns  the mean loss of the epoch in nats a training example, before each batch's update; nothing: the model is counted or solved
    //          in closed form, and one pass is all there is
    virtual std::optional<double> train_epoch(int64_t epoch) = 0;

    // What scores depend on; empty for models that one pass makes.
    virtual std::vector<fit_values> parameters() { return {}; }

    // What training needs beyond them to go on: moments of the optimiser. The number of steps done follows from the epoch.
    virtual std::vector<fit_values> optimizer_state() { return {}; }

    // For each of n users a score for every item, the higher the better: scores [n][n_items]. Items of the history are scored as all others.
    // Models of users look at `user` (NO_USER: whatever is best for somebody unknown), the others at the items. A score depends on nothing but
    // its user and item, so it has the same bytes whoever is scored in the same call.
    virtual void score_all(const user_history * users, size_t n, float * scores) = 0;

    // For each of n rows a score for each of its candidates, as score_all has it to the bit.
    virtual void score(const candidate_row * rows, size_t n) = 0;
};
