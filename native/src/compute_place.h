// Where the passes of a run are computed: on the CPU, or on a device that holds a copy of the model and of the adapter.
#pragma once
#include "placed_model.h"
#include "session.h"
#include "token_rows.h"
#include <memory>
#include <string>
#include <vector>

class compute_place {
  public:
    // device  "auto", "cpu", "cuda" or "vulkan"
    // lora    stays the one that is optimised and saved; nullptr: the base model alone
    // rows    one or more: on a device, logits and gradients of the first blocks are compared with the CPU's before any work, and the
    //         event "device" tells by how much they differ
    // throws  user_error(exit_memory) when the device is not there or too small, user_error(exit_data) when it computes something else
    compute_place(session & open, const std::string & device, const adapter * lora, const std::vector<std::vector<llama_token>> & rows);

    backend & compute() const { return device_ ? *device_ : open_.cpu; }
    const base_model & model() const { return placed_ ? placed_->model() : open_.model; }
    const adapter * lora() const { return device_lora_ ? device_lora_.get() : lora_; }

    // Brings the copy of the adapter up to date, after the adapter was changed.
    void refresh() const;

    // What decides the bits of a result beside the settings: "" for the CPU, "vulkan f16".
    std::string fingerprint() const;

  private:
    void compare_with_cpu(const std::vector<std::vector<llama_token>> & rows) const;

    session & open_;
    const adapter * lora_;
    device_info info_;
    ggml_type weight_type_ = GGML_TYPE_F32;
    std::unique_ptr<backend> device_;
    std::unique_ptr<placed_model> placed_; // after its backend: it is freed first
    std::unique_ptr<adapter> device_lora_;
};
