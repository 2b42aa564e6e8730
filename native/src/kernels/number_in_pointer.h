// A number that a custom op needs, carried in its user-data pointer itself: it has nothing else to point to, and nothing must outlive the graph.
#pragma once
#include <cstdint>
#include <cstring>

inline void * pointer_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (void *) (uintptr_t) bits;
}

inline float float_in_pointer(const void * pointer) {
    const uint32_t bits = (uint32_t) (uintptr_t) pointer;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
