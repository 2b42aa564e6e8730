// What the kernels reach of the machine's f32 peak, and what they share of a training step.
//   bench-kernels [threads = 1] [rounds = 9] [only names that contain this]
// Times are processor time a thread (of the whole process, divided by the threads), so programs that share the cores count
// little. The peak is multiply-adds on registers only, on as many threads, measured next to each run: what slows the core
// itself then slows both. Figures are medians over interleaved rounds; the last one is the median ratio to the peak.
#include "kernels/attention.h"
#include "kernels/cross_entropy.h"
#include "kernels/frozen_linear.h"
#include "kernels/gemm.h"
#include "kernels/gates.h"
#include "kernels/low_rank.h"
#include "peak.h"
#include "ggml-backend.h"
#include "ggml.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// One measured operation, in a graph of its own.
struct bench_case {
    std::string name;
    double operations; // of one run, 0 when GFLOP/s say nothing
    std::unique_ptr<ggml_context, void (*)(ggml_context *)> ctx;
    ggml_cgraph * graph;
    std::vector<double> seconds, share_of_peak;
};

static std::mt19937 random_source(1);

static ggml_tensor * random_matrix(ggml_context * ctx, ggml_type type, int64_t ne0, int64_t ne1) {
    ggml_tensor * t = ggml_new_tensor_2d(ctx, type, ne0, ne1);
    std::vector<float> values(ne0 * ne1);
    for (float & value : values) value = (float) random_source() / 4294967296.0f - 0.5f;
    if (type == GGML_TYPE_F32) std::copy(values.begin(), values.end(), (float *) t->data);
    else ggml_quantize_chunk(type, values.data(), t->data, 0, ne1, ne0, nullptr);
    return t;
}

static bench_case make_case(const std::string & name, double operations, const std::function<ggml_tensor *(ggml_context *)> & build) {
    bench_case result = {name, operations, {ggml_init({(size_t) 256 << 20, nullptr, false}), ggml_free}, nullptr, {}, {}};
    result.graph = ggml_new_graph(result.ctx.get());
    ggml_build_forward_expand(result.graph, build(result.ctx.get()));
    return result;
}

// Rows of 220 tokens, the first 70 of them shared: what a batch of 16 short instructions looks like.
static const attention_plan & typical_plan() {
    static const attention_plan plan = [] {
        attention_plan p = {9, 3, 64, 0.125f, {{-1, 0, 70}}};
        for (int32_t row = 0; row < 16; row++) p.segments.push_back({0, 70 + row * 150, 220 + row * 150});
        return p;
    }();
    return plan;
}

