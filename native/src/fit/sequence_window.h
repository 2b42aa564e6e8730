// Stretches of users' histories, each computed in one pass: the state behind an interaction is learned to predict the next one.
//
// RecBole (and most peers) compute every prefix of a history on its own: the last `most_inputs` interactions before a target, its first one at place
// 0. Here the prefixes of `targets_at_once` neighbouring targets share the pass over their common inputs, for a fraction of the work. What differs:
// they share their dropout masks, and all but the last of them look back by up to targets_at_once - 1 interactions less than most_inputs
// where the history is longer than that. With targets_at_once = 1 nothing differs.
// A network whose prefixes share no more than what they all compute alike (Caser) has none of these differences: `looks_back_fully`.
#pragma once
#include "fit/interactions.h"

struct sequence_window {
    int32_t user;
    const int32_t * inputs; // [n_inputs]; the target of input t is inputs[t + 1], also of the last
    int32_t n_inputs;
    int32_t n_targets;      // 1 <= n_targets <= n_inputs: of the last inputs

    const int32_t * targets() const { return inputs + 1 + n_inputs - n_targets; }
};

struct window_settings {
    int64_t most_inputs;
    int64_t targets_at_once; // from 1 to most_inputs
    bool looks_back_fully = false; // each target sees its own most_inputs interactions, so a window has up to targets_at_once - 1 more; else they share them
};

// Interactions that something comes before in their user's history: the training examples of an epoch.
int64_t count_targets(const interaction_log & log);

// Every target of the log in one window. Where a user's windows begin is drawn anew for each epoch.
std::vector<sequence_window> cut_windows(const interaction_log & log, const window_settings & settings, uint64_t seed, int64_t epoch);

// Deals the windows, shuffled, into n batches of about equal numbers of targets; a batch may be empty when there are few windows.
std::vector<std::vector<sequence_window>> deal_batches(std::vector<sequence_window> windows, int64_t n, uint64_t seed, int64_t epoch);

// What a history's state is computed from when it is scored: its last interactions.
sequence_window last_inputs(const user_history & history, int64_t most_inputs);
