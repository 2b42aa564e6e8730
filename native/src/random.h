// The trainer's one source of chance. Every stream is a pure function of (seed, purpose, index), so a resumed run
// needs no saved state, and two purposes never share numbers. The same bytes on every platform: no std::
// distributions, and real numbers only from operations that IEEE 754 rounds exactly (+ - * / sqrt fma).
//
// Source: Philox4x32-10 of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

// One block of Philox4x32-10: 128 bits of counter and 64 bits of key in, 128 random bits out.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class random_stream {
public:
    // seed     the run's seed
    // purpose  what the numbers are for, e.g. "lora init"; another purpose is another stream
    // index    which stream of that purpose: an epoch, a step, a tensor
    random_stream(uint64_t seed, std::string_view purpose, uint64_t index = 0);

    uint64_t uint64();             // all 2^64 values alike
    uint64_t below(uint64_t n);    // [0, n), unbiased; n >= 1
    double   uniform();            // [0, 1), a multiple of 2^-53
    double   normal();             // mean 0, variance 1

private:
    std::array<uint32_t, 2> key;
    uint64_t index;
    uint64_t position = 0; // numbers drawn so far
};

// The numbers 0 .. n-1 in the order of one epoch. Fisher-Yates, unbiased.
std::vector<int64_t> permutation(int64_t n, uint64_t seed, uint64_t epoch);
