#include "model_copy.h"
#include "error.h"
#include "gguf_writer.h"
#include <cstring>

// W [n_in, n_out] += scale * B A
static void merge(float * weight, int64_t n_in, int64_t n_out, const lora_pair & pair, float scale) {
    const std::vector<float> a = as_floats(pair.a), b = as_floats(pair.b);
    const int64_t rank = pair.a->ne[1];
    std::vector<double> delta(static_cast<size_t>(n_in));
    for (int64_t out = 0; out < n_out; out++) {
        std::fill(delta.begin(), delta.end(), 0.0);
        for (int64_t r = 0; r < rank; r++) {
            const double factor = static_cast<double>(scale) * b[static_cast<size_t>(out * rank + r)];
            for (int64_t in = 0; in < n_in; in++) delta[static_cast<size_t>(in)] += factor * a[static_cast<size_t>(r * n_in + in)];
        }
        for (int64_t in = 0; in < n_in; in++) weight[out * n_in + in] += static_cast<float>(delta[static_cast<size_t>(in)]);
    }
}

void write_f32_copy(const gguf_file & file, const base_model & model, const std::vector<int32_t> & blocks, const adapter * lora, const std::string & path) {
    // Which tensors, under which new names.
    struct copied { const ggml_tensor * from; std::string name; };
    std::vector<copied> tensors;
    for (const ggml_tensor * tensor : file.tensors()) {
        if (std::strncmp(tensor->name, "blk.", 4) != 0) tensors.push_back({tensor, tensor->name});
    }
    for (size_t i = 0; i < blocks.size(); i++) {
        const std::string prefix = "blk." + std::to_string(blocks[i]) + ".";
        for (const ggml_tensor * tensor : file.tensors()) {
            if (std::strncmp(tensor->name, prefix.c_str(), prefix.size()) != 0) continue;
            tensors.push_back({tensor, "blk." + std::to_string(i) + "." + (tensor->name + prefix.size())});
        }
    }

    ggml_init_params params{};
    for (const copied & tensor : tensors) params.mem_size += ggml_tensor_overhead() + GGML_PAD(ggml_nelements(tensor.from) * sizeof(float), GGML_MEM_ALIGN);
    const ggml_context_ptr ctx(ggml_init(params));
    if (!ctx) throw user_error(exit_memory, "not enough memory for an F32 copy of " + std::to_string(params.mem_size >> 20) + " MB", path, "free some memory");
    gguf_context_ptr keys(gguf_init_empty());
    gguf_set_kv(keys.get(), file.keys());
    gguf_remove_key(keys.get(), "general.alignment"); // the copy is laid out with the default one
    gguf_set_val_u32(keys.get(), (model.shape.architecture + ".block_count").c_str(), static_cast<uint32_t>(blocks.size()));
    gguf_set_val_u32(keys.get(), "general.file_type", 0); // all F32
    std::vector<const ggml_tensor *> made;
    for (const copied & entry : tensors) {
        ggml_tensor * tensor = ggml_new_tensor(ctx.get(), GGML_TYPE_F32, ggml_n_dims(entry.from), entry.from->ne);
        ggml_set_name(tensor, entry.name.c_str());
        const std::vector<float> values = as_floats(entry.from);
        std::memcpy(tensor->data, values.data(), values.size() * sizeof(float));
        if (lora) {
            for (const lora_pair & pair : lora->pairs()) {
                if (pair.tensor_name() == entry.from->name) merge(static_cast<float *>(tensor->data), tensor->ne[0], tensor->ne[1], pair, lora->scale());
            }
        }
        made.push_back(tensor);
    }
    write_sealed_gguf(path, std::move(keys), made);
}
