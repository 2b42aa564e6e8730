// What the kernel tests share: chance, running one graph on the CPU backend, and the sweep over instruction sets and
// thread counts that every kernel must pass with the same bytes.
#pragma once
#include "check.h"
#include "forest.h"
#include "kernels/cpu_kernels.h"
#include "ggml-backend.h"
#include "ggml.h"
#include <cmath>
#include <cstring>
#include <memory>

inline ggml_backend_t cpu_backend() {
    static const ggml_backend_t backend = [] {
        ggml_backend_load_all_from_path(RECTUNE_LLAMA_LIBRARIES);
        return ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
    }();
    if (!backend) throw std::runtime_error("no CPU backend in " RECTUNE_LLAMA_LIBRARIES);
    return backend;
}

// Builds tensors with data in place, computes the ones asked for.
class small_graph {
public:
    small_graph() : ctx(ggml_init({(size_t) 512 << 20, nullptr, false}), ggml_free) {}

    ggml_context * context() { return ctx.get(); }

    ggml_tensor * matrix(const std::vector<float> & values, int64_t ne0) { return fill(GGML_TYPE_F32, values.data(), ne0, values.size() / ne0); }

    ggml_tensor * indices(const std::vector<int32_t> & values) { return fill(GGML_TYPE_I32, values.data(), values.size(), 1); }

    ggml_tensor * fill(ggml_type type, const void * data, int64_t ne0, int64_t ne1) {
        ggml_tensor * t = ggml_new_tensor_2d(ctx.get(), type, ne0, ne1);
        memcpy(t->data, data, ggml_nbytes(t));
        return t;
    }

    void compute(const std::vector<ggml_tensor *> & outputs, int threads) {
        ggml_cgraph * graph = ggml_new_graph(ctx.get());
        for (ggml_tensor * output : outputs) ggml_build_forward_expand(graph, output);
        ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(cpu_backend()));
        ((ggml_backend_set_n_threads_t) ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads"))(cpu_backend(), threads);
        CHECK(ggml_backend_graph_compute(cpu_backend(), graph) == GGML_STATUS_SUCCESS);
    }

    static std::vector<float> read(const ggml_tensor * t) {
        const float * data = (const float *) t->data;
        return std::vector<float>(data, data + ggml_nelements(t));
    }

private:
    std::unique_ptr<ggml_context, void (*)(ggml_context *)> ctx;
};

using results = std::vector<std::vector<float>>;

inline bool same_bytes(const results & a, const results & b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i++)
        if (a[i].size() != b[i].size() || memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) != 0) return false;
    return true;
}

// Runs `build` under every supported instruction set with 1, 2 and 3 threads, checks that threads never change a byte
// and that the fused sets (all but the baseline) agree to the byte, and hands each set's results to `judge`.
inline void sweep(const std::function<std::vector<ggml_tensor *>(small_graph &)> & build, const std::function<void(const results &)> & judge) {
    results fused;
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        use_cpu_kernels(*kernels);
        results first;
        for (int threads = 1; threads <= 3; threads++) {
            small_graph graph;
            const std::vector<ggml_tensor *> outputs = build(graph);
            graph.compute(outputs, threads);
            results now;
            for (ggml_tensor * output : outputs) now.push_back(small_graph::read(output));
            if (threads == 1) first = now;
            CHECK(same_bytes(now, first));
        }
        judge(first);
        if (std::string(kernels->name) == "baseline") continue;
        if (fused.empty()) fused = first;
        CHECK(same_bytes(first, fused));
    }
}

// Largest |actual - expected| relative to the largest |expected| (or to 1e-30).
inline double worst_error(const std::vector<float> & actual, const std::vector<double> & expected) {
    CHECK(actual.size() == expected.size());
    double scale = 1e-30, worst = 0;
    for (size_t i = 0; i < actual.size(); i++) {
        const double error = std::fabs(actual[i] - expected[i]);
        scale = std::max(scale, std::fabs(expected[i]));
        worst = error <= worst ? worst : error; // NaN counts
    }
    return worst / scale;
}
