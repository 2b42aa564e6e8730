// The innermost loops of the trainer, as one table a CPU instruction set. The same source (gemm_tile.inc,
// elementwise.inc) is compiled once for each set, in cpu_avx512.cpp, cpu_avx2.cpp and cpu_baseline.cpp.
//
// AVX-512 and AVX2 give the same bytes: every product is fused, every sum runs in the same order, and reductions use
// sixteen logical lanes whatever the register width. So the choice between the two, which rests on a measurement, cannot
// change a result. The baseline (no fused multiply-add) differs in rounding.
#pragma once
#include <cstdint>
#include <vector>

// One step of Adam (fit/adam.h) as numbers: 1 - beta1, 1 - beta2, beta2, the rate with its correction of bias, that of the root.
struct adam_factors { float keep1, keep2, decay2, rate, root, epsilon; };

struct cpu_kernels {
    const char * name;
    int64_t (*spin)(int64_t rounds); // multiply-adds on registers only, the ceiling for benchmarks; returns operations done

    // GEMM. A panel is packed as [k][width]: for each k the elements of `width` rows of A (or columns of B) side by side.
    int tile_rows;    // panel width of A
    int tile_columns; // panel width of B

    // c[i][j] (+)= sum_k a[k][i] * b[k][j] for i < rows <= tile_rows, j < columns <= tile_columns; ldc in floats.
    // One sum in the order of k; with `add` it begins with c[i][j], so a sum cut along k has the bits of the whole one.
    void (*tile)(int64_t k, const float * a, const float * b, float * c, int64_t ldc, bool add, int rows, int columns);

    // Packs `count` <= width rows (or columns) into a panel [k][width]; those beyond count are copies of the last.
    // pack_across: source line l, at src + l*stride, holds the k elements of row l (a transposition).
    // pack_along:  source line k, at src + k*stride, holds the elements of all rows for that k (a copy).
    // Both may write pack_slack floats past the panel's end.
    void (*pack_across)(const float * src, int64_t stride, int count, int64_t k, int width, float * panel);
    void (*pack_along)(const float * src, int64_t stride, int count, int64_t k, int width, float * panel);

    // n elements (whole blocks) of a stored type (a ggml_type) to the f32 values that the library's to_float gives; false:
    // there is nothing faster than the library here, and nothing was done.
    bool (*dequantize)(int type, const void * from, float * to, int64_t n);

    // Products with a matrix of `rank` lines of `width` floats, `stride` apart: stride a multiple of 32, zeros behind the width and
    // as many lines of zeros behind the last as make the rank a multiple of four. Columns are contiguous: x and y of `width`, down of `rank`.
    void (*project)(int64_t n, int rank, int64_t width, const float * lines, int64_t stride, const float * x, float * down); // down(c, r) = lines(r) . x(c)
    void (*expand)(int64_t n, int rank, int64_t width, const float * lines, int64_t stride, const float * down, float * y); // y(c) += sum_r down(c, r) lines(r)
    // sums(r) += sum_c down(c, r) x(c); columns of x x_stride apart; sums hold whole multiples of 32 floats a line.
    void (*outer)(int64_t n, int rank, const float * down, int64_t width, int64_t x_stride, const float * x, float * sums, int64_t stride);

