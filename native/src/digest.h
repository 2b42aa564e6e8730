// 64 bits of bytes as they come, eight at a time: finds torn, rotten and mixed-up content, not forged content.
//   h = (h xor word) * odd;  h = h xor (h >> 32)     and in the end the bytes that fill no word, and the length
// Each step is one-to-one in h and in the word, so a change inside one word always changes the result.
// How the bytes are cut into calls does not matter.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

class digest {
  public:
    void add(const void * data, size_t size) {
        const unsigned char * bytes = static_cast<const unsigned char *>(data);
        for (; size > 0 && length_ % 8 != 0; size--) add_byte(*bytes++);
        for (; size >= 8; size -= 8, bytes += 8, length_ += 8) {
            uint64_t word;
            std::memcpy(&word, bytes, sizeof word);
            hash_ = mixed(hash_, word);
        }
        for (; size > 0; size--) add_byte(*bytes++);
    }
    template <typename T> void add_value(const T & value) { add(&value, sizeof value); }

    // 16 digits
    std::string hexadecimal() const {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(mixed(mixed(hash_, pending_), length_)));
        return text;
    }

  private:
    static uint64_t mixed(uint64_t hash, uint64_t word) {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
        return hash ^ (hash >> 32);
    }
    void add_byte(unsigned char byte) { // in the order in which memcpy puts bytes into a word
        reinterpret_cast<unsigned char *>(&pending_)[length_ % 8] = byte;
        if (++length_ % 8 != 0) return;
        hash_ = mixed(hash_, pending_);
        pending_ = 0;
    }

    uint64_t hash_ = 0xCBF29CE484222325ull;
    uint64_t pending_ = 0; // the last length_ % 8 bytes
    uint64_t length_ = 0;  // bytes so far
};
