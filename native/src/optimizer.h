// AdamW on the adapter's values, learning-rate schedules, gradient clipping.
#pragma once
#include "network.h"
#include <cstdint>
#include <string>

enum class schedule_kind { constant, linear, cosine };

// Learning rate of a step as a share of the peak, [0, 1]. Warm-up climbs linearly from 0 over the first steps, then:
// constant 1; linear down to 0 at n_steps; cosine half a wave down to 0. The formulas of transformers' get_*_schedule_with_warmup.
// step  from 0
double schedule_factor(schedule_kind kind, int64_t step, int64_t n_steps, int64_t n_warmup);

// L2 norm over all gradients.
double gradient_norm(const lora_values & gradients);

// Scales the gradients so that their norm is at most `limit` (0: no limit), as torch.nn.utils.clip_grad_norm_ does.
void clip_gradients(lora_values & gradients, double norm, double limit);

struct adamw_settings {
    double weight_decay = 0; // decoupled
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    // LoRA+: B learns at this times the rate of A.   Hayou et al. 2024, arXiv:2402.12354
    // Its reason is the width of A's input, so it does not touch the token embedding, whose A sees one token at a time.
    double lora_plus_ratio = 1;
};

// Loshchilov and Hutter 2019, arXiv:1711.05101; the order of operations is torch.optim.AdamW's.
class adamw {
  public:
    adamw(const adapter & lora, adamw_settings settings) : settings_(settings), first_(zeros_like(lora)), second_(zeros_like(lora)) {}

    // One step on the adapter's tensors.
    void step(const adapter & lora, const lora_values & gradients, double learning_rate);

    // The state that a checkpoint keeps.
    int64_t steps_done = 0;
    lora_values & first_moments() { return first_; }
    lora_values & second_moments() { return second_; }

  private:
    double rate_factor(const trained_tensor & trained) const;

    adamw_settings settings_;
    lora_values first_, second_;
};
