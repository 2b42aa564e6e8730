// The kernels for any CPU: registers of four, as x86-64 (SSE2) and AArch64 (NEON) both have.
#define LANES 4
#define TILE_ROWS 4
#if defined(__aarch64__)
#define VECTOR_REGISTER "w"
#else
#define VECTOR_REGISTER "x"
#endif
#include "cpu_table.inc"

extern const cpu_kernels baseline_kernels;
const cpu_kernels baseline_kernels = table("baseline");
