#include "operators.h"
#include "backend.h"
#include "device_operators.h"

std::unique_ptr<operators> backend::make_operators() const {
    if (kernels_) return kernels_->make_operators();
    return info_.kind == device_kind::cpu && !is_plain_ ? make_cpu_operators(panels_) : make_device_operators(transposes_, info_.kind != device_kind::vulkan);
}
