// Our own kernels for NVIDIA GPUs: what the host may ask of them. All pointers are device memory; everything is put on a stream and nothing
// waits. Sums run in an order that the shapes alone decide, so the same inputs give the same bytes on the same card.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>

namespace cuda {

// Numbers that are stored in 32 bits or, where `is_bf16`, in 16.
struct const_numbers { const void * at; bool is_bf16; };
struct numbers { void * at; bool is_bf16; };

// Whether the kernels were compiled for this card.
bool has_code_for(int device);

void to_bf16(cudaStream_t stream, const float * x, void * y, size_t n);

// y = x * weight / sqrt(mean(x^2) + epsilon) of each of n rows of n_row numbers
void rms_norm(cudaStream_t stream, const float * x, const float * weight, float epsilon, int64_t n_row, int64_t n, numbers y);
// dx = onto + gradient by x; onto nullptr: none. onto may be dx.
void rms_norm_back(cudaStream_t stream, const float * x, const float * weight, const float * dy, const float * onto, float epsilon, int64_t n_row, int64_t n, float * dx);

// Rotary positions on x [head_dim, heads, n]: of each pair of numbers (2i, 2i + 1), or (i, i + n_rot / 2) when they stand apart, i < n_rot / 2.
struct rotation {
    int32_t head_dim, heads, n_rot;
    bool stand_apart, is_backward;
    float base, scale, attention;
    const float * factors; // [n_rot / 2]; nullptr: all 1
};
void rotate(cudaStream_t stream, const rotation & by, const float * x, const int32_t * positions, int64_t n, float * y);

// silu(gate) * up, and the gradients of both. gate, up and dy are stored alike, and so are d_gate and d_up.
void swiglu(cudaStream_t stream, const_numbers gate, const_numbers up, size_t n, numbers y);
void swiglu_back(cudaStream_t stream, const_numbers gate, const_numbers up, const_numbers dy, size_t n, numbers d_gate, numbers d_up);

// Columns of x [width, n] at these places, each once, of y [width, n_all]; zeros elsewhere
void spread(cudaStream_t stream, const float * x, const int32_t * places, int64_t width, int64_t n, float * y, int64_t n_all);

// A matrix of LoRA of `width` x `rank` numbers in f32: element (k, r) stands at r * width + k (A), or at k * rank + r (B).
struct low_rank_matrix {
    const float * at;
    int64_t width, rank;
    bool is_rank_first; // B
};
const int64_t LOW_RANK_MOST = 64;

// u[c][r] = sum_k m(k, r) x[c][k];   x [width, n] in bf16, u [rank, n]
void low_rank_down(cudaStream_t stream, const low_rank_matrix & m, const void * x, int64_t n, float * u);
// y[c][k] += scale * sum_r m(k, r) u[c][r]
void low_rank_up(cudaStream_t stream, const low_rank_matrix & m, const float * u, int64_t n, float scale, float * y);
// g(k, r) = scale * sum_c x[c][k] u[c][r], laid out as m; x in bf16; m.at is not read. room: low_rank_gradient_room floats
void low_rank_gradient(cudaStream_t stream, const low_rank_matrix & m, const void * x, const float * u, int64_t n, float scale, float * room, float * g);
int64_t low_rank_gradient_room(int64_t width, int64_t rank, int64_t n);

// Attention over paths (attention_paths.h). Queries, keys and values as [n_paths][heads][padded][head_dim] in bf16, zeros behind the end.
struct path_shape {
    int32_t n_head, n_head_kv, head_dim;
    int32_t length, padded; // of the longest path, and that rounded up to ATTENTION_TILE
    int32_t n_paths, n_columns;
    int32_t window;         // 0: none
    float scale;
    const int32_t * gather; // [length, n_paths]
    const float * first;    // [length, n_paths]
    const int32_t * place;  // [n_columns]
    bool is_identity;       // places are columns
    bool shares;            // some column has several places
};
const int32_t ATTENTION_TILE = 64;
bool has_attention(int32_t head_dim);

// x [head_dim * heads, n_columns] -> packed
void pack_heads(cudaStream_t stream, const path_shape & shape, const float * x, int32_t heads, void * packed);
// The same of d_out, zeros at places that are not their column's first; and of each place the product of d_out and out: [n_paths][heads][padded]
void pack_output_gradient(cudaStream_t stream, const path_shape & shape, const float * d_out, const void * out, void * packed, float * products);
// Gradients by keys or values, what all places of a column say: [head_dim * n_head_kv, length * n_paths] -> [head_dim * n_head_kv, n_columns]
void sum_places(cudaStream_t stream, const path_shape & shape, const float * by_place, float * by_column);

// out bf16 [head_dim * n_head, n_columns]; log_sums [n_paths][n_head][padded], to the base of 2
void attention(cudaStream_t stream, const path_shape & shape, const void * q, const void * k, const void * v, void * out, float * log_sums);
// dq [head_dim * n_head, n_columns], dk and dv [head_dim * n_head_kv, n_columns]; room_k, room_v as those by place, not read when places are columns
void attention_back(cudaStream_t stream, const path_shape & shape, const void * q, const void * k, const void * v, const void * d_out, const float * log_sums,
                    const float * products, float * dq, float * dk, float * dv, float * room_k, float * room_v);

} // namespace cuda
