// A base model in the memory of a device, with the transposes that its backward needs.
#pragma once
#include "backend.h"
#include "device_operators.h"
#include "model.h"

class placed_model {
  public:
    // Copies every tensor: matrices as `weight_type` (F32, F16 or BF16), vectors as F32. Transposes are stored of the matrices of the
    // blocks from lowest_block on, through which a gradient runs, and of the output head; of none where the device has kernels of our own
    // for this type, which it uses from then on.
    // throws user_error(exit_memory) when the device's memory does not hold them
    placed_model(backend & device, const base_model & host, ggml_type weight_type, int32_t lowest_block);
    ~placed_model();
    placed_model(const placed_model &) = delete;
    placed_model & operator=(const placed_model &) = delete;

    const base_model & model() const { return model_; }
    const transposed_weights & transposes() const { return transposes_; }

  private:
    base_model model_;
    ggml_context * ctx_;
    transposed_weights transposes_;
};

// A device, and a base model on it.
struct placed_base {
    placed_base(const device_info & info, int32_t n_threads, const base_model & host, ggml_type weight_type, int32_t lowest_block)
        : info(info), weight_type(weight_type), lowest_block(lowest_block), device(info, n_threads), model(device, host, weight_type, lowest_block) {
        device.use_transposes(model.transposes());
    }
    const device_info info;
    const ggml_type weight_type;
    const int32_t lowest_block;
    backend device;
    placed_model model;
};
