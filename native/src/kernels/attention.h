// Causal grouped-query attention over a forest of segments (segment.h), forward and backward.
//
// For query head h, which reads key/value head h / (n_head / n_head_kv), and a column i that sees columns j:
//   s_ij = scale * q_i . k_j      p_i = softmax(s_i)      o_i = sum_j p_ij v_j
// or with a soft cap c (Gemma 2) s_ij = c tanh(scale * q_i . k_j / c). With a window w a column sees only those less than w
// columns above it in its row, itself included (Beltagy et al. 2020, arXiv:2004.05150).
//   dv_j = sum_i p_ij do_i        ds_ij = scale * p_ij (do_i . v_j - sum_l p_il do_i . v_l)
//   dq_i = sum_j ds_ij k_j        dk_j = sum_i ds_ij q_i
// Probabilities are recomputed in the backward (Dao et al. 2022, arXiv:2205.14135), a block of queries at a time, so
// memory grows with the batch's columns, not with their square. Same bytes for any number of threads.
//
// The forward's bits do not depend on the layout either: a column's scores stand in the order of depth, its softmax reads no
// more than them, and its output is one running sum over depth, whatever rows share the batch and wherever segments are cut.
#pragma once
#include "ggml.h"
#include "segment.h"
#include <cstddef>
#include <cstdint>
#include <vector>

// Read when a graph is built and again when it runs: it must outlive the graph and not change in between.
struct attention_plan {
    int32_t n_head;
    int32_t n_head_kv; // divides n_head
    int32_t head_dim;
    float scale;       // usually 1 / sqrt(head_dim)
    std::vector<segment> segments; // cover all n columns
    int32_t window = 0;            // 0: none
    float soft_cap = 0;            // 0: none
};

// q [head_dim*n_head, n] after rope, k and v [head_dim*n_head_kv, n] -> [head_dim*n_head, n]; contiguous f32.
ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan);

// d_out [head_dim*n_head, n] -> dq, dk, dv packed in one tensor (and working room behind them, so its size says nothing);
// take them out with the accessors below.
ggml_tensor * attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out,
                             const attention_plan * plan);

// Bytes that one thread keeps as its working memory for the backward, which needs more than the forward.
size_t attention_scratch_bytes(const attention_plan & plan);

// Contiguous views of what attention_back gave: [head_dim*n_head, n], [head_dim*n_head_kv, n], the same.
ggml_tensor * attention_dq(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n);
ggml_tensor * attention_dk(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n);
ggml_tensor * attention_dv(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n);
