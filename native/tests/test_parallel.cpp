// Work on several threads: each thing once, and the error of the first, as if they came one after another.
#include "check.h"
#include "parallel.h"
#include "random.h"
#include <atomic>
#include <set>

namespace {

void each_index_is_asked_for_once() {
    for (const int32_t threads : {-1, 0, 1, 2, 7}) {
        for (const size_t n : {0, 1, 2, 100}) {
            std::vector<std::atomic<int>> times(n);
            for_each_index(n, threads, [&](size_t i) { times[i]++; });
            for (const std::atomic<int> & count : times) CHECK(count == 1);
        }
    }
}

void the_lowest_error_comes_through() {
    random_stream chance(5, "faults");
    for (int round = 0; round < 200; round++) {
        const size_t n = 1 + chance.below(60);
        std::set<size_t> faults;
        for (uint64_t i = chance.below(4); i > 0; i--) faults.insert(chance.below(n));
        std::vector<std::atomic<int>> times(n);
        std::string thrown = "none";
        try {
            for_each_index(n, 1 + static_cast<int32_t>(chance.below(5)), [&](size_t i) {
                times[i]++;
                if (faults.count(i)) throw std::runtime_error(std::to_string(i));
            });
        } catch (const std::runtime_error & error) {
            thrown = error.what();
        }
        CHECK(thrown == (faults.empty() ? "none" : std::to_string(*faults.begin())));
        for (size_t i = 0; i < (faults.empty() ? n : *faults.begin()); i++) CHECK(times[i] == 1);
    }
}

} // namespace

int main() {
    return run_tests({
        {"each index is asked for once, on any number of threads", each_index_is_asked_for_once},
        {"of several errors the one of the lowest index is thrown, and all before it were asked for", the_lowest_error_comes_through},
    });
}