    // Elementwise; n any length, no alignment needed. silu(x) = x / (1 + exp(-x)).
    void (*swiglu)(int64_t n, const float * gate, const float * up, float * out);
    void (*swiglu_back)(int64_t n, const float * gate, const float * up, const float * d_out, float * d_gate, float * d_up);
    // The same with gelu(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) in the place of silu.
    void (*geglu)(int64_t n, const float * gate, const float * up, float * out);
    void (*geglu_back)(int64_t n, const float * gate, const float * up, const float * d_out, float * d_gate, float * d_up);
    // RMS norm (norm.h) of a vector; onto nullptr: zeros.
    void (*rms_norm)(int64_t n, const float * x, const float * weight, float epsilon, float * y);
    void (*rms_norm_back)(int64_t n, const float * x, const float * weight, float epsilon, const float * dy, const float * onto, float * dx);
    // x[i] = cap * tanh(scale * x[i] / cap); slope[i], unless it is null: the derivative of that by x[i] before.
    void (*soft_cap)(int64_t n, float scale, float cap, float * x, float * slope);
    // Panels as B's: [line][tile_columns]. A panel of scores has a query a column and a key a line, the keys by depth: column c sees
    // lines first[c]..last[c], and `lines` is the greatest last + 1. Sums down a column are taken in blocks of softmax_block lines.
    // panel = exp(scale * panel - the column's maximum), 0 where nothing is seen; inverse = 1 / the column's sum.
    void (*softmax)(int64_t lines, const int32_t * first, const int32_t * last, float scale, float * panel, float * inverse);
    // p *= inverse, then d = slope * p * (d - sum over the column of p d), 0 where nothing is seen; slope a panel, or nullptr: scale
    void (*softmax_back)(int64_t lines, const int32_t * first, const int32_t * last, float scale, const float * slope, const float * inverse,
                         float * p, float * d);
    void (*scale_columns)(int64_t lines, const float * factors, float * panel);
    float (*maximum)(int64_t n, const float * x);
    float (*magnitude)(int64_t n, const float * x); // the largest |x|; NaN does not count
    double (*exp_sum)(int64_t n, const float * x, float shift);                           // sum exp(x - shift)
    void (*exp_scaled)(int64_t n, const float * x, float shift, float weight, float * y); // y = weight * exp(x - shift)
    // ... and 0 where the exponential is below 1e-30: products with subnormal numbers take a hundred times longer.
    // y = x * scale where the hash of (key, index) is at least the threshold, else 0.
    void (*dropout)(int64_t n, const float * x, uint64_t key, uint32_t threshold, float scale, float * y);

    // Rows of the sequence models (fit/).
    // One step of a gated recurrent unit (fit/gru_layer.h) with a state of n. gates [3n]: in, what the input adds to reset, update and candidate;
    // out, their values. from_state [3n]: what the state adds to them.
    void (*gru_cell)(int64_t n, float * gates, const float * from_state, const float * state, float * next);
    // In place: gates and from_state become the gradients of what they were before gru_cell. d_state: what reaches the state without W.
    void (*gru_cell_back)(int64_t n, float * gates, float * from_state, const float * state, const float * d_next, float * d_state);
    // normal = (x - mean) / sqrt(variance + epsilon), y = weight * normal + bias; returns 1 / sqrt(variance + epsilon).
    float (*layer_norm)(int64_t n, const float * x, const float * weight, const float * bias, float epsilon, float * normal, float * y);
    void (*layer_norm_back)(int64_t n, const float * normal, float inverse, const float * weight, const float * dy, float * d_weight, float * d_bias, float * dx); // adds to d_weight, d_bias
    void (*gelu)(int64_t n, const float * x, float * y); // as in geglu
    void (*sigmoid)(int64_t n, const float * x, float * y);
    void (*gelu_back)(int64_t n, const float * x, const float * dy, float * dx);
    void (*add)(int64_t n, const float * x, float * y); // y += x
    void (*add_scaled)(int64_t n, float factor, const float * x, float * y); // y += factor * x
    void (*softmax_row_back)(int64_t n, float scale, const float * p, float * d); // d = scale * p * (d - p . d)

    // Vectors of users and items (fit/bpr.h): u . (i - j); then du += slope (i - j) + decay u, di += slope u + decay i, dj += decay j - slope u.
    float (*pair_margin)(int64_t n, const float * u, const float * i, const float * j);
    void (*pair_gradients)(int64_t n, float slope, float decay, const float * u, const float * i, const float * j, float * du, float * di, float * dj); // i and j differ
    void (*adam)(int64_t n, const adam_factors & factors, float * values, float * gradients, float * first, float * second); // gradients become zeros
};

constexpr int pack_slack = 16; // floats
constexpr int softmax_block = 64;

// The tables this machine can run, widest first; never empty.
const std::vector<const cpu_kernels *> & supported_cpu_kernels();

// The table in use: chosen at the first call. CPU flags say what may run; what is fast, only a measurement can say
// (wide units are slow on some CPUs, or throttle the clock). Each supported table multiplies packed panels for 1 ms, in
// four interleaved rounds; a narrower one must beat a wider one by 1.25x to be taken. About 12 ms in all.
const cpu_kernels & current_cpu_kernels();

// Takes another table instead, for tests and benchmarks. Not while a graph runs.
void use_cpu_kernels(const cpu_kernels & kernels);
