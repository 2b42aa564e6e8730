// The devices of ggml beside the CPU: plug-ins in a folder, loaded on request.
#pragma once
#include "ggml-backend.h"
#include <string>
#include <vector>

enum class device_kind { cpu, cuda, vulkan };

const char * device_name(device_kind kind); // "cpu", "cuda", "vulkan"

struct device_info {
    device_kind kind;
    std::string name;   // of the hardware, as its driver says it
    size_t total_bytes; // of its memory
    size_t free_bytes;
    ggml_backend_dev_t handle;
    bool is_software;   // a Vulkan driver that computes on the CPU: right, for tests, but slower than our own kernels
};

// The CPU; loads nothing.
device_info cpu_device();

// The devices that can be used now, the CPU first. Loads the plug-ins libggml-cuda and libggml-vulkan from the folder named by
// RECTUNE_DEVICE_LIBRARIES, and from that of the CPU libraries, at the first call.
const std::vector<device_info> & known_devices();

// The device for what a user asked: "cpu", "cuda", "vulkan", or "auto": CUDA, else a Vulkan device that is hardware, else the CPU.
// throws user_error(exit_memory) when a device that was asked for by name is not there, user_error(exit_usage) for another name
device_info choose_device(const std::string & asked);
