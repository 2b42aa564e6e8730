// The hidden states at the cut, where the lowest adapted block begins: below it everything is frozen, so they are the same in every
// epoch and for every adapter. Computed once for all rows, each distinct prefix once, and read by every pass after that.
//
// Because the layout of a batch changes no bit of the forward, a pass from stored f32 states gives the bits of a whole pass. With f16 the
// states are rounded, and a pass that finds none rounds at the same place, so the adapter does not depend on where they are kept.
#pragma once
#include "events.h"
#include "mapped_file.h"
#include "model.h"
#include "prefix_index.h"
#include "token_rows.h"
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

enum class state_place { choose, memory, disk, nowhere };

const char * name_of(state_place place); // where states are, so never "choose"

class backend;

struct state_settings {
    state_place place = state_place::nowhere; // asked for; what does not fit there goes to disk, what does not fit the limit nowhere
    bool is_f16 = false;
    uint64_t limit = 0;      // bytes that the states may take, in memory or as a file
    std::string folder;  // of the files
    uint64_t passes = 1;     // how often each row is computed; once needs no states unless a place is asked for
    uint64_t in_use = 0;     // bytes of the limit that other states of the same run take
    std::string split = "train"; // that the rows are of, for the event
    uint64_t room = UINT64_MAX; // bytes of memory that are left for them
};

// What a pass over training rows computes: nothing is predicted after the last token.
std::vector<std::vector<llama_token>> inputs_of(const std::vector<token_row> & rows);

// Where the states are computed: as the passes are that go on from them.
struct state_source {
    backend & place;
    const base_model & model; // in the memory of that place
    const base_model & host;  // the same as its file has it
    std::string arithmetic;   // what decides the bits beside the model: kernels, precision, device
};

class hidden_states {
  public:
    // Finds or computes the states of all tokens of the rows before the block `cut`, and emits "hidden-states".
    // stop     asked between parts; when it says true, nothing is kept
    // returns  nullptr when there is nothing to keep: cut 0, asked for nowhere, no place large enough, or stopped
    static std::unique_ptr<hidden_states> prepare(const state_source & source, const std::vector<std::vector<llama_token>> & rows, int32_t cut,
                                                  const state_settings & settings, const std::function<bool()> & stop);

    // What to prepare them takes, in bytes.
    struct need {
        uint64_t states = 0, index = 0; // as long as they are kept
        uint64_t tensors = 0, values = 0; // while they are computed: intermediate tensors, and beside them the states of one pass and the rows
        int64_t columns = 0;  // that are computed
    };
    static need measure(backend & cpu, const base_model & model, const std::vector<std::vector<llama_token>> & rows, int32_t cut, bool is_f16);

    // Where so many bytes would be kept, and why.
    struct choice { state_place place; std::string reason; };
    static choice choose_place(const state_settings & settings, uint64_t n_bytes, int32_t cut);

    // Emits "hidden-states" once more, for another run that reads them: reused, in no time.
    void announce_again() const;

    uint64_t n_bytes() const { return index_.size() * state_bytes(); }

    // Values [n_embd, n_columns] of all columns of a layout. false: the rows of the layout are not among those that were prepared
    bool read(const token_layout & layout, std::vector<float> & values) const;

  private:
    hidden_states(prefix_index index, int32_t n_embd, bool is_f16) : index_(std::move(index)), n_embd_(static_cast<size_t>(n_embd)), is_f16_(is_f16) {}
    static size_t state_size(int32_t n_embd, bool is_f16);
    size_t state_bytes() const { return state_size(static_cast<int32_t>(n_embd_), is_f16_); }

    prefix_index index_;
    size_t n_embd_;
    bool is_f16_;
    std::vector<unsigned char> kept_;    // in memory
    std::unique_ptr<mapped_file> file_;  // or on disk
    const unsigned char * states_ = nullptr;
    json event_; // how they were announced
};
