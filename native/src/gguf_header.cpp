#include "gguf_header.h"
#include "ggml.h"
#include "gguf.h"
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <unordered_set>

namespace {

// The largest vocabularies have 0.3 million tokens, 0.6 million merges; the largest dense models some 2,000 tensors. ggml compares
// each name with all before it, so that more names would cost seconds.
const uint64_t MOST_KEYS = 4096, MOST_TENSORS = 16384, MOST_ELEMENTS = 8 << 20, MOST_HEADER_BYTES = 256 << 20;
const uint32_t LEAST_ALIGNMENT = 8, MOST_ALIGNMENT = 1 << 16;

struct fault : std::runtime_error { using std::runtime_error::runtime_error; };

std::string counted(uint64_t n, const std::string & what) { return std::to_string(n) + " " + what; }

class header_reader {
  public:
    header_reader(const unsigned char * bytes, size_t size) : bytes_(bytes), size_(size) {}

    void check() {
        if (size_ < 4 || std::memcmp(bytes_, "GGUF", 4) != 0) throw fault("this is not a GGUF file: it does not begin with \"GGUF\"");
        position_ = 4;
        const uint32_t version = take<uint32_t>("its version");
        if (version != 2 && version != 3) throw fault("GGUF version " + std::to_string(version) + " cannot be read");
        const uint64_t n_tensors = take<uint64_t>("the number of tensors"), n_keys = take<uint64_t>("the number of keys");
        if (n_tensors > MOST_TENSORS) throw fault("the file claims " + counted(n_tensors, "tensors"));
        if (n_keys > MOST_KEYS) throw fault("the file claims " + counted(n_keys, "keys"));
        for (uint64_t i = 0; i < n_keys; i++) check_key();
        for (uint64_t i = 0; i < n_tensors; i++) check_tensor();
        if (n_tensors > 0) check_end(); // else nothing follows
    }

  private:
    template <typename T> T take(const char * what) {
        T value;
        std::memcpy(&value, skip(sizeof value, what), sizeof value);
        return value;
    }

    const unsigned char * skip(uint64_t n, const std::string & what) {
        if (n > size_ - position_) throw fault("the file ends in the middle of " + what);
        const unsigned char * at = bytes_ + position_;
        position_ += n;
        if (position_ > MOST_HEADER_BYTES) throw fault("the header is longer than " + std::to_string(MOST_HEADER_BYTES >> 20) + " MB");
        return at;
    }

    std::string_view text(const char * what) {
        const uint64_t length = take<uint64_t>(what);
        return std::string_view(reinterpret_cast<const char *>(skip(length, what)), length);
    }

    // Names are compared as C strings by those who come after us.
    std::string name(std::unordered_set<std::string> & seen, const char * what, size_t most) {
        const std::string_view found = text(what);
        if (found.empty() || found.size() > most) throw fault(std::string(what) + " has " + counted(found.size(), "bytes"));
        if (found.find('\0') != std::string_view::npos) throw fault(std::string(what) + " holds a zero byte");
        const std::string name(found);
        if (!seen.insert(name).second) throw fault(std::string(what) + " \"" + name + "\" stands twice");
        return name;
    }

    static size_t size_of(uint32_t type, const std::string & key) {
        switch (type) {
            case GGUF_TYPE_UINT8: case GGUF_TYPE_INT8: case GGUF_TYPE_BOOL: return 1;
            case GGUF_TYPE_UINT16: case GGUF_TYPE_INT16: return 2;
            case GGUF_TYPE_UINT32: case GGUF_TYPE_INT32: case GGUF_TYPE_FLOAT32: return 4;
            case GGUF_TYPE_UINT64: case GGUF_TYPE_INT64: case GGUF_TYPE_FLOAT64: return 8;
            case GGUF_TYPE_ARRAY: throw fault("key \"" + key + "\" is an array of arrays");
            default: throw fault("key \"" + key + "\" has the unknown type " + std::to_string(type));
        }
    }

