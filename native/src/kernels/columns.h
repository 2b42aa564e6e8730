// Columns of matrices put elsewhere, by all threads: ggml's own get_rows_back and concat run on one. Shapes are ggml's ne[], contiguous f32.
#pragma once
#include "ggml.h"

// Column i of x [rows, n_some] as column places[i] of a matrix [rows, n], zeros elsewhere. places i32 [n_some], rising.
ggml_tensor * spread_columns(ggml_context * ctx, ggml_tensor * x, ggml_tensor * places, int64_t n);

// Column order[i] of (first, second) [rows, n_first + n_second], side by side, as column i. order i32 [n]
ggml_tensor * merge_columns(ggml_context * ctx, ggml_tensor * first, ggml_tensor * second, ggml_tensor * order);
