// bf16 panels with the processor's own instruction. Compiled with the flags in kernels.cmake; empty elsewhere.
#if defined(__AVX512BF16__)
#include "panel_bf16.inc"

extern const narrow_panels bf16_panels;
const narrow_panels bf16_panels = bf16_table;
#endif
