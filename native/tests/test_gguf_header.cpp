// The header of a GGUF file: what was written is read; what is cut off or changed in one byte is refused, or lies inside the file all the same.
// The bytes end where the next page cannot be read, so reading one too many ends the test.
#include "check.h"
#include "gguf_header.h"
#include "gguf_parts.h"
#include "tiny_model.h"
#include <sys/mman.h>

namespace {

// Bytes whose end is the end of what may be read.
class guarded_bytes {
  public:
    explicit guarded_bytes(const std::string & bytes) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))), room_((bytes.size() / page_ + 1) * page_) {
        mapping_ = static_cast<unsigned char *>(mmap(nullptr, room_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        CHECK(mapping_ != MAP_FAILED && mprotect(mapping_ + room_, page_, PROT_NONE) == 0);
        begin_ = mapping_ + room_ - bytes.size();
        std::memcpy(begin_, bytes.data(), bytes.size());
    }
    ~guarded_bytes() { munmap(mapping_, room_ + page_); }
    guarded_bytes(const guarded_bytes &) = delete;
    guarded_bytes & operator=(const guarded_bytes &) = delete;
    unsigned char * data() { return begin_; }

  private:
    size_t page_, room_;
    unsigned char * mapping_, * begin_;
};

std::string random_name(random_stream & chance, size_t index) {
    std::string name = std::to_string(index) + ".";
    for (size_t n = chance.below(12); n > 0; n--) name += static_cast<char>('a' + chance.below(26));
    return name;
}

// A file of random keys of every type and a few tensors.
std::string random_file(random_stream & chance, const std::string & path) {
    gguf_context_ptr keys(gguf_init_empty());
    for (size_t i = 0, n = chance.below(6); i < n; i++) {
        const std::string name = random_name(chance, i);
        const std::string text = random_name(chance, chance.below(1000));
        const std::vector<uint64_t> values = {chance.uint64(), chance.uint64(), chance.uint64()};
        std::vector<const char *> texts(chance.below(4), text.c_str());
        switch (chance.below(5)) {
            case 0: gguf_set_val_str(keys.get(), name.c_str(), text.c_str()); break;
            case 1: gguf_set_val_u8(keys.get(), name.c_str(), static_cast<uint8_t>(values[0])); break;
            case 2: gguf_set_val_f64(keys.get(), name.c_str(), chance.normal()); break;
            case 3: gguf_set_arr_str(keys.get(), name.c_str(), texts.data(), texts.size()); break;
            default: gguf_set_arr_data(keys.get(), name.c_str(), chance.below(2) ? GGUF_TYPE_INT16 : GGUF_TYPE_UINT64, values.data(), chance.below(4)); break;
        }
    }
    ggml_init_params params{};
    params.mem_size = 1 << 16;
    const ggml_context_ptr ctx(ggml_init(params));
    std::vector<const ggml_tensor *> tensors;
    for (size_t i = 0, n = chance.below(4); i < n; i++) {
        const ggml_type type = chance.below(2) ? GGML_TYPE_F16 : GGML_TYPE_Q4_0;
        int64_t ne[4] = {type == GGML_TYPE_Q4_0 ? 32 : 1 + static_cast<int64_t>(chance.below(9)), 1 + static_cast<int64_t>(chance.below(3)), 1, 2};
        ggml_tensor * tensor = ggml_new_tensor(ctx.get(), type, 1 + static_cast<int>(chance.below(4)), ne);
        std::memset(tensor->data, 1, ggml_nbytes(tensor));
        ggml_set_name(tensor, random_name(chance, i).c_str());
        tensors.push_back(tensor);
    }
    write_sealed_gguf(path, std::move(keys), tensors);
    const mapped_file written(path);
    return std::string(reinterpret_cast<const char *>(written.data()), written.size());
}

// What ggml makes of bytes that were let through is what the plain reader finds in them.
void check_read_alike(const unsigned char * bytes, size_t size) {
    const std::optional<gguf_parts> expected = split_gguf(std::string(reinterpret_cast<const char *>(bytes), size));
    CHECK(expected.has_value());
    ggml_context * ctx = nullptr;
    gguf_init_params params{};
    params.no_alloc = true;
    params.ctx = &ctx;
    const gguf_context_ptr read(gguf_init_from_buffer(bytes, size, params));
    const ggml_context_ptr tensors(ctx);
    if (!read) return; // ggml may be stricter: gguf_file tells of it as of a fault
    CHECK(gguf_get_n_kv(read.get()) == static_cast<int64_t>(expected->n_keys));
    CHECK(gguf_get_n_tensors(read.get()) == static_cast<int64_t>(expected->tensors.size()));
    for (size_t i = 0; i < expected->tensors.size(); i++) {
        const int64_t id = static_cast<int64_t>(i);
        CHECK(gguf_get_tensor_name(read.get(), id) == expected->tensors[i].name);
        CHECK(static_cast<double>(gguf_get_tensor_size(read.get(), id)) == expected->tensors[i].size);
        CHECK(static_cast<double>(gguf_get_data_offset(read.get()) + gguf_get_tensor_offset(read.get(), id)) + expected->tensors[i].size <= static_cast<double>(size));
    }
}

void for_random_files(int n, const std::function<void(const std::string &)> & body) {
    temporary_folder folder;
    random_stream chance(41, "headers");
    for (int i = 0; i < n; i++) body(random_file(chance, folder.path + "/file"));
}

void what_was_written_is_read() {
    for_random_files(200, [](const std::string & file) {
        guarded_bytes bytes(file);
        const std::optional<std::string> fault = gguf_header_fault(bytes.data(), file.size());
        if (fault) throw check_failed("refused: " + *fault);
        check_read_alike(bytes.data(), file.size());
    });
}

void every_cut_is_refused() {
    for_random_files(30, [](const std::string & file) {
        const gguf_parts parts = *split_gguf(file);
        size_t needed = 0;
        for (const gguf_part & part : parts.header) needed += part.bytes.size();
        if (!parts.tensors.empty()) needed = file.size() - parts.data.size() + static_cast<size_t>(parts.tensors.back().offset + parts.tensors.back().size);
        for (size_t size = 0; size < file.size(); size++) {
            guarded_bytes bytes(file.substr(0, size));
            CHECK(gguf_header_fault(bytes.data(), size).has_value() == (size < needed)); // only padding may be missing
        }
    });
}

void every_changed_byte_is_refused_or_inside() {
    int n_read = 0, n_refused = 0;
    for_random_files(4, [&](const std::string & file) {
        guarded_bytes bytes(file);
        const size_t header = file.size() - split_gguf(file)->data.size();
        for (size_t at = 0; at < header; at++) {
            const unsigned char right = bytes.data()[at];
            for (int value = 0; value < 256; value++) {
                bytes.data()[at] = static_cast<unsigned char>(value);
                if (gguf_header_fault(bytes.data(), file.size())) {
                    n_refused++;
                } else {
                    check_read_alike(bytes.data(), file.size());
                    n_read++;
                }
            }
            bytes.data()[at] = right;
        }
    });
    CHECK(n_read > 0 && n_refused > 0);
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a header of random keys and tensors is read as it was written", what_was_written_is_read},
        {"a header is refused wherever the file is cut off, unless only padding is missing", every_cut_is_refused},
        {"a header with any one byte changed to any value is refused, or all it names lies inside the file", every_changed_byte_is_refused_or_inside},
    });
}
