// A GGUF file as its fields, one by one, so that a test can make any of them wrong. Reads plainly and slowly: what lies where is
// reckoned in floating point, which does not wrap.
#pragma once
#include "ggml.h"
#include "gguf.h"
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// what: "key K: type", "tensor T: ne 0", ...: the thing, and which of its fields
struct gguf_part { std::string what, bytes; };

struct gguf_parts {
    std::vector<gguf_part> header;
    std::string data; // of all tensors, from where it begins
    struct tensor { std::string name; double offset, size; };
    std::vector<tensor> tensors; // as the header has them
    size_t n_keys = 0;

    gguf_part & operator[](const std::string & what) {
        for (gguf_part & part : header) {
            if (part.what == what) return part;
        }
        throw std::logic_error("no field is called " + what);
    }
};

inline std::string bytes_of_number(uint64_t value, size_t size) { return std::string(reinterpret_cast<const char *>(&value), size); } // little endian

inline uint64_t number_of_bytes(const std::string & bytes) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

inline size_t gguf_padding(size_t size, size_t alignment) { return (alignment - size % alignment) % alignment; }

// Bytes of a stored tensor; 0 for a type that ggml does not know.
inline double size_of_tensor(const std::vector<uint64_t> & ne, uint64_t type) {
    if (type >= GGML_TYPE_COUNT || ggml_blck_size(static_cast<ggml_type>(type)) < 1) return 0;
    double size = static_cast<double>(ggml_type_size(static_cast<ggml_type>(type))) / static_cast<double>(ggml_blck_size(static_cast<ggml_type>(type)));
    for (const uint64_t n : ne) size *= static_cast<double>(n);
    return size;
}

// Nothing when some field, or some tensor's data, does not lie inside the file, or has a type that is not known.
inline std::optional<gguf_parts> split_gguf(const std::string & file) {
    gguf_parts parts;
    size_t at = 0, alignment = GGUF_DEFAULT_ALIGNMENT;
    bool fits = true;
    const auto take = [&](const std::string & what, double n) {
        fits = fits && n <= static_cast<double>(file.size() - at);
        const std::string bytes = fits ? file.substr(at, static_cast<size_t>(n)) : "";
        at += bytes.size();
        parts.header.push_back({what, bytes});
        return bytes;
    };
    const auto number = [&](const std::string & what, size_t size) { return number_of_bytes(take(what, static_cast<double>(size))); };
    const auto text = [&](const std::string & what) { return take(what, static_cast<double>(number(what + " length", 8))); };

    fits = take("magic", 4) == "GGUF" && fits;
    number("version", 4);
    const uint64_t n_tensors = number("number of tensors", 8), n_keys = number("number of keys", 8);
    static const size_t SIZES[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}; // by gguf_type
    for (; parts.n_keys < n_keys && fits; parts.n_keys++) {
        const size_t begin = parts.header.size();
        const std::string name = text("name"), of = "key " + name + ": ";
        for (size_t i = begin; i < parts.header.size(); i++) parts.header[i].what = of + parts.header[i].what;
        uint64_t type = number(of + "type", 4), n = 1;
        if (type == GGUF_TYPE_ARRAY) {
            type = number(of + "element type", 4);
            n = number(of + "elements", 8);
        }
        fits = fits && type < GGUF_TYPE_COUNT && type != GGUF_TYPE_ARRAY;
        if (!fits) break;
        if (type == GGUF_TYPE_STRING) {
            for (uint64_t i = 0; i < n && fits; i++) text(of + "text " + std::to_string(i));
        } else {
            const std::string value = take(of + "value", static_cast<double>(n) * static_cast<double>(SIZES[type]));
            if (name == "general.alignment") alignment = static_cast<size_t>(number_of_bytes(value));
        }
    }
    for (uint64_t i = 0; i < n_tensors && fits; i++) {
        const size_t begin = parts.header.size();
        const std::string name = text("name"), of = "tensor " + name + ": ";
        for (size_t k = begin; k < parts.header.size(); k++) parts.header[k].what = of + parts.header[k].what;
        const uint64_t n_dimensions = number(of + "dimensions", 4);
        std::vector<uint64_t> ne;
        for (uint64_t d = 0; d < n_dimensions && fits; d++) ne.push_back(number(of + "ne " + std::to_string(d), 8));
        const uint64_t type = number(of + "type", 4);
        const double size = size_of_tensor(ne, type);
        parts.tensors.push_back({name, static_cast<double>(number(of + "offset", 8)), size});
    }
    if (!fits || alignment == 0) return std::nullopt;
    const size_t begin = at + gguf_padding(at, alignment);
    for (const gguf_parts::tensor & tensor : parts.tensors) {
        if (static_cast<double>(begin) + tensor.offset + tensor.size > static_cast<double>(file.size())) return std::nullopt;
    }
    if (begin < file.size()) parts.data = file.substr(begin);
    return parts;
}

// The file of these parts, whatever stands in them.
inline std::string join_gguf(const gguf_parts & parts) {
    std::string file;
    for (const gguf_part & part : parts.header) file += part.bytes;
    file.append(gguf_padding(file.size(), GGUF_DEFAULT_ALIGNMENT), '\0');
    return file + parts.data;
}

inline bool ends_in(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Makes lengths, counts and offsets follow from what is there, so that only what was changed is wrong.
inline void settle(gguf_parts & parts) {
    const double MOST_DATA = 1 << 20;
    uint64_t n_keys = 0, n_tensors = 0;
    double next = 0;
    std::vector<uint64_t> ne;
    uint64_t type = 0;
    for (size_t i = 0; i < parts.header.size(); i++) {
        gguf_part & part = parts.header[i];
        const bool is_key = part.what.rfind("key ", 0) == 0;
        if (ends_in(part.what, " length") && i + 1 < parts.header.size()) part.bytes = bytes_of_number(parts.header[i + 1].bytes.size(), 8);
        if (ends_in(part.what, ": name")) (is_key ? n_keys : n_tensors)++;
        if (is_key) continue;
        if (ends_in(part.what, ": dimensions")) ne.clear();
        if (part.what.find(": ne ") != std::string::npos) ne.push_back(number_of_bytes(part.bytes));
        if (ends_in(part.what, ": type")) type = number_of_bytes(part.bytes);
        if (!ends_in(part.what, ": offset")) continue;
        part.bytes = bytes_of_number(static_cast<uint64_t>(next), 8);
        const double size = size_of_tensor(ne, type);
        if (!(next + size <= MOST_DATA)) return;
        next += size;
        next += static_cast<double>(gguf_padding(static_cast<size_t>(next), GGUF_DEFAULT_ALIGNMENT));
    }
    parts.data.resize(static_cast<size_t>(next));
    for (gguf_part & part : parts.header) {
        if (part.what == "number of keys") part.bytes = bytes_of_number(n_keys, 8);
        if (part.what == "number of tensors") part.bytes = bytes_of_number(n_tensors, 8);
    }
}
