// The smallest test harness that names what failed: sentences in, one line each out, an exit code at the end.
#pragma once
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

struct check_failed : std::runtime_error { using std::runtime_error::runtime_error; };
struct test_skipped : std::runtime_error { using std::runtime_error::runtime_error; };

#define CHECK(condition) \
    do { if (!(condition)) throw check_failed(std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " #condition); } while (0)

#define CHECK_NEAR(actual, expected, tolerance) \
    do { const double a_ = (actual), e_ = (expected), t_ = (tolerance); \
         if (!(a_ - e_ <= t_ && e_ - a_ <= t_)) throw check_failed(std::string(__FILE__) + ":" + std::to_string(__LINE__) + \
             ": " #actual " is " + std::to_string(a_) + ", expected " + std::to_string(e_) + " within " + std::to_string(t_)); } while (0)

const int NOTHING_RAN = 77; // ctest calls that skipped

struct test_case { std::string sentence; std::function<void()> body; };

// Runs every case, prints "ok - sentence", "not ok - sentence" or "skip - sentence", and returns the exit code.
inline int run_tests(const std::vector<test_case> & cases) {
    int passed = 0, failed = 0, skipped = 0;
    for (const test_case & test : cases) {
        try {
            test.body();
            printf("ok - %s\n", test.sentence.c_str());
            passed++;
        } catch (const test_skipped & skip) {
            printf("skip - %s: %s\n", test.sentence.c_str(), skip.what());
            skipped++;
        } catch (const std::exception & error) {
            printf("not ok - %s\n  %s\n", test.sentence.c_str(), error.what());
            failed++;
        }
        fflush(stdout);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    if (failed > 0 || passed + skipped == 0) return 1;
    return passed > 0 ? 0 : NOTHING_RAN;
}
