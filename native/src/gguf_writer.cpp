#include "gguf_writer.h"
#include <algorithm>

static const size_t CHUNK = 1 << 20; // bytes of a tensor on a device that are fetched at once

static void write_tensor(sealed_file & file, const ggml_tensor * tensor, size_t alignment) {
    const size_t size = ggml_nbytes(tensor);
    if (tensor->buffer && !ggml_backend_buffer_is_host(tensor->buffer)) {
        std::vector<char> fetched(std::min(CHUNK, size));
        for (size_t begin = 0; begin < size; begin += CHUNK) {
            const size_t length = std::min(CHUNK, size - begin);
            ggml_backend_tensor_get(tensor, fetched.data(), begin, length);
            file.write(fetched.data(), length);
        }
    } else {
        file.write(tensor->data, size);
    }
    const std::vector<char> padding((alignment - size % alignment) % alignment, 0);
    file.write(padding.data(), padding.size());
}

void write_gguf(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors) {
    for (const ggml_tensor * tensor : tensors) gguf_add_tensor(keys, tensor);
    std::vector<char> header(gguf_get_meta_size(keys)); // up to where the tensors' data begins
    gguf_get_meta_data(keys, header.data());
    file.write(header.data(), header.size());
    for (const ggml_tensor * tensor : tensors) write_tensor(file, tensor, gguf_get_alignment(keys));
}

void write_sealed_gguf(const std::string & path, gguf_context_ptr keys, const std::vector<const ggml_tensor *> & tensors) {
    sealed_file file(path);
    write_gguf(file, keys.get(), tensors);
    file.seal();
}
