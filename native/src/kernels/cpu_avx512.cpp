// The kernels for AVX-512 (foundation set only). Compiled with the flags in kernels.cmake; empty elsewhere.
#if defined(__AVX512F__)
#define LANES 16
#define TILE_ROWS 12
#define VECTOR_REGISTER "v"
#include "cpu_table.inc"

extern const cpu_kernels avx512_kernels;
const cpu_kernels avx512_kernels = table("avx512");
#endif
