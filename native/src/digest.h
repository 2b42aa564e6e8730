// FNV-1a, 64 bits, of bytes as they come: finds torn, rotten and mixed-up content, not forged content.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

class digest {
  public:
    void add(const void * data, size_t size) {
        const unsigned char * bytes = static_cast<const unsigned char *>(data);
        for (size_t i = 0; i < size; i++) hash_ = (hash_ ^ bytes[i]) * 0x100000001B3ull;
    }
    template <typename T> void add_value(const T & value) { add(&value, sizeof value); }

    std::string hexadecimal() const {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_));
        return text;
    }

  private:
    uint64_t hash_ = 0xCBF29CE484222325ull;
};
