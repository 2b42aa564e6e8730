// A checkpoint: everything a run needs to go on as if it had never stopped: the adapter, the optimiser's moments, the steps done
// and what its decisions depend on.
// Order, shots and dropout follow from step and seed. One GGUF file, whole or not there, that ends in a digest of all its bytes.
// The two newest are kept and the one that did best on valid, and an older one goes only when the newer one is on the disk and was read back whole.
#pragma once
#include "lora.h"
#include "optimizer.h"
#include "run_state.h"
#include <cstdint>
#include <optional>
#include <string>

// Where the checkpoints of a run stand.
inline std::string checkpoint_folder(const std::string & run_directory) { return run_directory + "/checkpoints"; }

// Makes the folder, removes what a killed run was writing there, and sees that it can be written and holds no other run's
// checkpoints, before anything long is done.
// throws user_error(exit_data) when it cannot be written, user_error(exit_usage) when a run that is not resumed finds checkpoints
void open_checkpoints(const std::string & folder, bool is_resumed);

struct checkpoint { int64_t step; std::string path; }; // step: steps done

// Writes <folder>/step-<n>.gguf and removes all but the two newest and the best on valid. Returns its path.
// precision  that the run computes in: "f32", "bf16" or "fp16"
// throws user_error(exit_data) when it cannot be written; those before it stay, and nothing else is left behind
std::string save_checkpoint(const std::string & folder, const adapter & lora, adamw & optimizer, int64_t step, const run_state & state,
                            const std::string & fingerprint, const std::string & precision);

// The precision that the newest whole checkpoint was computed in; nothing when there is none.
std::optional<std::string> recorded_precision(const std::string & folder);

// Restores the newest whole checkpoint; a broken one is named on stderr and the one before it is taken.
// returns  the steps done and its path, or nothing when the folder holds no checkpoint
// throws user_error(exit_data) when there are checkpoints but none is whole; user_error(exit_usage) when it is of another run
std::optional<checkpoint> restore_checkpoint(const std::string & folder, const adapter & lora, adamw & optimizer, run_state & state, const std::string & fingerprint);

// Puts the adapter of one checkpoint in the place of what `lora` holds.
// throws user_error(exit_data) when it is not there or not whole
void restore_adapter(const std::string & folder, int64_t step, const adapter & lora, const std::string & fingerprint);
