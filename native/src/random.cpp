#include "random.h"

#include <cmath>
#include <utility>

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; round++) {
        const uint64_t even = 0xD2511F53ull * counter[0];
        const uint64_t odd  = 0xCD9E8D57ull * counter[2];
        counter = { uint32_t(odd >> 32) ^ counter[1] ^ key[0], uint32_t(odd),
                    uint32_t(even >> 32) ^ counter[3] ^ key[1], uint32_t(even) };
        key[0] += 0x9E3779B9u; // golden ratio
        key[1] += 0xBB67AE85u; // sqrt(3) - 1
    }
    return counter;
}

// A bijection that spreads every bit over the word (the finaliser of SplitMix64, Steele et al. 2014).
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// FNV-1a, 64 bits.
static uint64_t hash(std::string_view text) {
    uint64_t h = 0xCBF29CE484222325ull;
    for (const char c : text) h = (h ^ uint8_t(c)) * 0x100000001B3ull;
    return h;
}

// ln x for a normal x > 0, to about 1 unit in the last place. std::log differs between C libraries; this cannot:
// every multiply-add is an explicit fma, so no compiler may round it in another way.
static double exact_log(double x) {
    int exponent;
    double m = std::frexp(x, &exponent); // [0.5, 1)
    if (m < 0.70710678118654752) { m *= 2; exponent--; }
    const double t = (m - 1) / (m + 1), t2 = t * t; // ln m = 2 (t + t^3/3 + t^5/5 + ...), |t| < 0.172
    double series = 0;
    for (int k = 25; k >= 1; k -= 2) series = std::fma(series, t2, 1.0 / k);
    return std::fma(double(exponent), 0.69314718055994531, 2 * t * series);
}

random_stream::random_stream(uint64_t seed, std::string_view purpose, uint64_t index) : index(index) {
    const uint64_t k = mix(seed + mix(hash(purpose)));
    key = { uint32_t(k), uint32_t(k >> 32) };
}

uint64_t random_stream::uint64() {
    const auto bits = philox({ uint32_t(position), uint32_t(position >> 32), uint32_t(index), uint32_t(index >> 32) }, key);
    position++;
    return uint64_t(bits[1]) << 32 | bits[0];
}

uint64_t random_stream::below(uint64_t n) {
    const uint64_t uneven = (0 - n) % n; // 2^64 mod n: that many values would be one too many
    uint64_t x;
    do x = uint64(); while (x < uneven);
    return x % n;
}

double random_stream::uniform() {
    return double(uint64() >> 11) * 0x1p-53;
}

// Marsaglia's polar method (1964): a point in the unit disc gives its angle for free. The second number is not kept.
double random_stream::normal() {
    for (;;) {
        const double u = std::fma(2.0, uniform(), -1.0), v = std::fma(2.0, uniform(), -1.0);
        const double s = std::fma(u, u, v * v);
        if (s > 0 && s < 1) return u * std::sqrt(-2 * exact_log(s) / s);
    }
}

std::vector<int64_t> permutation(int64_t n, uint64_t seed, uint64_t epoch) {
    random_stream stream(seed, "row order", epoch);
    std::vector<int64_t> order(n);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) std::swap(order[i], order[stream.below(uint64_t(i) + 1)]);
    return order;
}
