#include "gguf_file.h"
#include "backend.h"
#include "error.h"
#include "gguf_header.h"
#include <cstring>

gguf_file::gguf_file(const std::string & path) : bytes_(path) {
    const auto broken = [&](const std::string & what) {
        return user_error(exit_data, what, path, "use a whole GGUF file (version 2 or 3); download or convert it again if it was cut off");
    };
    if (const std::optional<std::string> fault = gguf_header_fault(bytes_.data(), bytes_.size())) throw broken(*fault);

    ggml_context * tensors = nullptr;
    gguf_init_params params{};
    params.no_alloc = true;
    params.ctx = &tensors;
    forget_library_error();
    keys_.reset(gguf_init_from_buffer(bytes_.data(), bytes_.size(), params)); // the bytes that were checked, whatever is on the disk by now
    tensors_.reset(tensors);
    if (!keys_) throw broken("the GGUF header cannot be read: " + library_error());

    // ggml wants pointers to what it may change; the mapping is read-only, so a write would end the process.
    unsigned char * data = const_cast<unsigned char *>(bytes_.data()) + gguf_get_data_offset(keys_.get());
    int64_t id = 0; // the tensors stand in the order of the header
    for (ggml_tensor * tensor = ggml_get_first_tensor(tensors); tensor; tensor = ggml_get_next_tensor(tensors, tensor)) {
        tensor->data = data + gguf_get_tensor_offset(keys_.get(), id++);
    }
}

std::optional<std::string> gguf_file::text(const std::string & key) const {
    const int64_t id = gguf_find_key(keys(), key.c_str());
    if (id < 0 || gguf_get_kv_type(keys(), id) != GGUF_TYPE_STRING) return std::nullopt;
    return gguf_get_val_str(keys(), id);
}

std::optional<double> gguf_file::number(const std::string & key) const {
    const int64_t id = gguf_find_key(keys(), key.c_str());
    if (id < 0) return std::nullopt;
    switch (gguf_get_kv_type(keys(), id)) {
        case GGUF_TYPE_UINT8: return gguf_get_val_u8(keys(), id);
        case GGUF_TYPE_INT8: return gguf_get_val_i8(keys(), id);
        case GGUF_TYPE_UINT16: return gguf_get_val_u16(keys(), id);
        case GGUF_TYPE_INT16: return gguf_get_val_i16(keys(), id);
        case GGUF_TYPE_UINT32: return gguf_get_val_u32(keys(), id);
        case GGUF_TYPE_INT32: return gguf_get_val_i32(keys(), id);
        case GGUF_TYPE_UINT64: return static_cast<double>(gguf_get_val_u64(keys(), id));
        case GGUF_TYPE_INT64: return static_cast<double>(gguf_get_val_i64(keys(), id));
        case GGUF_TYPE_FLOAT32: return gguf_get_val_f32(keys(), id);
        case GGUF_TYPE_FLOAT64: return gguf_get_val_f64(keys(), id);
        default: return std::nullopt;
    }
}

double gguf_file::required_number(const std::string & key) const {
    const std::optional<double> value = number(key);
    if (!value) throw user_error(exit_data, "the model lacks the key \"" + key + "\", or it is not one number", path(), "use a GGUF that llama.cpp can load");
    return *value;
}

ggml_tensor * gguf_file::find(const std::string & name) const {
    return ggml_get_tensor(tensors_.get(), name.c_str());
}

std::vector<ggml_tensor *> gguf_file::tensors() const {
    std::vector<ggml_tensor *> all;
    for (ggml_tensor * tensor = ggml_get_first_tensor(tensors_.get()); tensor; tensor = ggml_get_next_tensor(tensors_.get(), tensor)) all.push_back(tensor);
    return all;
}

std::vector<float> as_floats(const ggml_tensor * tensor) {
    const int64_t n = ggml_nelements(tensor);
    std::vector<float> values(static_cast<size_t>(n));
    if (tensor->type == GGML_TYPE_F32) {
        std::memcpy(values.data(), tensor->data, ggml_nbytes(tensor));
        return values;
    }
    const ggml_type_traits * traits = ggml_get_type_traits(tensor->type);
    if (!traits->to_float) throw std::logic_error(std::string("no way to read type ") + ggml_type_name(tensor->type) + " as floats");
    traits->to_float(tensor->data, values.data(), n);
    return values;
}
