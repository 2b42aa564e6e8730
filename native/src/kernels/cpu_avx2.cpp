// The kernels for AVX2 with fused multiply-add. Compiled with the flags in kernels.cmake; empty elsewhere.
#if defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define TILE_ROWS 6
#define VECTOR_REGISTER "x"
#include "cpu_table.inc"

extern const cpu_kernels avx2_kernels;
const cpu_kernels avx2_kernels = table("avx2");
#endif
