#include "gradient_sums.h"

static const size_t ALIGNMENT = 64; // floats: what any device asks of the beginning of a tensor

gradient_sums::gradient_sums(backend & device, const adapter & lora) : lora_(lora) {
    size_t end = 0;
    for (const trained_tensor & one : lora.trained()) {
        begins_.push_back(end);
        end += GGML_PAD(static_cast<size_t>(ggml_nelements(one.tensor)), ALIGNMENT);
    }
    ggml_init_params params{};
    params.mem_size = 2 * ggml_tensor_overhead();
    params.no_alloc = true;
    ctx_ = ggml_init(params);
    all_ = ggml_new_tensor_1d(ctx_, GGML_TYPE_F32, static_cast<int64_t>(end));
    try {
        buffer_ = device.allocate_apart(ctx_, "the gradients of the adapter", "use a smaller --rank or fewer --targets");
    } catch (...) {
        ggml_free(ctx_);
        throw;
    }
}

gradient_sums::~gradient_sums() {
    ggml_backend_buffer_free(buffer_);
    ggml_free(ctx_);
}

void gradient_sums::clear() { ggml_backend_tensor_memset(all_, 0, 0, ggml_nbytes(all_)); }

ggml_tensor * gradient_sums::emit(ggml_context * ctx, const ggml_tensor * trained, ggml_tensor * values) const {
    const int64_t n = ggml_nelements(trained);
    ggml_tensor * sum = ggml_view_1d(ctx, all_, n, begins_[lora_.index_of(trained)] * sizeof(float));
    return ggml_add_inplace(ctx, sum, ggml_reshape_1d(ctx, values, n));
}

void gradient_sums::add_to(lora_values & gradients) const {
    const std::vector<float> values = floats_of(all_);
    for (size_t t = 0; t < gradients.size(); t++) {
        for (size_t i = 0; i < gradients[t].size(); i++) {
            if (lora_.trained()[t].is_trained(i)) gradients[t][i] += values[begins_[t] + i];
        }
    }
}
