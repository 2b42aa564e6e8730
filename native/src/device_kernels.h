// Our own kernels on a device other than the CPU, where this program was built with some (cuda/): operators whose nodes are custom ops of
// ggml, and a way to compute graphs that hold such nodes between ggml's own.
#pragma once
#include "devices.h"
#include "operators.h"
#include <memory>

class device_kernels {
  public:
    virtual ~device_kernels() = default;

    // For one graph, over frozen weights in bf16. No transposes are needed.
    virtual std::unique_ptr<operators> make_operators() = 0;

    // Computes a graph of such operators, in its order, and returns when it is computed.
    // throws user_error(exit_memory) when the device gives up
    virtual void compute(ggml_cgraph * graph) = 0;
};

// nullptr: this program has no kernels for this device. handle: the device's backend, which must outlive the kernels.
std::unique_ptr<device_kernels> make_device_kernels(const device_info & device, ggml_backend_t handle);
