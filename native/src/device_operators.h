// The operators of a pass as plain ggml ops, which any ggml device computes (CUDA, Vulkan, and the CPU as a second truth).
#pragma once
#include "operators.h"
#include <map>
#include <memory>

// From a frozen weight to its stored transpose; a weight that is not in it is transposed in the graph.
using transposed_weights = std::map<const ggml_tensor *, ggml_tensor *>;

// For one graph. transposes must outlive it.
// has_outer_products  x y^T is one operation there, and a fast one (CUDA); else both are transposed for a product
std::unique_ptr<operators> make_device_operators(const transposed_weights & transposes, bool has_outer_products);
