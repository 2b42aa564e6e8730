// How an adapter is made, wherever it sits.
#pragma once
#include <cstdint>

// What alpha is divided by: the rank, or its square root (rsLoRA: Kalajdzievski 2023, arXiv:2312.03732), with which the
// size of an update does not fall as the rank grows.
enum class lora_scaling { by_rank, by_root_of_rank };

// Where A and B begin (low_rank_init.h).
enum class lora_init { random, principal };

struct adapter_settings {
    int32_t rank;
    double alpha;
    lora_scaling scaling;
    lora_init init;
    bool magnitudes; // DoRA (magnitude.h)
    uint64_t seed;
};

// y = W x + scale * B (A x)
double scale_of(const adapter_settings & settings);
