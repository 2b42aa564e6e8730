// The operators of a pass as our own kernels on an NVIDIA GPU. What they do not know is done by plain ggml ops.
#pragma once
#include "operators.h"
#include "products.h"
#include <memory>

namespace cuda {

// Where the kernels of a device are put.
struct place {
    cudaStream_t stream;
    cuda::products * products;
};

// Frozen weights are stored in bf16; products with them have f32 sums. Attention is computed in bf16 with f32 sums, what is trained in f32.
std::unique_ptr<operators> make_operators(const place & on);

// Puts the work of a node of such operators on the stream.
// throws user_error(exit_memory)
void launch(const ggml_tensor & node);

} // namespace cuda