    void check_key() {
        const std::string key = name(keys_, "a key", 65535);
        uint32_t type = take<uint32_t>("the type of a key");
        uint64_t n = 1;
        const bool is_array = type == GGUF_TYPE_ARRAY;
        if (is_array) {
            type = take<uint32_t>("the type of an array");
            n = take<uint64_t>("the length of an array");
            if (n > MOST_ELEMENTS - n_elements_) throw fault("key \"" + key + "\" claims " + counted(n, "elements"));
            n_elements_ += n;
        }
        if (type == GGUF_TYPE_STRING) {
            for (uint64_t i = 0; i < n; i++) text("a text");
            return;
        }
        const unsigned char * value = skip(n * size_of(type, key), "the value of key \"" + key + "\"");
        if (key != "general.alignment") return;
        if (is_array || type != GGUF_TYPE_UINT32) throw fault("general.alignment is not one 32-bit number");
        std::memcpy(&alignment_, value, sizeof alignment_);
        if (alignment_ < LEAST_ALIGNMENT || alignment_ > MOST_ALIGNMENT || (alignment_ & (alignment_ - 1)) != 0) {
            throw fault("general.alignment is " + std::to_string(alignment_) + ", not a power of two of " + std::to_string(LEAST_ALIGNMENT) + " or more");
        }
    }

    void check_tensor() {
        const std::string tensor = name(tensors_, "a tensor's name", GGML_MAX_NAME - 1);
        const auto refuse = [&](const std::string & what) { return fault("tensor \"" + tensor + "\" " + what); };
        const uint32_t n_dimensions = take<uint32_t>("a tensor's shape");
        if (n_dimensions < 1 || n_dimensions > GGML_MAX_DIMS) throw refuse("has " + counted(n_dimensions, "dimensions"));
        uint64_t ne[GGML_MAX_DIMS] = {1, 1, 1, 1};
        for (uint32_t i = 0; i < n_dimensions; i++) {
            ne[i] = take<uint64_t>("a tensor's shape");
            if (ne[i] == 0) throw refuse("is empty");
        }
        const uint32_t type = take<uint32_t>("a tensor's type");
        if (type >= GGML_TYPE_COUNT || ggml_blck_size(static_cast<ggml_type>(type)) < 1) throw refuse("has the unknown type " + std::to_string(type));
        const uint64_t block = static_cast<uint64_t>(ggml_blck_size(static_cast<ggml_type>(type)));
        if (ne[0] % block != 0) throw refuse("has rows of " + std::to_string(ne[0]) + ", which " + ggml_type_name(static_cast<ggml_type>(type)) + " blocks of " + std::to_string(block) + " do not fill");
        uint64_t size = ggml_type_size(static_cast<ggml_type>(type));
        for (const uint64_t factor : {ne[0] / block, ne[1], ne[2], ne[3]}) {
            if (factor > size_ / size) throw refuse("is larger than the file (" + counted(size_, "bytes") + ")");
            size *= factor;
        }
        const uint64_t offset = take<uint64_t>("a tensor's offset");
        if (offset != next_offset_) throw refuse("stands at " + std::to_string(offset) + ", expected " + std::to_string(next_offset_));
        end_of_data_ = offset + size; // no more than 2^14 tensors of the file's size, so neither sum wraps
        next_offset_ = end_of_data_ + (alignment_ - end_of_data_ % alignment_) % alignment_;
    }

    void check_end() const {
        const uint64_t begin = position_ + (alignment_ - position_ % alignment_) % alignment_;
        if (begin > size_ || end_of_data_ > size_ - begin) throw fault("the tensors reach past the end of the file (" + counted(size_, "bytes") + ")");
    }

    const unsigned char * bytes_;
    const uint64_t size_;
    uint64_t position_ = 0;
    uint32_t alignment_ = GGUF_DEFAULT_ALIGNMENT;
    uint64_t n_elements_ = 0;
    uint64_t end_of_data_ = 0, next_offset_ = 0; // relative to where the data begins
    std::unordered_set<std::string> keys_, tensors_;
};

} // namespace

std::optional<std::string> gguf_header_fault(const unsigned char * bytes, size_t size) {
    try {
        header_reader(bytes, size).check();
        return std::nullopt;
    } catch (const fault & found) {
        return found.what();
    }
}
