// How kernels are laid out over their work.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cuda {

inline unsigned blocks_of(int64_t n, int64_t a_block) { return static_cast<unsigned>((n + a_block - 1) / a_block); }

// Whether a load of so many bytes may begin there.
inline bool is_on(const void * at, size_t boundary) { return reinterpret_cast<uintptr_t>(at) % boundary == 0; }

} // namespace cuda
