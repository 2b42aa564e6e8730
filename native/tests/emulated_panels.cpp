// The sixteen-bit panels from their own source, with the one instruction of each that few processors have emulated.
#define EMULATE_NARROW
#include "kernels/panel_bf16.inc"
#include "kernels/panel_fp16.inc"

extern const narrow_panels emulated_bf16, emulated_fp16;
const narrow_panels emulated_bf16 = bf16_table;
const narrow_panels emulated_fp16 = fp16_table;
