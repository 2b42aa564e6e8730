// Causal attention with several heads, window by window.   Vaswani et al. 2017, arXiv:1706.03762
//   p = dropout(softmax(q k^T / sqrt(head width)));  context = p v      a query sees the inputs up to its own
// Heads lie side by side in the columns of q, k, v and the context.
#pragma once
#include "fit/sequence_network.h"

// Queries are some of a window's last inputs: all of them, or those with a target.
struct sequence_span {
    int64_t first_input, n_inputs; // rows of k and v
    int64_t first_query, n_queries; // rows of q and of the context
};

struct attention_shape {
    int64_t heads;
    double dropout;
    uint64_t site;       // of the dropout masks
    int64_t most_inputs; // of a window
};

// probabilities  before dropout, for the backward
void attend(const attention_shape & shape, const window_share & share, const std::vector<sequence_span> & spans, const_matrix q, const_matrix k, const_matrix v,
            matrix_view context, std::vector<float> & probabilities, int lane);

// dq, dk and dv are written.
void attend_back(const attention_shape & shape, const window_share & share, const std::vector<sequence_span> & spans, const_matrix q, const_matrix k, const_matrix v,
                 const std::vector<float> & probabilities, const_matrix d_context, matrix_view dq, matrix_view dk, matrix_view dv, int lane);
