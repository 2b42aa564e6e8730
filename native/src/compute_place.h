// Where the passes of a run are computed: on the CPU, or on a device that holds a copy of the model and of the adapter; and in what precision.
#pragma once
#include "gradient_sums.h"
#include "hidden_states.h"
#include "placed_model.h"
#include "precision.h"
#include "session.h"
#include "token_rows.h"
#include <memory>
#include <string>
#include <vector>

// What compute_place would refuse of a device that is not there, or of a type that this processor lacks: before anything long.
// throws user_error(exit_memory)
void check_place(const std::string & device, const asked_precision & precision, const std::vector<const narrow_panels *> & panels);

class compute_place {
  public:
    // device     "auto", "cpu", "cuda" or "vulkan"
    // precision  of products with frozen weights; "auto": f32 or what is faster on this CPU, bf16 on CUDA, fp16 on Vulkan
    // panels     of sixteen bits, that the CPU can compute with
    // lora       stays the one that is optimised and saved; nullptr: the base model alone
    // rows       one or more: on a device, or in sixteen bits, logits and gradients of the first blocks are compared with the CPU's in f32
    //            before any work; the event "device", on the CPU "precision", tells by how much they differ
    // throws     user_error(exit_memory) when the device is not there or too small, or lacks the type that was asked for;
    //            user_error(exit_data) when it computes something else
    compute_place(session & open, const std::string & device, const asked_precision & precision, const std::vector<const narrow_panels *> & panels,
                  const adapter * lora, const std::vector<std::vector<llama_token>> & rows);

    // Bytes of the intermediate tensors of that comparison, on each of the two sides.
    static size_t measure_check(session & open, const adapter & lora, const std::vector<std::vector<llama_token>> & rows);

    backend & compute() const { return placed_ ? placed_->device : narrow_ ? *narrow_ : open_.cpu; }

    // For what is computed once and kept.
    state_source state_source_of_passes() const;

    const base_model & model() const { return placed_ ? placed_->model.model() : open_.model; }
    const adapter * lora() const { return device_lora_ ? device_lora_.get() : lora_; }

    // Of the adapter's copy on a device, made at the first call; nullptr on the CPU.
    gradient_sums * sums();

    // Brings the copy of the adapter up to date, after the adapter was changed.
    void refresh() const;

    // What decides the bits of a result beside the settings: "" for the CPU in f32, "cpu bf16", "vulkan f16".
    std::string fingerprint() const;

    // What was chosen: "f32", "bf16" or "fp16".
    const std::string & precision() const { return precision_; }

  private:
    double difference_from_f32(const std::vector<std::vector<llama_token>> & rows) const; // relative; 1e300 when it is not finite

    session & open_;
    const adapter * lora_;
    device_info info_;
    std::string precision_;
    std::unique_ptr<backend> narrow_;      // the CPU in sixteen bits
    std::shared_ptr<placed_base> placed_; // the session's, on another device
    std::unique_ptr<adapter> device_lora_;
    std::unique_ptr<gradient_sums> sums_;
};