static std::vector<bench_case> cases() {
    std::vector<bench_case> all;
    const int64_t shapes[][2] = {{576, 576}, {576, 1536}, {1536, 576}};
    for (ggml_type type : {GGML_TYPE_F32, GGML_TYPE_Q4_1, GGML_TYPE_Q8_0})
        for (const auto & shape : shapes)
            for (int64_t n : {512, 2048})
                for (bool back : {false, true}) {
                    const int64_t n_in = shape[0], n_out = shape[1];
                    all.push_back(make_case(std::string(back ? "W^T dy " : "W x    ") + ggml_type_name(type) + " " + std::to_string(n_in) + "x" +
                                                std::to_string(n_out) + ", " + std::to_string(n) + " tokens",
                                            2.0 * n_in * n_out * n, [=](ggml_context * ctx) {
                        ggml_tensor * w = random_matrix(ctx, type, n_in, n_out);
                        return back ? frozen_linear_back(ctx, w, random_matrix(ctx, GGML_TYPE_F32, n_out, n))
                                    : frozen_linear(ctx, w, random_matrix(ctx, GGML_TYPE_F32, n_in, n));
                    }));
                }
    for (int64_t n : {16, 48}) // the output head on the columns that carry loss
        all.push_back(make_case("W x    q8_0 576x49152, " + std::to_string(n) + " tokens", 2.0 * 576 * 49152 * n, [=](ggml_context * ctx) {
            return frozen_linear(ctx, random_matrix(ctx, GGML_TYPE_Q8_0, 576, 49152), random_matrix(ctx, GGML_TYPE_F32, 576, n));
        }));
    const int64_t n = 2048;
    all.push_back(make_case("LoRA A x, 576 -> 8", 2.0 * 576 * 8 * n, [=](ggml_context * ctx) {
        return low_rank_down(ctx, random_matrix(ctx, GGML_TYPE_F32, 576, 8), random_matrix(ctx, GGML_TYPE_F32, 576, n));
    }));
    all.push_back(make_case("LoRA y + B h, 8 -> 576", 2.0 * 576 * 8 * n, [=](ggml_context * ctx) {
        return low_rank_up(ctx, random_matrix(ctx, GGML_TYPE_F32, 576, n), random_matrix(ctx, GGML_TYPE_F32, 8, 576), random_matrix(ctx, GGML_TYPE_F32, 8, n), 2);
    }));
    all.push_back(make_case("LoRA gradient 576x8", 2.0 * 576 * 8 * n, [=](ggml_context * ctx) {
        return low_rank_gradient(ctx, random_matrix(ctx, GGML_TYPE_F32, 576, n), random_matrix(ctx, GGML_TYPE_F32, 8, n), 2);
    }));
    all.push_back(make_case("LoRA gradient 8x576", 2.0 * 576 * 8 * n, [=](ggml_context * ctx) {
        return low_rank_gradient(ctx, random_matrix(ctx, GGML_TYPE_F32, 8, n), random_matrix(ctx, GGML_TYPE_F32, 576, n), 2);
    }));
    const int64_t columns = typical_plan().segments.back().end;
    double seen = 0; // pairs of a query and a key it sees
    for (int row = 0; row < 16; row++) seen += 150 * 70 + 150 * 151 / 2.0;
    seen += 70 * 71 / 2.0;
    for (bool back : {false, true})
        all.push_back(make_case(std::string("attention ") + (back ? "back" : "forward") + ", 16 rows of 70 + 150, 9/3 heads of 64",
                                (back ? 5 : 2) * 2.0 * 64 * 9 * seen, [=](ggml_context * ctx) {
            ggml_tensor * q = random_matrix(ctx, GGML_TYPE_F32, 576, columns), * k = random_matrix(ctx, GGML_TYPE_F32, 192, columns);
            ggml_tensor * v = random_matrix(ctx, GGML_TYPE_F32, 192, columns);
            return back ? attention_back(ctx, q, k, v, random_matrix(ctx, GGML_TYPE_F32, 576, columns), &typical_plan())
                        : attention(ctx, q, k, v, &typical_plan());
        }));
    for (bool back : {false, true})
        all.push_back(make_case(back ? "swiglu back, 1536 x 2048" : "swiglu, 1536 x 2048", 0, [=](ggml_context * ctx) {
            ggml_tensor * gate = random_matrix(ctx, GGML_TYPE_F32, 1536, n), * up = random_matrix(ctx, GGML_TYPE_F32, 1536, n);
            return back ? gated_back(ctx, gate_kind::swiglu, gate, up, random_matrix(ctx, GGML_TYPE_F32, 1536, n)) : gated(ctx, gate_kind::swiglu, gate, up);
        }));
    return all;
}

int main(int argc, char ** argv) {
    const int threads = argc > 1 ? atoi(argv[1]) : 1, rounds = argc > 2 ? atoi(argv[2]) : 9;
    ggml_backend_load_all_from_path(RECTUNE_LLAMA_LIBRARIES);
    const ggml_backend_t backend = ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
    const ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend));
    ((ggml_backend_set_n_threads_t) ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads"))(backend, threads);
    std::vector<bench_case> all = cases();
    const std::string wanted = argc > 3 ? argv[3] : "";
    all.erase(std::remove_if(all.begin(), all.end(), [&](const bench_case & one) { return one.name.find(wanted) == std::string::npos; }), all.end());
    std::vector<double> peaks;
    for (int round = 0; round <= rounds; round++) // round 0 warms up
        for (bench_case & one : all) {
            const double peak = peak_gflops(threads, 400000, processor_seconds);
            const double seconds = processor_seconds(threads, [&] { ggml_backend_graph_compute(backend, one.graph); });
            if (round == 0) continue;
            peaks.push_back(peak);
            one.seconds.push_back(seconds);
            one.share_of_peak.push_back(one.operations / seconds / 1e9 / peak);
        }
    printf("kernels %s, %d threads, %d rounds, register-only peak %.0f GFLOP/s (median)\n", gemm_kernel_name(), threads, rounds, median(peaks));
    for (const bench_case & one : all) {
        printf("%-60s %8.3f ms", one.name.c_str(), median(one.seconds) * 1e3);
        if (one.operations > 0) printf(" %6.0f GFLOP/s  %3.0f %% of peak", one.operations / median(one.seconds) / 1e9, median(one.share_of_peak) * 100);
        printf("\n");
    }
    ggml_backend_free(backend);
    return 0;
}
