// The frozen linear layer and the weight gradient against their definitions in double precision.
#include "test_kernels.h"
#include "kernels/frozen_linear.h"
#include "kernels/gemm.h"
#include "kernels/weight_gradient.h"

// One running sum of up to tens of thousands of f32 products, relative to the largest result.
static const double tolerance = 4e-6;

// A random weight of a type, and what it holds as f32.
struct weight { ggml_type type; int64_t n_in, n_out; std::vector<char> stored; std::vector<float> plain; };

static weight random_weight(chance & random, ggml_type type, int64_t n_in, int64_t n_out) {
    weight w = {type, n_in, n_out, std::vector<char>(ggml_row_size(type, n_in) * n_out), normal(random, n_in * n_out, 0.1f)};
    if (type == GGML_TYPE_F32) {
        memcpy(w.stored.data(), w.plain.data(), w.stored.size());
        return w;
    }
    ggml_quantize_chunk(type, w.plain.data(), w.stored.data(), 0, n_out, n_in, nullptr);
    for (int64_t row = 0; row < n_out; row++)
        ggml_get_type_traits(type)->to_float(w.stored.data() + row * ggml_row_size(type, n_in), w.plain.data() + row * n_in, n_in);
    return w;
}

static std::vector<double> multiply(const weight & w, const std::vector<float> & x) {
    const int64_t n = x.size() / w.n_in;
    std::vector<double> y(w.n_out * n, 0);
    for (int64_t c = 0; c < n; c++)
        for (int64_t o = 0; o < w.n_out; o++)
            for (int64_t i = 0; i < w.n_in; i++) y[c * w.n_out + o] += (double) w.plain[o * w.n_in + i] * x[c * w.n_in + i];
    return y;
}

static std::vector<double> multiply_back(const weight & w, const std::vector<float> & dy) {
    const int64_t n = dy.size() / w.n_out;
    std::vector<double> dx(w.n_in * n, 0);
    for (int64_t c = 0; c < n; c++)
        for (int64_t o = 0; o < w.n_out; o++)
            for (int64_t i = 0; i < w.n_in; i++) dx[c * w.n_in + i] += (double) w.plain[o * w.n_in + i] * dy[c * w.n_out + o];
    return dx;
}

static void check_layer(chance & random, ggml_type type, int64_t n_in, int64_t n_out, int64_t n) {
    const weight w = random_weight(random, type, n_in, n_out);
    const std::vector<float> x = normal(random, n_in * n), dy = normal(random, n_out * n);
    const std::vector<double> y = multiply(w, x), dx = multiply_back(w, dy);
    sweep([&](small_graph & graph) {
        ggml_tensor * stored = graph.fill(type, w.stored.data(), n_in, n_out);
        return std::vector<ggml_tensor *>{frozen_linear(graph.context(), stored, graph.matrix(x, n_in)),
                                          frozen_linear_back(graph.context(), stored, graph.matrix(dy, n_out))};
    }, [&](const results & got) {
        CHECK_NEAR(worst_error(got[0], y), 0, tolerance);
        CHECK_NEAR(worst_error(got[1], dx), 0, tolerance);
    });
}

static void any_shape() {
    chance random(1);
    for (int trial = 0; trial < 30; trial++)
        check_layer(random, GGML_TYPE_F32, any(random, 1, 700), any(random, 1, 150), any(random, 1, 60));
    check_layer(random, GGML_TYPE_F32, 1, 1, 1);
    check_layer(random, GGML_TYPE_F32, 384, 32, 12);
    check_layer(random, GGML_TYPE_F32, 385, 33, 13);
}

static void any_type() {
    chance random(2);
    const ggml_type types[] = {GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0,
                               GGML_TYPE_Q5_1, GGML_TYPE_Q2_K, GGML_TYPE_Q3_K, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K,
                               GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS};
    for (ggml_type type : types)
        for (int trial = 0; trial < 2; trial++) {
            const int64_t block = ggml_blck_size(type);
            const int64_t n_in = block * any(random, 1, block > 32 ? 3 : 20) + (block == 1 ? 577 : 0);
            check_layer(random, type, n_in, any(random, 1, 150), any(random, 1, 40));
        }
}

static void dequantized() {
    chance random(9);
    int faster = 0;
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        for (int type = 0; type < GGML_TYPE_COUNT; type++) {
            if (!ggml_get_type_traits((ggml_type) type)->to_float) continue;
            const int64_t n = 256 * any(random, 1, 9) + (type == GGML_TYPE_F16 ? any(random, 0, 15) : 0);
            std::vector<char> stored(ggml_row_size((ggml_type) type, n));
            if (type == GGML_TYPE_F16) { // any sixteen bits: subnormal, infinite, not a number
                for (char & byte : stored) byte = (char) any(random, 0, 255);
            } else if (ggml_is_quantized((ggml_type) type) && !ggml_quantize_requires_imatrix((ggml_type) type)) {
                const std::vector<float> values = normal(random, n, 0.1f);
                ggml_quantize_chunk((ggml_type) type, values.data(), stored.data(), 0, 1, n, nullptr);
            } else {
                continue;
            }
            std::vector<float> expected(n), actual(n);
            if (!kernels->dequantize(type, stored.data(), actual.data(), n)) continue;
            ggml_get_type_traits((ggml_type) type)->to_float(stored.data(), expected.data(), n);
            for (int64_t i = 0; i < n; i++)
                CHECK(actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i])));
            faster++;
        }
    }
    CHECK(faster >= 5);
}

