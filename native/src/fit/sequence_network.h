// A network that turns what a user met into a state; the state's products with the items' vectors are the scores.
#pragma once
#include "fit/drawn_items.h"
#include "fit/parameter_layout.h"
#include "fit/sequence_window.h"
#include "kernels/dropout.h"

// Windows that one pass runs over.
struct window_share {
    std::vector<sequence_window> windows;
    std::vector<int64_t> numbers; // of the windows in their batch: dropout masks follow from them, not from who computes what
    uint64_t dropout_seed = 0;    // of the batch
    float weight = 0;             // of each target's loss
    const drawn_items * drawn = nullptr; // what targets are held against; nullptr: all items

    int64_t n_inputs() const;
    int64_t n_targets() const;
};

// A mask of its own for each site of a network, window of a batch and input: y may be x.
// place  of the row among most_places of a window
void drop_row(double rate, const window_share & share, uint64_t site, size_t window, int64_t place, int64_t most_places, int64_t n, const float * x, float * y);

class sequence_network {
  public:
    virtual ~sequence_network() = default;

    const parameter_layout & layout() const { return layout_; }
    size_t item_vectors() const { return items_; } // the part of the layout that states are held against, [n_items][width]
    const window_settings & windows() const { return windows_; }

    virtual void initialise(float * values, uint64_t seed) const = 0;

    // Adds to the gradients (as values) those of weight * (sum of losses). Returns the sum of the targets' losses, not weighted.
    virtual double learn(const float * values, const window_share & share, float * gradients, int lane) const = 0;

    // The state behind the last input of each window, without dropout: states [n][width]. A state has the same bytes whatever stands beside it.
    virtual void encode(const float * values, const std::vector<sequence_window> & windows, matrix_view states, int lane) const = 0;

  protected:
    explicit sequence_network(const window_settings & windows) : windows_(windows) {}

    parameter_layout layout_;
    size_t items_ = 0;

  private:
    window_settings windows_;
};
