// A small graph of operators, computed on a backend, and its results beside those of another.
#pragma once
#include "backend.h"
#include "check.h"
#include "operators.h"
#include <cmath>
#include <functional>
#include <vector>

using results = std::vector<std::vector<float>>;

// Inputs by shape and values, filled in once the graph is planned.
struct graph_in_the_making {
    ggml_context * ctx;
    std::vector<std::pair<ggml_tensor *, const void *>> inputs;
    ggml_tensor * input(ggml_type type, const void * values, int64_t ne0, int64_t ne1 = 1) {
        ggml_tensor * tensor = ggml_new_tensor_2d(ctx, type, ne0, ne1);
        ggml_set_input(tensor);
        inputs.push_back({tensor, values});
        return tensor;
    }
    ggml_tensor * matrix(const std::vector<float> & values, int64_t ne0) { return input(GGML_TYPE_F32, values.data(), ne0, static_cast<int64_t>(values.size()) / ne0); }
};

inline std::vector<float> numbers_of(const ggml_tensor * tensor) {
    if (tensor->type == GGML_TYPE_F32) return floats_of(tensor);
    std::vector<ggml_bf16_t> stored(static_cast<size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, stored.data(), 0, ggml_nbytes(tensor));
    std::vector<float> values(stored.size());
    ggml_bf16_to_fp32_row(stored.data(), values.data(), static_cast<int64_t>(stored.size()));
    return values;
}

inline results compute(backend & place, operators & ops, const std::function<std::vector<ggml_tensor *>(graph_in_the_making &, operators &)> & build) {
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * 512 + ggml_graph_overhead();
    params.no_alloc = true;
    ggml_context * ctx = ggml_init(params);
    graph_in_the_making made{ctx, {}};
    ggml_cgraph * graph = ggml_new_graph(ctx);
    const std::vector<ggml_tensor *> outputs = build(made, ops);
    for (ggml_tensor * output : outputs) {
        ggml_set_output(output);
        ggml_build_forward_expand(graph, output);
    }
    place.plan(graph);
    for (const auto & [tensor, values] : made.inputs) ggml_backend_tensor_set(tensor, values, 0, ggml_nbytes(tensor));
    ops.upload();
    place.compute(graph);
    results read;
    for (ggml_tensor * output : outputs) {
        read.push_back(numbers_of(output));
    }
    ggml_free(ctx);
    return read;
}

// Largest difference, relative to the largest value of each result.
inline void check_same(const results & a, const results & b, double tolerance) {
    CHECK(a.size() == b.size() && !a.empty());
    for (size_t r = 0; r < a.size(); r++) {
        CHECK(a[r].size() == b[r].size() && !a[r].empty());
        double scale = 1e-30, worst = 0;
        for (size_t i = 0; i < a[r].size(); i++) {
            scale = std::max(scale, std::fabs(static_cast<double>(a[r][i])));
            worst = std::max(worst, std::fabs(static_cast<double>(a[r][i]) - b[r][i]));
            CHECK(std::isfinite(b[r][i]));
        }
        CHECK_NEAR(worst / scale, 0, tolerance);
    }
}
