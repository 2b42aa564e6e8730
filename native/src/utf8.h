// UTF-8 as RFC 3629 has it, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

// How many bytes of the text are whole characters, when the rest is the beginning of one more, or empty; nothing when it is neither.
inline std::optional<size_t> whole_characters(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    size_t at = 0;
    while (at < text.size()) {
        const unsigned char lead = byte(at);
        const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (length == 0) return std::nullopt;
        for (size_t i = 1; i < length; i++) {
            if (at + i == text.size()) return at;
            const unsigned char least = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            const unsigned char most = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (byte(at + i) < least || byte(at + i) > most) return std::nullopt;
        }
        at += length;
    }
    return at;
}
