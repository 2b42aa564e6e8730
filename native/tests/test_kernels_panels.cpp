// Products with sixteen-bit panels against their definition in double precision: the processor's own instructions where it has them,
// and the same source with one instruction emulated wherever there is AVX-512.
#include "test_kernels.h"
#include "emulated_panels.h"
#include "kernels/gemm.h"
#include "kernels/panel_choice.h"

static std::vector<const narrow_panels *> supported() {
    if (supported_narrow_panels().empty()) throw test_skipped("this processor has neither AVX512-BF16 nor AVX512-FP16");
    return supported_narrow_panels();
}

static double limit_of(const narrow_panels & panels) { return std::string(panels.name) == "bf16" ? 5e-3 : 3e-3; }

// One product: x [n, k] with W [n_out, n_in] as stored, forward or backward.
struct product {
    ggml_type type;
    int64_t n_in, n_out, n;
    bool forward;
    std::vector<char> stored;
    std::vector<float> x;
    std::vector<double> expected;

    int64_t k() const { return forward ? n_in : n_out; }
    int64_t columns() const { return forward ? n_out : n_in; }
};

// Activations as models have them: tokens of different size, a few channels 25 to 100 times the others.
static product make(chance & random, ggml_type type, int64_t n_in, int64_t n_out, int64_t n, bool forward, int outliers) {
    product p = {type, n_in, n_out, n, forward, std::vector<char>(ggml_row_size(type, n_in) * n_out), {}, {}};
    std::vector<float> w = normal(random, n_in * n_out, 1 / std::sqrt((float) n_in));
    if (type == GGML_TYPE_F32) memcpy(p.stored.data(), w.data(), p.stored.size());
    else {
        ggml_quantize_chunk(type, w.data(), p.stored.data(), 0, n_out, n_in, nullptr);
        for (int64_t row = 0; row < n_out; row++)
            ggml_get_type_traits(type)->to_float(p.stored.data() + row * ggml_row_size(type, n_in), w.data() + row * n_in, n_in);
    }
    p.x = normal(random, n * p.k());
    for (int64_t row = 0; row < n; row++) {
        const float size = std::exp(normal(random, 1, 2)[0]);
        for (int64_t i = 0; i < p.k(); i++) p.x[row * p.k() + i] *= size;
    }
    for (int o = 0; o < outliers; o++) {
        const int64_t channel = any(random, 0, p.k() - 1);
        const float factor = (float) any(random, 25, 100);
        for (int64_t row = 0; row < n; row++) p.x[row * p.k() + channel] *= factor;
    }
    p.expected.assign(n * p.columns(), 0);
    for (int64_t row = 0; row < n; row++)
        for (int64_t j = 0; j < p.columns(); j++)
            for (int64_t i = 0; i < p.k(); i++)
                p.expected[row * p.columns() + j] += (double) p.x[row * p.k() + i] * (forward ? w[j * n_in + i] : w[i * n_in + j]);
    return p;
}

static std::vector<float> compute(const product & p, const narrow_panels & panels, int threads, const std::vector<float> * onto = nullptr) {
    std::vector<float> y = onto ? *onto : std::vector<float>(p.expected.size(), NAN);
    const gemm_operand a = {p.x.data(), GGML_TYPE_F32, p.k() * 4, true};
    const gemm_operand b = {p.stored.data(), p.type, (int64_t) ggml_row_size(p.type, p.n_in), p.forward};
    for (int thread = 0; thread < threads; thread++) {
        const gemm_share share = share_gemm(p.n, p.columns(), p.k(), p.type, thread, threads);
        gemm(a, b, share.rows, share.columns, p.k(), y.data(), p.columns(), onto != nullptr, 0, &panels);
    }
    return y;
}

// Relative to the root mean square of each row: rows differ in size.
static double row_error(const product & p, const std::vector<float> & y) {
    double worst = 0;
    for (int64_t row = 0; row < p.n; row++) {
        double error = 0, size = 1e-60;
        for (int64_t j = 0; j < p.columns(); j++) {
            const double e = p.expected[row * p.columns() + j], d = y[row * p.columns() + j] - e;
            error += d * d;
            size += e * e;
        }
        const double relative = std::sqrt(error / size);
        worst = relative <= worst ? worst : relative; // NaN counts
    }
    return worst;
}

static void any_shape(const std::vector<const narrow_panels *> & all) {
    chance random(1);
    for (const narrow_panels * panels : all)
        for (int trial = 0; trial < 30; trial++) {
            const product p = make(random, GGML_TYPE_F32, any(random, 17, 300), any(random, 17, 200), any(random, 1, 40), trial % 2, 0);
            CHECK_NEAR(row_error(p, compute(p, *panels, 1)), 0, 2 * limit_of(*panels)); // rows of few columns scatter
        }
}

static void outliers(const std::vector<const narrow_panels *> & all) {
    chance random(2);
    for (const narrow_panels * panels : all) {
        double worst = 0;
        for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_Q8_0, GGML_TYPE_Q4_K, GGML_TYPE_F16})
            for (const bool forward : {true, false}) {
                const product p = make(random, type, 768, 576, 24, forward, 6);
                const double error = row_error(p, compute(p, *panels, 1));
                worst = error <= worst ? worst : error;
            }
        printf("# %s: worst row within %.1e\n", panels->name, worst);
        CHECK_NEAR(worst, 0, limit_of(*panels));
        CHECK(worst > 1e-5); // it was computed in sixteen bits
    }
}

