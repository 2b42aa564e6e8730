// The machine's peak: multiply-adds on registers only, as the kernels in use do them.
#pragma once
#include "kernels/cpu_kernels.h"
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <thread>
#include <vector>

// Processor time of the whole process, divided by the threads: programs that share the cores count little.
inline double processor_seconds(int threads, const std::function<void()> & work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / threads;
}

// What the clock on the wall says: what others take is missing, as it is in a training step.
inline double wall_seconds(int, const std::function<void()> & work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// GFLOP/s of all threads together. rounds: of the loop on each thread; 400,000 take about 10 ms
inline double peak_gflops(int threads, int64_t rounds, double (*seconds_of)(int, const std::function<void()> &)) {
    std::vector<int64_t> operations(static_cast<size_t>(threads));
    const double seconds = seconds_of(threads, [&] {
        std::vector<std::thread> others;
        for (int i = 1; i < threads; i++) others.emplace_back([&, i] { operations[static_cast<size_t>(i)] = current_cpu_kernels().spin(rounds); });
        operations[0] = current_cpu_kernels().spin(rounds);
        for (std::thread & other : others) other.join();
    });
    double sum = 0;
    for (const int64_t count : operations) sum += static_cast<double>(count);
    return sum / seconds / 1e9;
}
