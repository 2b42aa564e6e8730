#include "training_base.h"
#include "parity.h"
#include "row_order.h"
#include "stop_signal.h"
#include <set>

training_base::training_base(const std::string & verb, const std::vector<train_config> & runs, std::vector<const narrow_panels *> panels)
    : panels(std::move(panels)), open(verb, runs.front().model, runs.front().threads), runs_(runs), vocab_(runs.front().model),
      max_length_(length_limit(runs.front().max_length, open.model.shape)), rows_(runs.size()) {}

const std::vector<token_row> & training_base::rows_of(size_t run) {
    if (!data_) data_ = std::make_unique<training_data>(runs_.front(), vocab_, max_length_);
    if (!rows_[run]) rows_[run] = data_->rows_of(runs_[run]);
    return *rows_[run];
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
}

// The layers decide where the cut is; those of a start adapter are the config's, too.
bool training_base::has_cut_of(size_t run, size_t other) const {
    return runs_[run].layers == runs_[other].layers && runs_[run].targets == runs_[other].targets;
}

const hidden_states * training_base::states_of(size_t run, int32_t cut, const state_source & source) {
    if (states_ && has_cut_of(run, *cached_) && cached_in_ == source.arithmetic) {
        states_->announce_again();
        return states_.get();
    }
    states_.reset(); // before others take their memory
    own_states_.reset();
    const auto computed = [&](size_t one) { return static_cast<uint64_t>(row_order(rows_[one]->size(), runs_[one]).steps() * runs_[one].batch_size); };
    const bool keeps_nothing = cut == 0 || runs_[run].hidden_states.place == state_place::nowhere;
    std::vector<token_row> together = *rows_[run]; // in its order: a run alone finds the same file on disk
    std::set<int64_t> known;
    for (const token_row & row : together) known.insert(row.row);
    uint64_t all = computed(run);
    for (size_t later = run + 1; later < runs_.size(); later++) {
        if (keeps_nothing || !has_cut_of(run, later)) continue;
        all += computed(later);
        for (const token_row & row : *rows_[later]) {
            if (known.insert(row.row).second) together.push_back(row);
        }
    }
    const auto prepare = [&](const std::vector<token_row> & rows, uint64_t n_computed) {
        state_settings settings = runs_[run].hidden_states;
        settings.passes = n_computed / rows.size();
        return hidden_states::prepare(source, inputs_of(rows), cut, settings, stop_is_asked);
    };
    states_ = prepare(together, all);
    if (states_) {
        cached_ = run;
        cached_in_ = source.arithmetic;
        return states_.get();
    }
    if (together.size() == rows_[run]->size() || stop_is_asked()) return nullptr;
    own_states_ = prepare(*rows_[run], computed(run)); // those of all runs do not fit: the next one makes its own
    return own_states_.get();
}
