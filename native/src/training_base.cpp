#include "training_base.h"
#include "machine_memory.h"
#include "parity.h"
#include "row_order.h"
#include "run_plan.h"
#include "stop_signal.h"
#include <set>

// The vocabulary's file, once the model is known to fit: reading it and the rows takes longer than to see that.
static const std::string & model_that_fits(const session & open, const std::vector<train_config> & runs) {
    for (const train_config & run : runs) check_least_memory(open, run.memory_limit);
    return runs.front().model;
}

training_base::training_base(const std::string & verb, const std::vector<train_config> & runs, std::vector<const narrow_panels *> panels)
    : panels(std::move(panels)), open(verb, runs.front().model, runs.front().threads), runs_(runs), vocab_(model_that_fits(open, runs)),
      max_length_(length_limit(runs.front().max_length, open.model.shape)), rows_(runs.size()) {}

const std::vector<token_row> & training_base::rows_of(size_t run) {
    if (!data_) data_ = std::make_unique<training_data>(runs_.front(), vocab_, max_length_);
    if (!rows_[run]) rows_[run] = data_->rows_of(runs_[run]);
    return *rows_[run];
}

int32_t training_base::shortest_length(size_t run) {
    const validation * valid = validation_of(run);
    return std::max(data_->shortest_length(rows_of(run)), valid ? valid->shortest_length() : 1);
}

uint64_t training_base::program_memory() {
    if (!program_memory_) {
        give_back_memory();
        program_memory_ = resident_memory();
    }
    return *program_memory_;
}

validation * training_base::validation_of(size_t run) {
    const train_config & config = runs_[run];
    if (!config.validation) return nullptr;
    const auto is_same = [&](const train_config & other) {
        return other.validation->data == config.validation->data && other.validation->rows == config.validation->rows && other.share_prefixes == config.share_prefixes;
    };
    if (!validated_ || !is_same(runs_[*validated_])) {
        valid_ = std::make_unique<validation>(config, vocab_, open.model.shape);
        validated_ = run;
    }
    return valid_.get();
}

void training_base::check_parity_of(size_t run, const adapter & lora) {
    const std::vector<token_row> & rows = rows_of(run);
    const auto known = parity_.find(runs_[run].adapter);
    if (known != parity_.end()) emit("parity", known->second);
    else parity_[runs_[run].adapter] = check_parity(open.cpu, open.file, open.model, &lora, {rows.front().tokens, rows.back().tokens});
    give_back_memory(); // libllama had a vocabulary of its own
}

// The layers decide where the cut is; those of a start adapter are the config's, too.
bool training_base::has_cut_of(size_t run, size_t other) const {
    return runs_[run].layers == runs_[other].layers && runs_[run].targets == runs_[other].targets;
}

// How many rows the steps of a run compute.
uint64_t training_base::rows_computed(size_t run) const {
    return static_cast<uint64_t>(row_order(rows_[run]->size(), runs_[run]).steps() * runs_[run].batch_size);
}

std::vector<training_base::states_to_keep> training_base::states_to_keep_of(size_t run) const {
    const state_settings settings = runs_[run].hidden_states;
    states_to_keep own{*rows_[run], settings}, together = own; // in its order: a run alone finds the same file on disk
    std::set<int64_t> known;
    for (const token_row & row : own.rows) known.insert(row.row);
    uint64_t computed = rows_computed(run);
    own.settings.passes = computed / own.rows.size();
    for (size_t later = run + 1; later < runs_.size() && settings.place != state_place::nowhere; later++) {
        if (!has_cut_of(run, later)) continue;
        computed += rows_computed(later);
        for (const token_row & row : *rows_[later]) {
            if (known.insert(row.row).second) together.rows.push_back(row);
        }
    }
    together.settings.passes = computed / together.rows.size();
    if (together.rows.size() == own.rows.size()) return {together};
    return {together, own};
}

const hidden_states * training_base::states_of(size_t run, int32_t cut, const state_source & source, state_place place) {
    if (states_ && has_cut_of(run, *cached_) && cached_in_ == source.arithmetic) {
        states_->announce_again();
        return states_.get();
    }
    states_.reset(); // before others take their memory
    own_states_.reset();
    const std::vector<states_to_keep> choices = states_to_keep_of(run);
    const auto prepare = [&](states_to_keep asked) {
        if (place != state_place::memory) asked.settings.room = 0;
        return hidden_states::prepare(source, inputs_of(asked.rows), cut, asked.settings, stop_is_asked);
    };
    states_ = prepare(choices.front());
    if (states_) {
        cached_ = run;
        cached_in_ = source.arithmetic;
        return states_.get();
    }
    if (cut == 0 || choices.size() == 1 || stop_is_asked()) return nullptr;
    own_states_ = prepare(choices.back()); // those of all runs do not fit: the next one makes its own
    return own_states_.get();
}
