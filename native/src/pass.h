// What all parts of one pass over a batch share: the graph in the making, the model, the adapter, the way to compute.
#pragma once
#include "kernels/attention.h"
#include "kernels/dropout.h"
#include "lora.h"
#include "model.h"
#include "operators.h"
#include <deque>
#include <map>
#include <vector>

struct lora_gradient {
    const lora_pair * pair;
    ggml_tensor * a; // gradient of pair->a, same shape
    ggml_tensor * b;
};

// Everything pointed to must outlive the graph.
struct pass_scope {
    ggml_context * ctx;
    ggml_cgraph * graph;
    operators & ops;
    const base_model & model;
    const adapter * lora;            // nullptr: the base model alone
    ggml_tensor * positions;         // i32 [n_columns]
    const std::map<int32_t, attention_plan> & attention; // by window
    float dropout;                   // on the input of the adapter
    uint64_t dropout_seed;
    std::deque<dropout_plan> dropout_plans; // a deque: pointers to its elements stay valid
    std::vector<lora_gradient> gradients;   // filled by the backward
};

// A tensor that the caller fills once the graph has its memory.
inline ggml_tensor * graph_input(ggml_context * ctx, int64_t n, ggml_type type) {
    ggml_tensor * tensor = ggml_new_tensor_1d(ctx, type, n);
    ggml_set_input(tensor);
    return tensor;
}
