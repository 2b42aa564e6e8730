// What the steps of a run will compute, known before it begins: the same rows in the same order, cut and laid out as they will be.
#pragma once
#include "batch_objective.h"
#include "step_parts.h"
#include <cstdint>
#include <vector>

// A pass of a step, by its place.
struct pass_place { int64_t step; size_t part; };

struct run_layout {
    int64_t steps = 0;
    int64_t looked_at = 0;  // of them, evenly spread; the sums below are of these, times steps / looked_at
    double columns = 0;     // that are computed
    double read = 0;        // columns whose logits the loss reads, as often as it names them
    double passes = 0;
    double seconds = 0;     // that laying them out took
    std::vector<pass_place> largest; // with the most columns, and with the most that are read
    pass_place typical{0, 0};        // with the median of columns
};

const size_t LAYOUT_TOKENS = 2'000'000; // to look at: some tenths of a second

// rows         at least one
// most_tokens  of all rows that are looked at; one step is in any case
run_layout look_ahead(const std::vector<token_row> & rows, const train_config & config, packing_limits limits, int32_t n_block, size_t most_tokens = LAYOUT_TOKENS);

// One step of a run, cut as it will be, apart from the run.
class lone_step {
  public:
    lone_step(const std::vector<token_row> & rows, const train_config & config, packing_limits limits, int32_t n_block, int64_t step);
    const step_plan & plan() const { return plan_; }
    std::unique_ptr<objective> goal(const step_part & part) const { return of_batch_->part(part.begin, part.end, part.layout); } // a new one for each graph

  private:
    std::vector<token_row> batch_;
    step_plan plan_;
    std::unique_ptr<batch_objective> of_batch_;
};
