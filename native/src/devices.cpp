#include "devices.h"
#include "backend.h"
#include "error.h"
#include <cstdlib>
#include <filesystem>

const char * device_name(device_kind kind) { return kind == device_kind::cuda ? "cuda" : kind == device_kind::vulkan ? "vulkan" : "cpu"; }

// A plug-in that is not there, or whose driver is not, is no error: the device is then not offered.
static void load_plugin(const std::string & folder, device_kind kind) {
    for (const char * ending : {".so", ".dylib", ".dll"}) {
        const std::string path = folder + "/libggml-" + device_name(kind) + ending;
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) ggml_backend_load(path.c_str());
    }
}

static device_info describe(device_kind kind, ggml_backend_dev_t handle) {
    device_info info{kind, ggml_backend_dev_description(handle), 0, 0, handle, false};
    info.is_software = kind == device_kind::vulkan && (info.name.find("llvmpipe") != std::string::npos || info.name.find("SwiftShader") != std::string::npos);
    ggml_backend_dev_memory(handle, &info.free_bytes, &info.total_bytes);
    return info;
}

device_info cpu_device() { return describe(device_kind::cpu, ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)); }

static std::vector<device_info> find_devices() {
    std::vector<device_info> found = {cpu_device()};
    const char * folder = std::getenv("RECTUNE_DEVICE_LIBRARIES");
    for (const device_kind kind : {device_kind::cuda, device_kind::vulkan}) {
        const char * registered = kind == device_kind::cuda ? "CUDA" : "Vulkan"; // as ggml calls the plug-in
        if (!ggml_backend_reg_by_name(registered) && folder && *folder) load_plugin(folder, kind);
        const ggml_backend_reg_t plugin = ggml_backend_reg_by_name(registered);
        for (size_t i = 0; plugin && i < ggml_backend_reg_dev_count(plugin); i++) found.push_back(describe(kind, ggml_backend_reg_dev_get(plugin, i)));
    }
    return found;
}

const std::vector<device_info> & known_devices() {
    static const std::vector<device_info> devices = find_devices();
    return devices;
}

device_info choose_device(const std::string & asked) {
    if (asked == "cpu") return cpu_device();
    const std::vector<device_info> & devices = known_devices();
    if (asked == "auto") {
        for (const device_info & device : devices) {
            if (device.kind == device_kind::cuda) return device;
        }
        for (const device_info & device : devices) {
            if (device.kind == device_kind::vulkan && !device.is_software) return device;
        }
        return devices.front();
    }
    std::string list;
    for (const device_info & device : devices) {
        if (asked == device_name(device.kind)) return device;
        list += (list.empty() ? "" : ", ") + std::string(device_name(device.kind)) + " (" + device.name + ")";
    }
    if (asked != "cuda" && asked != "vulkan") throw user_error(exit_usage, "no device is called \"" + asked + "\"", "device", "use auto, cpu, cuda or vulkan");
    throw user_error(exit_memory, "there is no " + asked + " device: found " + list, "device",
        "use --device auto, or install the driver and the plug-in (rectune build-native --device " + asked + ")");
}
