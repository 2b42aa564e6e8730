#include "gguf_file.h"
#include "backend.h"
#include "error.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static user_error broken(const std::string & path, const std::string & what) {
    return user_error(exit_data, what, path, "use a whole GGUF file (version 2 or 3); download or convert it again if it was cut off");
}

gguf_file::gguf_file(const std::string & path) : path_(path) {
    const int descriptor = open(path.c_str(), O_RDONLY);
    if (descriptor < 0) throw user_error(exit_data, std::string("cannot open the file: ") + std::strerror(errno), path, "check the path and its permissions");
    struct stat info{};
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(descriptor);
        throw broken(path, "this is not a file");
    }
    const size_t size = static_cast<size_t>(info.st_size);
    void * mapping = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    close(descriptor);
    if (mapping == MAP_FAILED) throw broken(path, size == 0 ? "the file is empty" : "the file cannot be mapped into memory");
    mapping_ = mapping;
    mapped_ = size;
    if (size < 4 || std::memcmp(mapping, "GGUF", 4) != 0) {
        munmap(mapping_, mapped_);
        throw broken(path, "this is not a GGUF file: it does not begin with \"GGUF\"");
    }

    gguf_init_params params{};
    params.no_alloc = true;
    params.ctx = &tensors_;
    forget_library_error();
    keys_ = gguf_init_from_file(path.c_str(), params);
    if (!keys_) {
        munmap(mapping_, mapped_);
        throw broken(path, "the GGUF header cannot be read: " + library_error());
    }
    try {
        check_and_place_tensors(size);
    } catch (...) {
        gguf_free(keys_);
        ggml_free(tensors_);
        munmap(mapping_, mapped_);
        throw;
    }
}

void gguf_file::check_and_place_tensors(size_t file_size) {
    const size_t data_offset = gguf_get_data_offset(keys_);
    const int64_t n_tensors = gguf_get_n_tensors(keys_);
    for (int64_t i = 0; i < n_tensors; i++) {
        const char * name = gguf_get_tensor_name(keys_, i);
        ggml_tensor * tensor = ggml_get_tensor(tensors_, name);
        const size_t offset = gguf_get_tensor_offset(keys_, i);
        const size_t size = ggml_nbytes(tensor);
        if (data_offset > file_size || offset > file_size - data_offset || size > file_size - data_offset - offset) {
            throw broken(path_, std::string("tensor \"") + name + "\" reaches past the end of the file (" + std::to_string(file_size) + " bytes)");
        }
        tensor->data = static_cast<char *>(mapping_) + data_offset + offset;
    }
}

gguf_file::~gguf_file() {
    gguf_free(keys_);
    ggml_free(tensors_);
    munmap(mapping_, mapped_);
}

std::optional<std::string> gguf_file::text(const std::string & key) const {
    const int64_t id = gguf_find_key(keys_, key.c_str());
    if (id < 0 || gguf_get_kv_type(keys_, id) != GGUF_TYPE_STRING) return std::nullopt;
    return gguf_get_val_str(keys_, id);
}

std::optional<double> gguf_file::number(const std::string & key) const {
    const int64_t id = gguf_find_key(keys_, key.c_str());
    if (id < 0) return std::nullopt;
    switch (gguf_get_kv_type(keys_, id)) {
        case GGUF_TYPE_UINT8: return gguf_get_val_u8(keys_, id);
        case GGUF_TYPE_INT8: return gguf_get_val_i8(keys_, id);
        case GGUF_TYPE_UINT16: return gguf_get_val_u16(keys_, id);
        case GGUF_TYPE_INT16: return gguf_get_val_i16(keys_, id);
        case GGUF_TYPE_UINT32: return gguf_get_val_u32(keys_, id);
        case GGUF_TYPE_INT32: return gguf_get_val_i32(keys_, id);
        case GGUF_TYPE_UINT64: return static_cast<double>(gguf_get_val_u64(keys_, id));
        case GGUF_TYPE_INT64: return static_cast<double>(gguf_get_val_i64(keys_, id));
        case GGUF_TYPE_FLOAT32: return gguf_get_val_f32(keys_, id);
        case GGUF_TYPE_FLOAT64: return gguf_get_val_f64(keys_, id);
        default: return std::nullopt;
    }
}

double gguf_file::required_number(const std::string & key) const {
    const std::optional<double> value = number(key);
    if (!value) throw user_error(exit_data, "the model lacks the key \"" + key + "\", or it is not one number", path_, "use a GGUF that llama.cpp can load");
    return *value;
}

ggml_tensor * gguf_file::find(const std::string & name) const {
    return ggml_get_tensor(tensors_, name.c_str());
}

std::vector<ggml_tensor *> gguf_file::tensors() const {
    std::vector<ggml_tensor *> all;
    for (ggml_tensor * tensor = ggml_get_first_tensor(tensors_); tensor; tensor = ggml_get_next_tensor(tensors_, tensor)) all.push_back(tensor);
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
