// Small changes to well-formed files, drawn from a random stream: wrong in one or two places, right in all others.
#pragma once
#include "gguf_parts.h"
#include "random.h"
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

class mutator {
  public:
    explicit mutator(random_stream & chance) : chance_(chance) {}

    // Flips, writes over, takes out, doubles or cuts off bytes.
    std::string bytes(std::string text) {
        for (size_t n = 1 + chance_.below(3); n > 0 && !text.empty(); n--) {
            const size_t at = chance_.below(text.size()), length = std::min<size_t>(1 + chance_.below(16), text.size() - at);
            switch (chance_.below(5)) {
                case 0: text[at] = static_cast<char>(text[at] ^ (1 << chance_.below(8))); break;
                case 1: text[at] = static_cast<char>(chance_.below(256)); break;
                case 2: text.erase(at, length); break;
                case 3: text.insert(at, text.substr(chance_.below(text.size()), length)); break;
                default: if (chance_.below(4) == 0) text.resize(at); break;
            }
        }
        return text;
    }

    std::string gguf(const std::string & file) {
        std::optional<gguf_parts> parts = split_gguf(file);
        if (!parts || chance_.below(10) == 0) return bytes(file);
        for (size_t n = 1 + chance_.below(3); n > 0; n--) change(*parts);
        if (chance_.below(3) > 0) settle(*parts);
        const std::string changed = join_gguf(*parts);
        return chance_.below(10) == 0 ? bytes(changed) : changed;
    }

    std::string json(const std::string & text) {
        bool is_deep = false; // to print such a value would end ourselves
        nlohmann::json value = nlohmann::json::parse(text, [&](int depth, nlohmann::json::parse_event_t, nlohmann::json &) { return !(is_deep = is_deep || depth > 50); }, false);
        if (value.is_discarded() || is_deep || chance_.below(4) == 0) return bytes(text);
        for (size_t n = 1 + chance_.below(2); n > 0; n--) change(value);
        const std::string changed = value.dump(-1, ' ', chance_.below(2) == 0, nlohmann::json::error_handler_t::replace);
        switch (chance_.below(12)) {
            case 0: return bytes(changed);
            case 1: { // nested deeper than a stack
                const size_t depth = 1 + chance_.below(200000), at = changed.find(':') + 1;
                return changed.substr(0, at) + std::string(depth, '[') + std::string(depth, ']') + "," + changed.substr(at);
            }
            case 2: { // a value that stands nowhere else
                const size_t colon = changed.find(':', chance_.below(changed.size()));
                if (colon == std::string::npos) return changed;
                static const char * const VALUES[] = {"1e999", "-0", "1e-400", "18446744073709551616", "-9223372036854775809", "\"\\ud800\"", "\"\\u0000\"", "NaN", "[", "{\"\":{}}", "00"};
                return changed.substr(0, colon + 1) + VALUES[chance_.below(std::size(VALUES))] + "," + changed.substr(colon + 1);
            }
            default: return changed;
        }
    }

  private:
    uint64_t number(uint64_t old) {
        const uint64_t f32_nan = 0x7fc00000, f64_nan = 0x7ff8000000000000;
        const uint64_t values[] = {0, 1, 2, 3, 4, 8, 9, 12, 31, 32, 33, 64, 127, 128, 255, 256, 4096, 32767, 65535, 1 << 20, 1000000000, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32,
                                   1ull << 40, 1ull << 60, 1ull << 62, (1ull << 63) - 1, 1ull << 63, ~0ull, old + 1, old - 1, 2 * old, old / 2, ~old, f32_nan, f64_nan, 0x7f800000, 0x3f800000, 0x447a0000};
        return values[chance_.below(std::size(values))];
    }

    void change(gguf_parts & parts) {
        std::vector<gguf_part> & header = parts.header;
        if (header.empty()) return;
        const size_t at = chance_.below(header.size());
        gguf_part & part = header[at];
        switch (chance_.below(9)) {
            case 0: case 1: case 2:
                if (part.bytes.size() <= 8) part.bytes = bytes_of_number(number(number_of_bytes(part.bytes)), part.bytes.size());
                else part.bytes = bytes(part.bytes);
                break;
            case 3: part.bytes = header[chance_.below(header.size())].bytes; break;
            case 4: header.erase(header.begin() + static_cast<std::ptrdiff_t>(at)); break;
            case 5: std::swap(part, header[chance_.below(header.size())]); break;
            case 6: { // a whole key or tensor goes, or stands again under another name
                const std::string of = part.what.substr(0, part.what.find(": ") + 2);
                const auto is_part = [&](const gguf_part & one) { return one.what.rfind(of, 0) == 0; };
                const auto begin = std::find_if(header.begin(), header.end(), is_part), end = std::find_if_not(begin, header.end(), is_part);
                if (of.size() < 3 || begin == end) break;
                if (chance_.below(2) == 0) {
                    header.erase(begin, end);
                } else {
                    std::vector<gguf_part> copy(begin, end);
                    for (gguf_part & one : copy) {
                        if (ends_in(one.what, ": name") && chance_.below(4) > 0) one.bytes = bytes(one.bytes);
                    }
                    header.insert(end, copy.begin(), copy.end());
                }
                break;
            }
            case 7: // another type, and a value of its size
                if (ends_in(part.what, ": type") && part.what.rfind("key ", 0) == 0 && at + 1 < header.size()) {
                    const uint64_t type = chance_.below(13);
                    part.bytes = bytes_of_number(type, 4);
                    static const size_t SIZES[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 8, 8, 8, 8};
                    header[at + 1].bytes = bytes_of_number(number(chance_.below(1000)), SIZES[type]);
                } else if (!parts.data.empty()) {
                    const size_t place = chance_.below(parts.data.size() / 4 + 1) * 4;
                    parts.data.replace(std::min(place, parts.data.size() - 1), 4, bytes_of_number(number(chance_.below(1000)), 4));
                }
                break;
            default: parts.data.resize(chance_.below(parts.data.size() + 64)); break;
        }
    }

    void change(nlohmann::json & root) {
        nlohmann::json * at = &root;
        while (at->is_structured() && !at->empty() && (at == &root || chance_.below(3) > 0)) {
            auto child = at->begin();
            std::advance(child, static_cast<std::ptrdiff_t>(chance_.below(at->size())));
            if (at->is_object() && chance_.below(12) == 0) { // a key too many, or too few
                const std::string key = child.key();
                if (chance_.below(2) == 0) (*at)[bytes(key)] = *child;
                else at->erase(key);
                return;
            }
            at = &*child;
        }
        if (at->is_string() && chance_.below(2) == 0) {
            *at = bytes(at->get<std::string>());
            return;
        }
        const nlohmann::json values[] = {nullptr, true, false, 0, 1, -1, 2, 255, 1.5, -0.0, 1e300, 2147483647, 2147483648u, 9223372036854775807, 9223372036854775808ull, 18446744073709551615ull,
                                         "", "a", "auto", std::string(300, 'x'), "last:1", "\xc3\xa9", std::string("\0", 1), nlohmann::json::array(), nlohmann::json::object(),
                                         {1, 2, 3}, {{0, 1}}, {{0, 1}, {1, 2}}, {"Yes.", "No."}, nlohmann::json{{"a", 1}}};
        *at = values[chance_.below(std::size(values))];
    }

    random_stream & chance_;
};
