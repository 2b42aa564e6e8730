// One layer of gated recurrent units over many windows at once.   Cho et al. 2014, arXiv:1406.1078, in PyTorch's form, without biases:
//   r = sigmoid(W_r x + U_r h),  z = sigmoid(W_z x + U_z h),  c = tanh(W_c x + r * (U_c h)),  h' = (1 - z) * c + z * h
//
// Rows lie step by step, the longest window first, so that the windows still running at a step are the first ones of the step before.
#pragma once
#include "fit/dense_products.h"
#include "fit/sequence_window.h"

class step_order {
  public:
    explicit step_order(const std::vector<sequence_window> & windows);

    int64_t n_steps() const { return static_cast<int64_t>(begin_.size()) - 1; }
    int64_t begin(int64_t step) const { return begin_[static_cast<size_t>(step)]; }
    int64_t n_running(int64_t step) const { return begin(step + 1) - begin(step); }
    int64_t n_rows() const { return begin_.back(); }
    int64_t row(size_t window, int64_t step) const { return begin(step) + rank_[window]; }

  private:
    std::vector<int64_t> begin_; // [n_steps + 1]
    std::vector<int64_t> rank_;  // [n_windows]: place by length
};

struct gru_weights {
    const_matrix input; // [3 width][n_in]: W_r, W_z, W_c
    const_matrix state; // [3 width][width]: U_r, U_z, U_c

    int64_t width() const { return state.columns; }
};

// What the backward needs of a forward. Row by row: r, z, c; what the state added to them; the state before; the state behind.
struct gru_pass {
    std::vector<float> gates, from_state, before, behind;
};

void gru_forward(const gru_weights & w, const step_order & steps, const_matrix x, gru_pass & pass, int lane);

// d_behind  [n_rows][width], gradients by the states; used up
// dx        [n_rows][n_in], written; the gradients of the weights are added to
void gru_backward(const gru_weights & w, const step_order & steps, const_matrix x, gru_pass & pass, matrix_view d_behind, matrix_view dx,
                  matrix_view d_input, matrix_view d_state, int lane);
