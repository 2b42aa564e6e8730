// The loop of one adapter: steps, checkpoints, the adapter at the end. What it stands on (model, rows) is read before and may be
// shared by several runs.
#pragma once
#include "checkpoint.h"
#include "compute_place.h"
#include "config.h"
#include "error.h"
#include "loss_watch.h"
#include "network.h"
#include "pace.h"
#include "row_order.h"
#include "session.h"
#include "token_rows.h"
#include "validation.h"
#include <memory>
#include <optional>
#include <vector>

class training_run {
  public:
    // Everything given must outlive the run.
    //
    // rows     of config, at least one
    // columns  of one pass over them
    // valid    what is evaluated on; nullptr: nothing
    // options  how passes are computed
    // states   where hidden states are kept, at best
    // throws   user_error(exit_usage) when the config wants the best step and no evaluation would be made
    training_run(session & open, const compute_place & place, const std::vector<token_row> & rows, int64_t columns, validation * valid,
                 const train_config & config, adapter & lora, const pass_options & options, state_place states);

    // Takes up the newest checkpoint, when the config says so, and makes evaluations ready. Once, before `run`.
    void restore();

    // From here to the end, at this pace.
    double remaining_seconds(const pace & speed, const run_layout & layout) const;

    // returns exit_done when the adapter is written, or exit_stopped after a signal (a checkpoint is saved then)
    // throws  user_error
    exit_code run();

  private:
    bool step(int64_t step); // false: stopped before it was done
    void prepare_evaluations();
    bool is_evaluation_due() const;
    bool evaluate(); // after the steps done; false: stopped before it was done
    bool is_over() const;
    void keep();     // writes the adapter of the step that the config wants
    void save(int64_t steps_done);
    exit_code stop(int64_t steps_done);

    session & open_;
    const compute_place & place_;
    const std::vector<token_row> & rows_;
    const train_config & config_;
    adapter & lora_;
    const std::string checkpoints_, fingerprint_;
    const packing_limits limits_;
    adamw optimizer_;
    row_order order_;
    run_state state_;
    loss_watch watch_;
    network network_;
    const pass_options options_;
    const state_place states_;
    validation * valid_;
    int32_t valid_cut_ = 0; // the block with which evaluations begin
    std::optional<network> evaluating_; // as network_, with the states of the rows of valid
    validation_plan plan_{0, 0, 0};
    std::optional<checkpoint> newest_;
};
