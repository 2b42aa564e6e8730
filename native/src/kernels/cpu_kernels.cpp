#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <atomic>
#include <chrono>

extern const cpu_kernels baseline_kernels;
#ifdef RECTUNE_X86_KERNELS
extern const cpu_kernels avx2_kernels;
extern const cpu_kernels avx512_kernels;
#endif

const std::vector<const cpu_kernels *> & supported_cpu_kernels() {
    static const std::vector<const cpu_kernels *> supported = [] {
        std::vector<const cpu_kernels *> tables;
#ifdef RECTUNE_X86_KERNELS
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
        if (avx2 && __builtin_cpu_supports("avx512f")) tables.push_back(&avx512_kernels);
        if (avx2) tables.push_back(&avx2_kernels);
#endif
        tables.push_back(&baseline_kernels);
        return tables;
    }();
    return supported;
}

// Operations a second of the tile on packed panels that fit the first-level cache, over about a millisecond.
static double measure_tile(const cpu_kernels & kernels) {
    const int64_t k = 128;
    std::vector<float> a(kernels.tile_rows * k, 0.5f), b(kernels.tile_columns * k, 0.25f), c(kernels.tile_rows * kernels.tile_columns);
    using clock = std::chrono::steady_clock;
    const clock::time_point start = clock::now();
    int64_t tiles = 0;
    double seconds = 0;
    while (seconds < 0.001) {
        for (int repeat = 0; repeat < 16; repeat++)
            kernels.tile(k, a.data(), b.data(), c.data(), kernels.tile_columns, false, kernels.tile_rows, kernels.tile_columns);
        tiles += 16;
        seconds = std::chrono::duration<double>(clock::now() - start).count();
    }
    return 2.0 * tiles * k * kernels.tile_rows * kernels.tile_columns / seconds;
}

static const cpu_kernels * choose() {
    const std::vector<const cpu_kernels *> & tables = supported_cpu_kernels();
    std::vector<double> best(tables.size(), 0);
    for (int round = 0; round < 4; round++) // interleaved, so that a neighbour's burst meets all alike
        for (size_t i = 0; i < tables.size(); i++) best[i] = std::max(best[i], measure_tile(*tables[i]));
    size_t chosen = 0;
    for (size_t i = 1; i < tables.size(); i++)
        if (best[i] > 1.25 * best[chosen]) chosen = i;
    return tables[chosen];
}

static std::atomic<const cpu_kernels *> in_use{nullptr};

const cpu_kernels & current_cpu_kernels() {
    const cpu_kernels * kernels = in_use.load(std::memory_order_acquire);
    if (kernels) return *kernels;
    static const cpu_kernels * const chosen = choose(); // one thread measures, the others wait
    in_use.compare_exchange_strong(kernels, chosen, std::memory_order_acq_rel);
    return *in_use.load(std::memory_order_acquire);
}

void use_cpu_kernels(const cpu_kernels & kernels) { in_use.store(&kernels, std::memory_order_release); }