static void threads(const std::vector<const narrow_panels *> & all) {
    chance random(3);
    for (const narrow_panels * panels : all)
        for (int trial = 0; trial < 8; trial++) {
            const product p = make(random, trial % 2 ? GGML_TYPE_Q4_0 : GGML_TYPE_F32, 32 * any(random, 1, 30), any(random, 1, 300), any(random, 1, 60), trial % 3, 1);
            const std::vector<float> one = compute(p, *panels, 1);
            for (const int count : {2, 3, 5}) CHECK(same_bytes({compute(p, *panels, count)}, {one}));
            product alone = p; // a row computed by itself has the bits it has among others
            const int64_t row = any(random, 0, p.n - 1);
            alone.n = 1;
            alone.x.assign(p.x.begin() + row * p.k(), p.x.begin() + (row + 1) * p.k());
            alone.expected.resize(p.columns());
            CHECK(memcmp(compute(alone, *panels, 1).data(), one.data() + row * p.columns(), p.columns() * sizeof(float)) == 0);
        }
}

static void extremes(const std::vector<const narrow_panels *> & all) {
    chance random(4);
    for (const narrow_panels * panels : all)
        for (const float size : {0.0f, 1e-30f, 1e-12f, 1e12f, 1e25f}) {
            product p = make(random, GGML_TYPE_F32, 130, 70, 5, true, 0);
            for (float & x : p.x) x *= size;
            for (double & e : p.expected) e *= size;
            const std::vector<float> y = compute(p, *panels, 1);
            if (size == 0) for (const float v : y) CHECK(v == 0);
            else CHECK_NEAR(row_error(p, y), 0, 2 * limit_of(*panels));
        }
}

static void adds(const std::vector<const narrow_panels *> & all) {
    chance random(5);
    for (const narrow_panels * panels : all) {
        const product p = make(random, GGML_TYPE_F32, 1000, 90, 30, true, 0);
        const std::vector<float> before = normal(random, p.expected.size(), 0.1f), plain = compute(p, *panels, 1), onto = compute(p, *panels, 1, &before);
        std::vector<double> sum(plain.size());
        for (size_t i = 0; i < sum.size(); i++) sum[i] = (double) plain[i] + before[i];
        CHECK_NEAR(worst_error(onto, sum), 0, 1e-5);
    }
}

static void choice() {
    const cpu_kernels & cpu = current_cpu_kernels();
    const std::vector<const narrow_panels *> all = emulated();
    const auto clock = [&](double bf16, double fp16) {
        return [=](const cpu_kernels &, const narrow_panels * panels) { return panels == nullptr ? 100 : panels == all[0] ? bf16 : fp16; };
    };
    CHECK(choose_panels(cpu, all, clock(50, 160)) == all[1]);  // an Intel machine of 2023
    CHECK(choose_panels(cpu, all, clock(200, 10)) == all[0]);  // Zen 5
    CHECK(choose_panels(cpu, all, clock(124, 120)) == nullptr); // not worth the rounding
    CHECK(choose_panels(cpu, {}, clock(1, 1)) == nullptr);
    // The emulated instructions are slow, and the true clock says so.
    CHECK(choose_panels(cpu, all) == nullptr);
}

static void wrong_answers() {
    const std::vector<const narrow_panels *> all = emulated();
    for (const narrow_panels * panels : all) CHECK(gives_right_answers(*panels));
    static const narrow_panels * honest;
    const auto fastest = [](const cpu_kernels &, const narrow_panels * panels) { return panels ? 1000.0 : 1.0; };
    for (const narrow_panels * panels : all) {
        honest = panels;
        narrow_panels last_row_lost = *panels, first_column_off = *panels, nothing = *panels;
        last_row_lost.tile = [](int64_t k, const uint32_t * a, const uint32_t * b, const float * scales, const float * row_scale, float * c,
                                int64_t ldc, bool add, int rows, int columns) {
            honest->tile(k, a, b, scales, row_scale, c, ldc, add, rows == honest->tile_rows ? rows - 1 : rows, columns);
        };
        first_column_off.tile = [](int64_t k, const uint32_t * a, const uint32_t * b, const float * scales, const float * row_scale, float * c,
                                    int64_t ldc, bool add, int rows, int columns) {
            honest->tile(k, a, b, scales, row_scale, c, ldc, add, rows, columns);
            for (int i = 0; i < rows; i++) c[i * ldc] *= 1.5f;
        };
        nothing.tile = [](int64_t, const uint32_t *, const uint32_t *, const float *, const float *, float *, int64_t, bool, int, int) {};
        for (const narrow_panels * wrong : {&last_row_lost, &first_column_off, &nothing}) {
            CHECK(!gives_right_answers(*wrong));
            CHECK(choose_panels(current_cpu_kernels(), {wrong}, fastest) == nullptr);
        }
        CHECK(choose_panels(current_cpu_kernels(), {panels}, fastest) == panels);
    }
}

int main() {
    std::vector<test_case> cases;
    const auto both = [&](const std::string & sentence, void (*body)(const std::vector<const narrow_panels *> &)) {
        cases.push_back({sentence + " (emulated)", [=] { body(emulated()); }});
        cases.push_back({sentence + " (this processor's own)", [=] { body(supported()); }});
    };
    both("sixteen-bit panels give the product of any shape, forward and backward", any_shape);
    both("sixteen-bit panels keep 5e-3 (bf16) and 3e-3 (fp16) with outlier channels and any stored type", outliers);
    both("sixteen-bit panels give a row the same bits for any number of threads and beside any others", threads);
    both("sixteen-bit panels take activations of any size, and zeros", extremes);
    both("sixteen-bit panels add onto what is there", adds);
    cases.push_back({"f32 is left for the fastest sixteen-bit panels, and only for a gain above 1.25", choice});
    cases.push_back({"panels that give a wrong answer are never chosen, however fast", wrong_answers});
    return run_tests(cases);
}
