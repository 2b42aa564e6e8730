// The gradients of an adapter in the memory of a device: added up there over the parts of a step, and read once, in one piece. Reading each
// gradient of each part would stop the device hundreds of times a step.
#pragma once
#include "lora.h"
#include <vector>

class gradient_sums {
  public:
    // lora  the adapter on the device; device and lora must outlive it
    // throws user_error(exit_memory)
    gradient_sums(backend & device, const adapter & lora);
    ~gradient_sums();
    gradient_sums(const gradient_sums &) = delete;
    gradient_sums & operator=(const gradient_sums &) = delete;

    // Before the first part of a step.
    void clear();

    // A node that adds values, as many as the trained tensor has, to its sum.
    ggml_tensor * emit(ggml_context * ctx, const ggml_tensor * trained, ggml_tensor * values) const;

    // After the last part: adds the sums to gradients of the adapter; nothing where a component stands still.
    void add_to(lora_values & gradients) const;

  private:
    const adapter & lora_;
    ggml_context * ctx_;
    ggml_backend_buffer_t buffer_;
    ggml_tensor * all_;          // one trained tensor after another
    std::vector<size_t> begins_; // of each, in floats
};
