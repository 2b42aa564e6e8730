// DIN: will this user like this item? Attention of the target over the history, then dense layers.   Zhou et al. 2018, arXiv:1706.06978
//   h_j = item vector of interaction j + vector of its label (liked or not);  e = item vector of the target
//   a_j = attention([h_j, e, h_j - e, h_j * e]) / sqrt(width), dense layers with sigmoid; not normalised, as in the paper
//   u = sum_j a_j h_j;  logit = layers([u, e, u * e]) with PReLU;  score = logit
//   loss = -ln sigmoid(logit) for a liked target, -ln(1 - sigmoid(logit)) for another
// A training example is an interaction that something comes before, with its label. With drawn negatives (a log without dislikes) each liked one comes with `negatives` items that
// the user has not met, all alike, as disliked ones. PReLU stands where the paper also tries Dice: Dice normalises over the batch, so that a score would depend on its company.
#pragma once
#include "fit/dense_stack.h"
#include "fit/fit_model.h"
#include <memory>

struct din_settings {
    int64_t width;
    std::vector<int64_t> attention; // hidden layers of the attention
    std::vector<int64_t> layers;    // and behind it
    int64_t most_inputs;            // of a history, the last ones
    int64_t negatives;              // drawn for each liked interaction; 0: the log's own labels
    int64_t batch_size;             // examples
    double learning_rate;
};

struct din_example {
    const int32_t * items; // [size], oldest first
    const uint8_t * liked;
    int64_t size;
    int32_t target;
};

class din_network {
  public:
    din_network(int64_t n_items, const din_settings & settings);

    const parameter_layout & layout() const { return layout_; }
    void initialise(float * values, uint64_t seed) const;

    // labels  [n], 1 or 0
    // weight  of each example's loss
    // Adds to the gradients; returns the sum of the losses, not weighted.
    double learn(const float * values, const din_example * examples, const uint8_t * labels, size_t n, float weight, float * gradients, int lane) const;

    // [n], each with the same bytes whatever stands beside it
    void logits(const float * values, const din_example * examples, size_t n, float * logits, int lane) const;

  private:
    struct pass;

    pass run(const float * values, const din_example * examples, size_t n, int lane) const;
    void back(const float * values, const din_example * examples, size_t n, const pass & pass, const std::vector<float> & d_logits, float * gradients, int lane) const;

    parameter_layout layout_; // before those that write to it
    int64_t width_;
    size_t items_, labels_;
    dense_stack attention_, layers_;
};

// throws user_error(exit_data) when the log has no example, or without drawn negatives only examples of one label; or with them no liked one
std::unique_ptr<fit_model> make_din(const interaction_log & log, const din_settings & settings, const fit_context & context);
