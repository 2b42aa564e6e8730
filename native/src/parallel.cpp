#include "parallel.h"
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

void for_each_index(size_t n, int32_t n_threads, const std::function<void(size_t)> & body) {
    std::atomic<size_t> next{0}, failed{n}; // failed: the lowest index that threw
    std::exception_ptr thrown;
    std::mutex mutex;
    const auto work = [&] {
        for (size_t i = next++; i < failed; i = next++) { // taken in rising order, so that all below a failed one are asked for
            try {
                body(i);
            } catch (...) {
                const std::lock_guard<std::mutex> lock(mutex);
                if (i >= failed) continue;
                failed = i;
                thrown = std::current_exception();
            }
        }
    };
    std::vector<std::thread> others;
    const size_t n_workers = std::min(n, static_cast<size_t>(std::max(n_threads, 1)));
    for (size_t i = 1; i < n_workers; i++) others.emplace_back(work);
    work();
    for (std::thread & other : others) other.join();
    if (thrown) std::rethrow_exception(thrown);
}