static void lora_ranks() {
    chance random(3);
    for (int64_t rank : {1, 2, 4, 7, 8, 16, 33, 64}) {
        check_layer(random, GGML_TYPE_F32, 200, rank, 50);
        check_layer(random, GGML_TYPE_F32, rank, 200, 50);
    }
}

static void many_outputs() {
    chance random(4);
    for (int64_t n : {1, 2, 17, 48}) check_layer(random, GGML_TYPE_Q8_0, 64, 5003, n);
}

static void many_tokens() {
    chance random(5);
    check_layer(random, GGML_TYPE_F32, 70, 40, 1500); // more rows than one chunk holds
    check_layer(random, GGML_TYPE_Q4_0, 96, 40, 1500);
}

static void gradient() {
    chance random(6);
    for (int trial = 0; trial < 20; trial++) {
        const int64_t rank = any(random, 1, 64), width = any(random, 1, 300), n = any(random, 1, 900);
        const int64_t n_in = trial % 2 ? rank : width, n_out = trial % 2 ? width : rank;
        const float scale = trial == 0 ? 1.0f : -0.37f * trial;
        const std::vector<float> x = normal(random, n_in * n), dy = normal(random, n_out * n);
        std::vector<double> expected(n_in * n_out, 0);
        for (int64_t c = 0; c < n; c++)
            for (int64_t o = 0; o < n_out; o++)
                for (int64_t i = 0; i < n_in; i++) expected[o * n_in + i] += (double) scale * dy[c * n_out + o] * x[c * n_in + i];
        sweep([&](small_graph & graph) {
            return std::vector<ggml_tensor *>{weight_gradient(graph.context(), graph.matrix(x, n_in), graph.matrix(dy, n_out), scale)};
        }, [&](const results & got) { CHECK_NEAR(worst_error(got[0], expected), 0, tolerance); });
    }
}

// The columns and the order of k of a product are split at random; what is computed in pieces must have the bits of the whole.
static void pieces() {
    chance random(8);
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        use_cpu_kernels(*kernels);
        for (int trial = 0; trial < 60; trial++) {
            const int64_t rows = any(random, 1, 40), columns = any(random, 1, 90), k = any(random, 1, trial % 3 ? 200 : 1500);
            const bool a_across = any(random, 0, 1), b_across = any(random, 0, 1), goes_on = any(random, 0, 1);
            const std::vector<float> a = normal(random, rows * k), b = normal(random, columns * k), before = normal(random, rows * columns);
            const auto multiply = [&](gemm_range r, gemm_range c, int64_t k_begin, int64_t k_end, bool add, std::vector<float> & out) {
                const gemm_operand a_part = {a.data() + k_begin * (a_across ? 1 : rows), GGML_TYPE_F32, (a_across ? k : rows) * 4, a_across};
                const gemm_operand b_part = {b.data() + k_begin * (b_across ? 1 : columns), GGML_TYPE_F32, (b_across ? k : columns) * 4, b_across};
                gemm(a_part, b_part, r, c, k_end - k_begin, out.data(), columns, add, 0);
            };
            std::vector<float> whole = before, cut = before;
            multiply({0, rows}, {0, columns}, 0, k, goes_on, whole);
            const int64_t row = any(random, 0, rows), column = any(random, 0, columns);
            for (const gemm_range r : {gemm_range{0, row}, gemm_range{row, rows}})
                for (const gemm_range c : {gemm_range{0, column}, gemm_range{column, columns}})
                    for (int64_t begin = 0, end; begin < k; begin = end) {
                        end = any(random, begin + 1, k);
                        multiply(r, c, begin, end, goes_on || begin > 0, cut);
                    }
            CHECK(memcmp(whole.data(), cut.data(), whole.size() * sizeof(float)) == 0);
        }
    }
}

static void shares() {
    chance random(7);
    for (int trial = 0; trial < 300; trial++) {
        const int64_t rows = any(random, 1, 300), columns = any(random, 1, 300) * (trial % 3 ? 1 : 256);
        const ggml_type type = trial % 3 ? GGML_TYPE_F32 : GGML_TYPE_Q4_K;
        const int threads = (int) any(random, 1, 16);
        int64_t area = 0;
        for (int thread = 0; thread < threads; thread++) {
            const gemm_share share = share_gemm(rows, columns, 256, type, thread, threads);
            CHECK(share.columns.begin % ggml_blck_size(type) == 0 || share.columns.begin == columns);
            area += (share.rows.end - share.rows.begin) * (share.columns.end - share.columns.begin);
        }
        CHECK(area == rows * columns);
    }
    const gemm_share share = share_gemm(16, 49152, 576, GGML_TYPE_Q8_0, 0, 2);
    CHECK(share.rows.end == 16 && share.columns.end == 49152 / 2); // few tokens: the weight is split, so dequantised once
}

int main() {
    printf("# instruction set chosen by measurement: %s\n", gemm_kernel_name());
    return run_tests({
        {"a frozen linear layer equals its definition for any f32 shape, in both directions", any_shape},
        {"a frozen linear layer equals its definition for every stored type", any_type},
        {"stored weights are dequantised to the library's numbers, none rounded otherwise", dequantized},
        {"a frozen linear layer takes LoRA matrices of any rank", lora_ranks},
        {"a frozen linear layer takes few tokens against many outputs", many_outputs},
        {"a frozen linear layer takes more tokens than one chunk holds", many_tokens},
        {"a weight gradient equals the sum of outer products", gradient},
        {"a product cut along rows, columns and the order of its sums has the bits of the whole", pieces},
        {"the shares of all threads cover a product once, and split the weight when tokens are few", shares},
    });
}
