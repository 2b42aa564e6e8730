#include "check.h"
#include "random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

static uint64_t bits_of(double x) { uint64_t bits; memcpy(&bits, &x, sizeof x); return bits; }

int main() {
    return run_tests({
        { "philox gives the published answers", [] { // Random123, tests/kat_vectors
            const uint32_t f = 0xffffffff;
            CHECK((philox({ 0, 0, 0, 0 }, { 0, 0 }) == std::array<uint32_t, 4>{ 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 }));
            CHECK((philox({ f, f, f, f }, { f, f }) == std::array<uint32_t, 4>{ 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd }));
            CHECK((philox({ 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 }) ==
                   std::array<uint32_t, 4>{ 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 }));
        } },
        { "a stream is the same wherever and whenever it is read", [] { // these bytes may never change: checkpoints rest on them
            random_stream numbers(42, "lora init", 7), normals(42, "lora init", 7);
            CHECK(numbers.uint64() == 0x2cb2afd522ffb2c4ull);
            CHECK(numbers.uint64() == 0x642f539c1848c44eull);
            CHECK(bits_of(normals.normal()) == 0xbff2a11badfdf3aaull);
            CHECK(bits_of(normals.normal()) == 0xbfdca22479881f1full);
            CHECK((permutation(10, 42, 3) == std::vector<int64_t>{ 5, 4, 2, 7, 1, 6, 8, 0, 9, 3 }));
        } },
        { "another seed, purpose or index is another stream", [] {
            std::set<uint64_t> first;
            for (uint64_t seed = 0; seed < 20; seed++)
                for (const char * purpose : { "", "a", "b", "ab", "ba", "lora init", "row order" })
                    for (uint64_t index = 0; index < 20; index++) first.insert(random_stream(seed, purpose, index).uint64());
            CHECK(first.size() == 20 * 7 * 20);
        } },
        { "a uniform number lies in [0, 1), with the mean and variance it should have", [] {
            random_stream stream(1, "test");
            double sum = 0, squares = 0;
            const int n = 200000;
            for (int i = 0; i < n; i++) {
                const double x = stream.uniform();
                CHECK(x >= 0 && x < 1);
                sum += x;
                squares += x * x;
            }
            CHECK_NEAR(sum / n, 0.5, 0.003);
            CHECK_NEAR(squares / n - sum / n * sum / n, 1.0 / 12, 0.001);
        } },
        { "a normal number falls below x as often as the error function says", [] {
            random_stream stream(2, "test");
            const int n = 200000;
            std::vector<double> x(n);
            for (double & value : x) value = stream.normal();
            for (const double at : { -3.0, -2.0, -1.0, -0.3, 0.0, 0.5, 1.5, 2.5 }) {
                const auto below = std::count_if(x.begin(), x.end(), [&](double value) { return value < at; });
                CHECK_NEAR(double(below) / n, 0.5 * std::erfc(-at / std::sqrt(2.0)), 0.004);
            }
        } },
        { "a number below n is every one of them equally often", [] {
            random_stream stream(3, "test");
            for (const uint64_t n : { 1, 2, 3, 7, 10 }) {
                std::vector<int> count(n);
                for (int i = 0; i < 20000; i++) count.at(stream.below(n))++;
                for (const int c : count) CHECK_NEAR(c / 20000.0, 1.0 / double(n), 0.015);
            }
            const uint64_t large = 0xC000000000000000ull; // without rejection the lower third would come twice as often
            int low = 0;
            for (int i = 0; i < 20000; i++) low += stream.below(large) < large / 3;
            CHECK_NEAR(low / 20000.0, 1.0 / 3, 0.015);
        } },
        { "a permutation holds each number once", [] {
            for (int64_t n = 0; n < 60; n++) {
                std::vector<int64_t> order = permutation(n, 5, uint64_t(n)), sorted = order;
                std::sort(sorted.begin(), sorted.end());
                for (int64_t i = 0; i < n; i++) CHECK(sorted[size_t(i)] == i);
                CHECK(int64_t(order.size()) == n);
            }
        } },
        { "every order of four comes equally often", [] {
            std::map<std::vector<int64_t>, int> count;
            for (uint64_t epoch = 0; epoch < 24000; epoch++) count[permutation(4, 9, epoch)]++;
            CHECK(count.size() == 24);
            for (const auto & order : count) CHECK_NEAR(order.second, 1000, 150);
        } },
    });
}
