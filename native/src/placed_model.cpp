#include "placed_model.h"
#include "gguf_file.h"
#include <functional>
#include <set>

namespace {

std::vector<char> encoded(const std::vector<float> & values, ggml_type type) {
    std::vector<char> bytes(values.size() * ggml_type_size(type));
    const int64_t n = static_cast<int64_t>(values.size());
    if (type == GGML_TYPE_F32) std::copy_n(reinterpret_cast<const char *>(values.data()), bytes.size(), bytes.data());
    else if (type == GGML_TYPE_F16) ggml_fp32_to_fp16_row(values.data(), reinterpret_cast<ggml_fp16_t *>(bytes.data()), n);
    else ggml_fp32_to_bf16_row(values.data(), reinterpret_cast<ggml_bf16_t *>(bytes.data()), n);
    return bytes;
}

void send(ggml_tensor * to, const std::vector<float> & values) {
    const std::vector<char> bytes = encoded(values, to->type);
    ggml_backend_tensor_set(to, bytes.data(), 0, bytes.size());
}

std::vector<float> transpose(const std::vector<float> & values, int64_t n_in, int64_t n_out) {
    std::vector<float> turned(values.size());
    for (int64_t o = 0; o < n_out; o++)
        for (int64_t i = 0; i < n_in; i++) turned[static_cast<size_t>(i * n_out + o)] = values[static_cast<size_t>(o * n_in + i)];
    return turned;
}

// The weights that linear_back is asked for.
std::set<const ggml_tensor *> weights_with_gradient(const base_model & model, int32_t lowest_block) {
    std::set<const ggml_tensor *> wanted = {model.output.weight};
    for (int32_t block = lowest_block; block < model.shape.n_block; block++) {
        for (const std::string & target : target_names()) {
            const linear * layer = find_layer(model, block, target);
            if (layer && layer->weight) wanted.insert(layer->weight);
        }
    }
    return wanted;
}

} // namespace

placed_model::placed_model(backend & device, const base_model & host, ggml_type weight_type, int32_t lowest_block) : model_(host) {
    const bool wants_transposes = weight_type != GGML_TYPE_BF16 || !device.use_own_kernels();
    const std::set<const ggml_tensor *> turned = wants_transposes ? weights_with_gradient(host, lowest_block) : std::set<const ggml_tensor *>();
    const std::vector<ggml_tensor **> slots = tensor_slots(model_);
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * (2 * slots.size() + 8);
    params.no_alloc = true;
    ctx_ = ggml_init(params);

    std::map<const ggml_tensor *, ggml_tensor *> copies; // a tied head is the embedding: one copy
    std::map<const ggml_tensor *, ggml_tensor *> turned_copies;
    for (ggml_tensor ** slot : slots) {
        const ggml_tensor * from = *slot;
        if (!copies.count(from)) {
            const bool is_matrix = ggml_n_dims(from) > 1;
            copies[from] = ggml_new_tensor_2d(ctx_, is_matrix ? weight_type : GGML_TYPE_F32, from->ne[0], from->ne[1]);
            if (turned.count(from)) turned_copies[from] = ggml_new_tensor_2d(ctx_, weight_type, from->ne[1], from->ne[0]);
        }
        *slot = copies[from];
    }
    device.allocate(ctx_, "the model", "use a smaller model, or --device cpu");
    for (const auto & [from, to] : copies) {
        const std::vector<float> values = as_floats(from);
        send(to, values);
        const auto turned_to = turned_copies.find(from);
        if (turned_to == turned_copies.end()) continue;
        send(turned_to->second, transpose(values, from->ne[0], from->ne[1]));
        transposes_[to] = turned_to->second;
    }
}

placed_model::~placed_model() { ggml_free(ctx_); }
