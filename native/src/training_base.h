// What the runs of one process stand on: everything that does not depend on an adapter is there once, for all of them.
//   model, vocabulary, threads      of all runs
//   rows as tokens                  of all runs: each row once
//   rows of valid                   of runs that evaluate on the same ones, with their hidden states at the cut
//   the parity gate                 of runs that begin with the same adapter; those that begin with none compute what the model does
//   hidden states at the cut        of runs whose adapters are on the same layers, for the rows of all of them together
#pragma once
#include "config.h"
#include "hidden_states.h"
#include "kernels/narrow_panels.h"
#include "lora.h"
#include "session.h"
#include "training_data.h"
#include "validation.h"
#include "vocabulary.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

class training_base {
  public:
    // Opens the model, and emits "start" and "model" for the verb.
    // runs    at least one; as read_series_config has checked them; must outlive it
    // panels  of sixteen bits, that this processor can compute with
    training_base(const std::string & verb, const std::vector<train_config> & runs, std::vector<const narrow_panels *> panels = supported_narrow_panels());
    training_base(const training_base &) = delete;
    training_base & operator=(const training_base &) = delete;

    const std::vector<const narrow_panels *> panels;
    session open;

    // The rows of a run. throws what training_data::rows_of throws
    const std::vector<token_row> & rows_of(size_t run);

    const train_config & config_of(size_t run) const { return runs_[run]; }

    // The lowest limit of tokens that its rows would fit, those of valid among them.
    int32_t shortest_length(size_t run);

    // Bytes that the process held when the rows of all runs had been read: what every run begins with.
    uint64_t program_memory();

    // What the run evaluates on, or nullptr. Stays until another run asks.
    validation * validation_of(size_t run);

    // Emits "parity". throws what check_parity throws
    void check_parity_of(size_t run, const adapter & lora);

    // Rows whose states before its cut this run may keep, and how: its own and those of later runs with the same cut together; and when
    // these fit no place, its own alone. rows_of must have been asked for all runs.
    struct states_to_keep { std::vector<token_row> rows; state_settings settings; };
    std::vector<states_to_keep> states_to_keep_of(size_t run) const;

    // The states before the block `cut` for this run and the later ones that have the same, or nullptr. Stay until another run asks.
    // source  of the run's passes
    // place   that was planned for them
    const hidden_states * states_of(size_t run, int32_t cut, const state_source & source, state_place place);

  private:
    uint64_t rows_computed(size_t run) const;
    bool has_cut_of(size_t run, size_t other) const;

    const std::vector<train_config> & runs_;
    vocabulary vocab_;
    int32_t max_length_;
    std::optional<uint64_t> program_memory_;
    std::unique_ptr<training_data> data_;
    std::vector<std::shared_ptr<const std::vector<token_row>>> rows_;
    std::map<std::optional<std::string>, json> parity_; // events, by start adapter
    std::optional<size_t> validated_, cached_;          // the runs for which the next two were made
    std::string cached_in_;                             // the arithmetic of the states
    std::unique_ptr<validation> valid_;
    std::unique_ptr<hidden_states> states_, own_states_; // of several runs; of one alone, when those of several do not fit
};
