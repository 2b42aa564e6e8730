#include "measure.h"
#include "backend.h"
#include "events.h"
#include "kernels/attention.h"
#include "kernels/cpu_kernels.h"
#include "kernels/frozen_linear.h"
#include "kernels/gates.h"
#include "random.h"
#include "session.h"
#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace {

const int ROUNDS = 5;
const int64_t TOKENS = 480, WIDTH = 576, WIDE = 1536; // a layer of a 135M model on a few rows
const int64_t SPIN = 200000;

// Four rows of 120 tokens, the first 40 of them shared; nine heads of 64 on three.
const attention_plan & plan() {
    static const attention_plan made = [] {
        attention_plan p = {9, 3, 64, 0.125f, {{-1, 0, 40}}};
        for (int32_t begin = 40; begin < 360; begin += 80) p.segments.push_back({0, begin, begin + 80});
        return p;
    }();
    return made;
}

// Pairs of a query and a key it sees.
double pairs() { return 40 * 41 / 2.0 + 4 * (80 * 40 + 80 * 81 / 2.0); }

double processor_seconds(int32_t threads, const std::function<void()> & work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / threads;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double peak(int32_t threads) {
    std::vector<int64_t> operations(static_cast<size_t>(threads));
    const double seconds = processor_seconds(threads, [&] {
        std::vector<std::thread> others;
        const auto spin = [&](size_t i) { operations[i] = current_cpu_kernels().spin(SPIN); };
        for (size_t i = 1; i < operations.size(); i++) others.emplace_back(spin, i);
        spin(0);
        for (std::thread & other : others) other.join();
    });
    double sum = 0;
    for (const int64_t count : operations) sum += static_cast<double>(count);
    return sum / std::max(seconds, 1e-9);
}

struct subject {
    std::string name;
    double operations, bytes; // of one run; the one that limits it, the other 0
    std::unique_ptr<ggml_context, void (*)(ggml_context *)> ctx;
    ggml_cgraph * graph;
    std::vector<double> seconds, shares;
};

ggml_tensor * matrix(ggml_context * ctx, int64_t ne0, int64_t ne1, ggml_type type = GGML_TYPE_F32) {
    ggml_tensor * made = ggml_new_tensor_2d(ctx, type, ne0, ne1);
    random_stream draw(1, "measure", static_cast<uint64_t>(ne0 * ne1));
    std::vector<float> values(static_cast<size_t>(ne0 * ne1));
    for (float & value : values) value = static_cast<float>(draw.uint64() >> 40) / 16777216.0f - 0.5f;
    if (type == GGML_TYPE_F32) std::copy(values.begin(), values.end(), static_cast<float *>(made->data));
    else ggml_quantize_chunk(type, values.data(), made->data, 0, ne1, ne0, nullptr);
    return made;
}

subject make(const std::string & name, double operations, double bytes, const std::function<ggml_tensor *(ggml_context *)> & build) {
    ggml_init_params params{};
    params.mem_size = static_cast<size_t>(64) << 20;
    subject made = {name, operations, bytes, {ggml_init(params), ggml_free}, nullptr, {}, {}};
    made.graph = ggml_new_graph(made.ctx.get());
    ggml_build_forward_expand(made.graph, build(made.ctx.get()));
    return made;
}

std::vector<subject> subjects() {
    std::vector<subject> all;
    const double product = 2.0 * WIDTH * WIDE * TOKENS, seen = 2.0 * 64 * 9 * pairs(), block = 4.0 * WIDE * TOKENS;
    all.push_back(make("frozen linear", product, 0, [](ggml_context * ctx) {
        return frozen_linear(ctx, matrix(ctx, WIDTH, WIDE, GGML_TYPE_Q8_0), matrix(ctx, WIDTH, TOKENS));
    }));
    all.push_back(make("frozen linear back", product, 0, [](ggml_context * ctx) {
        return frozen_linear_back(ctx, matrix(ctx, WIDTH, WIDE, GGML_TYPE_Q8_0), matrix(ctx, WIDE, TOKENS));
    }));
    all.push_back(make("attention", 2 * seen, 0, [](ggml_context * ctx) {
        return attention(ctx, matrix(ctx, 576, 360), matrix(ctx, 192, 360), matrix(ctx, 192, 360), &plan());
    }));
    all.push_back(make("attention back", 5 * seen, 0, [](ggml_context * ctx) {
        return attention_back(ctx, matrix(ctx, 576, 360), matrix(ctx, 192, 360), matrix(ctx, 192, 360), matrix(ctx, 576, 360), &plan());
    }));
    all.push_back(make("swiglu", 0, 3 * block, [](ggml_context * ctx) { return gated(ctx, gate_kind::swiglu, matrix(ctx, WIDE, TOKENS), matrix(ctx, WIDE, TOKENS)); }));
    all.push_back(make("swiglu back", 0, 5 * block, [](ggml_context * ctx) {
        return gated_back(ctx, gate_kind::swiglu, matrix(ctx, WIDE, TOKENS), matrix(ctx, WIDE, TOKENS), matrix(ctx, WIDE, TOKENS));
    }));
    return all;
}

} // namespace

exit_code measure(const measure_config & config) {
    announce("measure", config.threads);
    backend cpu(config.threads);
    std::vector<subject> all = subjects();
    std::vector<double> peaks;
    for (int round = 0; round <= ROUNDS; round++) // the first warms up
        for (subject & one : all) {
            const double highest = peak(config.threads);
            const double seconds = std::max(processor_seconds(config.threads, [&] { cpu.compute(one.graph); }), 1e-9);
            if (round == 0) continue;
            peaks.push_back(highest);
            one.seconds.push_back(seconds);
            one.shares.push_back(one.operations / seconds / highest);
        }
    emit("kernel", {{"name", "peak"}, {"gflops", median(peaks) / 1e9}, {"share", 1.0}, {"gigabytesPerSecond", nullptr}});
    for (const subject & one : all) {
        const double seconds = median(one.seconds);
        if (one.operations > 0) emit("kernel", {{"name", one.name}, {"gflops", one.operations / seconds / 1e9}, {"share", median(one.shares)}, {"gigabytesPerSecond", nullptr}});
        else emit("kernel", {{"name", one.name}, {"gflops", nullptr}, {"share", nullptr}, {"gigabytesPerSecond", one.bytes / seconds / 1e9}});
    }
    announce_done("measure", std::nullopt);
    return exit_done;
}
