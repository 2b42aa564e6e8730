// The machine's peak as a benchmark asks for it between two steps: multiply-adds on registers only, all threads, by the clock on the wall.
//   bench-peak [threads = 2] [measurements = 20]
// Prints {"kernel", "threads", "gflops", "best"}: the median and the best of short measurements.
#include "events.h"
#include "kernels/gemm.h"
#include "peak.h"
#include <algorithm>
#include <cstdlib>
#include <iostream>

int main(int argc, char ** argv) {
    const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2, measurements = argc > 2 ? std::max(1, std::atoi(argv[2])) : 20;
    peak_gflops(threads, 400000, wall_seconds); // the kernels are chosen at the first call, and the clock rises
    std::vector<double> gflops;
    for (int i = 0; i < measurements; i++) gflops.push_back(peak_gflops(threads, 2000000, wall_seconds));
    std::sort(gflops.begin(), gflops.end());
    std::cout << json{{"kernel", gemm_kernel_name()}, {"threads", threads}, {"gflops", gflops[gflops.size() / 2]}, {"best", gflops.back()}} << std::endl;
    return 0;
}
