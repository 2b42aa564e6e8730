// What all parts of one pass over a batch share: the graph in the making, the model, the adapter, the way to compute.
#pragma once
#include "gradient_sums.h"
#include "kernels/attention.h"
#include "kernels/dropout.h"
#include "lora.h"
#include "model.h"
#include "operators.h"
#include <deque>
#include <map>
#include <vector>

// Of one trained tensor of the adapter, with as many elements. There may be several of one tensor: they add up.
struct lora_gradient {
    const ggml_tensor * trained;
    ggml_tensor * values;
};

// Of a layer with magnitudes (magnitude.h): |V| and m / |V|, [n_out]
struct row_scales { ggml_tensor * norms = nullptr, * factors = nullptr; };

// Where the columns of a layout come from when some are given: computed by another pass (shared_prefix.h).
struct given_places {
    ggml_tensor * order; // i32 [n_columns]: of each column of the layout, its place behind one another: first all given ones, then all computed ones
    ggml_tensor * given; // i32 [n_given], columns of the layout
    ggml_tensor * own;   // i32 [n], columns of the layout
};

// Everything pointed to must outlive the graph.
struct pass_scope {
    ggml_context * ctx;
    ggml_cgraph * graph;
    operators & ops;
    const base_model & model;
    const adapter * lora;            // nullptr: the base model alone
    const gradient_sums * sums;      // of the adapter, on the device; nullptr: the host adds up
    ggml_tensor * positions;         // i32 [n], of the columns that are computed
    const given_places * given;      // nullptr: all columns of the layout are
    const std::map<int32_t, attention_plan> & attention; // by window
    float dropout;                   // on the input of the adapter
    uint64_t dropout_seed;
    std::deque<dropout_plan> dropout_plans; // a deque: pointers to its elements stay valid
    std::map<const lora_pair *, row_scales> scales; // filled by the forward
    std::vector<lora_gradient> gradients;   // filled by the backward
};

// Adds the gradient of a trained tensor to its sum on the device, or keeps it until the host has read it.
inline void add_gradient(pass_scope & scope, const ggml_tensor * trained, ggml_tensor * values) {
    if (scope.sums) return ggml_build_forward_expand(scope.graph, scope.sums->emit(scope.ctx, trained, values));
    ggml_set_output(values); // its memory must not be reused before
    ggml_build_forward_expand(scope.graph, values);
    scope.gradients.push_back({trained, values});
}

// A tensor that the caller fills once the graph has its memory.
inline ggml_tensor * graph_input(ggml_context * ctx, int64_t n, ggml_type type) {
    ggml_tensor * tensor = ggml_new_tensor_1d(ctx, type, n);
    ggml_set_input(tensor);
    return tensor;
}
