// Linked where the program is built without kernels for a device (RECTUNE_CUDA is off).
#include "device_kernels.h"

std::unique_ptr<device_kernels> make_device_kernels(const device_info &, ggml_backend_t) { return nullptr; }
