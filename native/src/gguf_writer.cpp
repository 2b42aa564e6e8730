#include "gguf_writer.h"
#include <algorithm>

static const size_t CHUNK = 1 << 20; // bytes of a tensor on a device that are fetched at once

static void write_data(sealed_file & file, const ggml_tensor * tensor) {
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
}

static void pad(sealed_file & file, size_t size, size_t alignment) {
    const std::vector<char> padding((alignment - size % alignment) % alignment, 0);
    file.write(padding.data(), padding.size());
}

// Up to where the tensors' data begins.
static void write_header(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors) {
    for (const ggml_tensor * tensor : tensors) gguf_add_tensor(keys, tensor);
    std::vector<char> header(gguf_get_meta_size(keys));
    gguf_get_meta_data(keys, header.data());
    file.write(header.data(), header.size());
}

void write_gguf(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors) {
    write_header(file, keys, tensors);
    for (const ggml_tensor * tensor : tensors) {
        write_data(file, tensor);
        pad(file, ggml_nbytes(tensor), gguf_get_alignment(keys));
    }
}

void write_gguf(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors,
                const std::function<std::vector<char>(size_t i)> & bytes_of) {
    write_header(file, keys, tensors);
    for (size_t i = 0; i < tensors.size(); i++) {
        const std::vector<char> bytes = bytes_of(i);
        file.write(bytes.data(), bytes.size());
        pad(file, bytes.size(), gguf_get_alignment(keys));
    }
}

void write_sealed_gguf(const std::string & path, gguf_context_ptr keys, const std::vector<const ggml_tensor *> & tensors) {
    sealed_file file(path);
    write_gguf(file, keys.get(), tensors);
    file.seal();
}
