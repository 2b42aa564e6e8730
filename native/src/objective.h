// What a pass makes small: a loss as a function of the logits at some columns, and its gradient by them.
#pragma once
#include "pass.h"
#include "token_layout.h"
#include <cstdint>
#include <vector>

class objective {
  public:
    virtual ~objective() = default;

    // The columns whose logits it reads; some may be named twice.
    virtual const std::vector<int32_t> & columns() const = 0;

    // So many of their logits may be held at once: the head is computed for as many columns at a time. At least 1.
    virtual size_t most_at_once() const = 0;

    // Emits the loss of some columns, from the `begin`-th on, out of their logits [n_vocab, n].
    // returns  the gradient of the whole loss by these logits, [n_vocab, n]; nullptr when none is wanted
    virtual ggml_tensor * emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) = 0;

    // Once the graph has its memory, and once it is computed.
    virtual void write_inputs() const = 0;
    virtual void read_results() = 0;

    // The whole loss of the columns, after read_results.
    virtual double loss() const = 0;

    // The loss of each row of the pass, without its weight: what tells the row that is to blame.
    virtual std::vector<double> row_losses() const = 0;
};

// The sum over predictions of weight * -log P(target), P the softmax over the whole vocabulary.
class next_token_objective : public objective {
  public:
    // weights  one a prediction
    next_token_objective(std::vector<prediction> predictions, std::vector<float> weights);
    next_token_objective(std::vector<prediction> predictions, float weight);

    const std::vector<int32_t> & columns() const override { return columns_; }
    size_t most_at_once() const override { return 128; } // a column's logits are n_vocab floats
    ggml_tensor * emit(const pass_scope & scope, ggml_tensor * logits, size_t begin, bool wants_gradient) override;
    void write_inputs() const override;
    void read_results() override;
    double loss() const override;

    std::vector<double> row_losses() const override; // the mean over its predictions, in nats

  private:
    struct chunk { size_t begin; ggml_tensor * targets, * weights, * losses; };

    std::vector<int32_t> columns_, targets_, rows_;
    std::vector<float> weights_, losses_;
    std::vector<chunk> chunks_;
};
