#include "model_copy.h"
#include "gguf_writer.h"
#include "merge.h"
#include <algorithm>
#include <cstring>
#include <llama.h>
#include <numeric>

namespace {

struct copied { const ggml_tensor * from; std::string name; };

// Which tensors, under which new names.
std::vector<copied> copied_tensors(const gguf_file & file, const std::vector<int32_t> & blocks) {
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
    return tensors;
}

ggml_type stored_type(const ggml_tensor * tensor, ggml_type type) {
    if (ggml_n_dims(tensor) < 2) return GGML_TYPE_F32; // llama.cpp keeps norms and biases so
    return tensor->ne[0] % ggml_blck_size(type) == 0 ? type : GGML_TYPE_F16;
}

// What llama.cpp calls a file of this type; it is for people, nothing is read by it.
uint32_t file_type(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F16: return LLAMA_FTYPE_MOSTLY_F16;
        case GGML_TYPE_BF16: return LLAMA_FTYPE_MOSTLY_BF16;
        case GGML_TYPE_Q8_0: return LLAMA_FTYPE_MOSTLY_Q8_0;
        default: return LLAMA_FTYPE_ALL_F32;
    }
}

std::vector<char> converted(const std::vector<float> & values, const ggml_tensor * into) {
    std::vector<char> bytes(ggml_nbytes(into));
    ggml_quantize_chunk(into->type, values.data(), bytes.data(), 0, ggml_nrows(into), into->ne[0], nullptr);
    return bytes;
}

} // namespace

std::vector<int32_t> all_blocks(const base_model & model) {
    std::vector<int32_t> blocks(model.blocks.size());
    std::iota(blocks.begin(), blocks.end(), 0);
    return blocks;
}

std::vector<const ggml_tensor *> tensors_of_copy(const gguf_file & file, const std::vector<int32_t> & blocks) {
    std::vector<const ggml_tensor *> tensors;
    for (const copied & entry : copied_tensors(file, blocks)) tensors.push_back(entry.from);
    return tensors;
}

copy_size size_of_copy(const gguf_file & file, const std::vector<int32_t> & blocks, ggml_type type) {
    copy_size size{0, 0};
    for (const copied & entry : copied_tensors(file, blocks)) {
        const uint64_t bytes = ggml_row_size(stored_type(entry.from, type), entry.from->ne[0]) * static_cast<uint64_t>(ggml_nrows(entry.from));
        size.all += bytes;
        size.largest = std::max(size.largest, bytes);
    }
    return size;
}

void write_copy(const gguf_file & file, const base_model & model, const std::vector<int32_t> & blocks, const adapter * lora, ggml_type type, const std::string & path,
                const std::function<void(size_t done, size_t tensors)> & on_tensor) {
    const std::vector<copied> tensors = copied_tensors(file, blocks);
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * tensors.size();
    params.no_alloc = true;
    const ggml_context_ptr ctx(ggml_init(params));
    std::vector<const ggml_tensor *> made;
    for (const copied & entry : tensors) {
        ggml_tensor * tensor = ggml_new_tensor(ctx.get(), stored_type(entry.from, type), ggml_n_dims(entry.from), entry.from->ne);
        ggml_set_name(tensor, entry.name.c_str());
        made.push_back(tensor);
    }

    const gguf_context_ptr keys(gguf_init_empty());
    gguf_set_kv(keys.get(), file.keys());
    gguf_remove_key(keys.get(), "general.alignment"); // the copy is laid out with the default one
    gguf_set_val_u32(keys.get(), (model.shape.architecture + ".block_count").c_str(), static_cast<uint32_t>(blocks.size()));
    gguf_set_val_u32(keys.get(), "general.file_type", file_type(type));
    sealed_file out(path);
    write_gguf(out, keys.get(), made, [&](size_t i) {
        on_tensor(i, tensors.size());
        std::vector<float> values = as_floats(tensors[i].from);
        if (lora) {
            for (const lora_pair & pair : lora->pairs()) {
                if (pair.tensor_name() == tensors[i].from->name) merge_pair(values.data(), made[i]->ne[0], made[i]->ne[1], pair, lora->scale());
            }
        }
        return converted(values, made[i]);
    });
    out.seal();
}
