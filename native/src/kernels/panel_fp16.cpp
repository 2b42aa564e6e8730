// fp16 panels with the processor's own instruction. Compiled with the flags in kernels.cmake; empty elsewhere.
#if defined(__AVX512FP16__)
#include "panel_fp16.inc"

extern const narrow_panels fp16_panels;
const narrow_panels fp16_panels = fp16_table;
#endif
