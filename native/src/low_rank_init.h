// Where an adapter begins. In both ways its output is zero at first.
#pragma once
#include "lora.h"

// A uniform in +-1/sqrt(n_in) (PEFT's Kaiming init with a = sqrt(5)), B zero. On the token embedding the other way round, as PEFT
// has it: A zero, B normal. So a token that training never meets keeps its embedding.
//
// index  which pair it is: each has numbers of its own
void random_init(const lora_pair & pair, uint64_t seed, uint64_t index);

// PiSSA, Meng et al. 2024, arXiv:2404.02948: A and B from the largest singular triplets of W = U S V^T,
//   A0 = sqrt(S / scale) V^T, B0 = U sqrt(S / scale),
// trained on the residual W - scale * B0 A0. W itself stays as it is: the pair has twice the rank, [A; A0] and [B, -B0], of which the
// second half stands still. So it is a plain adapter for the original W at any time.
// (The paper drops nothing out. Here dropout reaches both halves, so that it changes nothing at first either.)
//
// throws user_error(exit_usage) when half of the pair's rank is more than W has
void principal_init(backend & cpu, ggml_tensor & weight, const lora_pair & pair, double scale, uint64_t seed, uint64_t index);
