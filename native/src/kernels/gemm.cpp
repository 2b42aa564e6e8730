#include "kernels/gemm.h"
#include "kernels/cpu_kernels.h"
#include "kernels/narrow_panels.h"
#include "kernels/scratch.h"
#include <algorithm>
#include <cmath>

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }

const int64_t most_a = (1 << 20) / (int64_t) sizeof(float); // floats of A that are packed at once: 1 MB
const int64_t longest_block = 768; // of k
const int64_t widest_group = 256;  // columns

// Length of the blocks k is cut into: equal ones of at most 768, on quantisation blocks, and where sums in sixteen bits begin.
static int64_t k_block(int64_t k, ggml_type type) {
    const int64_t unit = std::max<int64_t>(narrow_terms, ggml_blck_size(type));
    const int64_t longest = std::max<int64_t>(longest_block / unit, 1) * unit;
    return round_up(divide_up(k, divide_up(k, longest)), unit);
}

// Columns of B that are dequantised together when a line holds one k: whole panels, whole quantisation blocks, and
// enough of each line that its cache lines are used up.
static int64_t column_group(const gemm_operand & b, int64_t panel) {
    if (b.k_in_line) return panel;
    return b.type == GGML_TYPE_F32 ? panel : std::max<int64_t>({panel, widest_group, ggml_blck_size(b.type)});
}

static const char * element(const gemm_operand & m, int64_t line, int64_t at) {
    return (const char *) m.data + line * m.line_bytes + at / ggml_blck_size(m.type) * ggml_type_size(m.type);
}

static void pack(const cpu_kernels & cpu, const float * first, int64_t stride, bool k_in_line, int64_t count, int64_t k,
                 int width, float * panel) {
    (k_in_line ? cpu.pack_across : cpu.pack_along)(first, stride, (int) count, k, width, panel);
}

namespace {

// The panels of one product: f32 as they are packed, or narrowed to sixteen bits after that. Sizes in four bytes.
struct panel_format {
    const cpu_kernels & cpu;
    const narrow_panels * narrow;
    int thread;

    int64_t rows() const { return narrow ? narrow->tile_rows : cpu.tile_rows; }
    int64_t columns() const { return narrow ? narrow->tile_columns : cpu.tile_columns; }
    int64_t rows_size(int64_t k) const { return narrow ? narrow->rows_size(k) : k * cpu.tile_rows; }
    int64_t columns_size(int64_t k) const { return narrow ? narrow->columns_size(k) : k * cpu.tile_columns; }
    int64_t scales_size(int64_t k) const { return narrow ? divide_up(k, narrow_terms) * narrow->tile_columns : 0; }
    float * plain(int64_t size) const { return scratch(thread, scratch_use::gemm_plain, size + pack_slack); } // before it is narrowed
};

// Powers of two that bring each row of A below 1, and back.
struct row_scales { float * down, * up; };

} // namespace

static void scale_rows(const cpu_kernels & cpu, const gemm_operand & a, gemm_range rows, int64_t k, row_scales scales) {
    for (int64_t row = rows.begin; row < rows.end; row++, scales.down++, scales.up++) {
        const float * x = (const float *) element(a, row, 0);
        int exponent = 0;
        std::frexp(cpu.magnitude(k, x), &exponent);
        exponent = std::min(std::max(exponent, -100), 100);
        *scales.down = std::ldexp(1.0f, -exponent);
        *scales.up = std::ldexp(1.0f, exponent);
    }
}

// Rows [begin, end) of A for k in [k0, k0 + k), as consecutive panels.
static void pack_rows(const panel_format & format, const gemm_operand & a, gemm_range rows, int64_t k0, int64_t k, const float * down, float * panels) {
    const int64_t height = format.rows();
    for (int64_t row = rows.begin; row < rows.end; row += height, down += height, panels += format.rows_size(k)) {
        const char * first = a.k_in_line ? element(a, row, k0) : element(a, k0, row);
        const int64_t count = std::min<int64_t>(height, rows.end - row);
        float * to = format.narrow ? format.plain(height * k) : panels;
        pack(format.cpu, (const float *) first, a.line_bytes / (int64_t) sizeof(float), a.k_in_line, count, k, (int) height, to);
        if (format.narrow) format.narrow->narrow_rows(k, to, down, (uint32_t *) panels);
    }
}

// n elements of a line of B, from its element `at` on, as f32.
static void dequantize(const cpu_kernels & cpu, const gemm_operand & b, int64_t line, int64_t at, int64_t n, float * to) {
    const char * from = element(b, line, at);
    if (!cpu.dequantize(b.type, from, to, n)) ggml_get_type_traits(b.type)->to_float(from, to, n);
}

// The same for a group of columns of B, dequantised first where it must be: a piece of k at a time, which stays in the
// first-level cache.
static void pack_columns(const panel_format & format, const gemm_operand & b, gemm_range columns, int64_t k0, int64_t k,
                         float * panels, float * scales) {
    const cpu_kernels & cpu = format.cpu;
    const int64_t tile_columns = format.columns();
    const bool is_plain = b.type == GGML_TYPE_F32;
    const int64_t width = columns.end - columns.begin;
    const int64_t fitting = format.narrow ? narrow_terms : b.k_in_line ? 128 : 16;
    const int64_t piece = is_plain && !format.narrow ? k : std::max<int64_t>(fitting, b.k_in_line ? ggml_blck_size(b.type) : 0);
    for (int64_t done = 0; done < k; done += piece) {
        const int64_t depth = std::min(piece, k - done);
        const float * first;
        int64_t stride;
        if (is_plain) {
            first = (const float *) (b.k_in_line ? element(b, columns.begin, k0 + done) : element(b, k0 + done, columns.begin));
            stride = b.line_bytes / (int64_t) sizeof(float);
        } else {
            stride = b.k_in_line ? depth : width;
            float * plain = scratch(format.thread, scratch_use::gemm_weights, width * depth);
            for (int64_t line = 0; line < (b.k_in_line ? width : depth); line++) {
                if (b.k_in_line) dequantize(cpu, b, columns.begin + line, k0 + done, depth, plain + line * stride);
                else dequantize(cpu, b, k0 + done + line, columns.begin, width, plain + line * stride);
            }
            first = plain;
        }
        for (int64_t column = 0, panel = 0; column < width; column += tile_columns, panel++) {
            float * to = format.narrow ? format.plain(depth * tile_columns) : panels + panel * format.columns_size(k) + done * tile_columns;
            pack(cpu, first + column * (b.k_in_line ? stride : 1), stride, b.k_in_line, std::min<int64_t>(tile_columns, width - column),
                 depth, (int) tile_columns, to);
            if (format.narrow)
                format.narrow->narrow_columns(depth, to, (uint32_t *) panels + panel * format.columns_size(k) + format.columns_size(done),
                                              scales + panel * format.scales_size(k) + format.scales_size(done));
        }
    }
}

void gemm(const gemm_operand & a, const gemm_operand & b, gemm_range rows, gemm_range columns, int64_t k,
          float * c, int64_t ldc, bool add, int thread, const narrow_panels * narrow) {
    if (rows.begin >= rows.end || columns.begin >= columns.end) return;
    GGML_ASSERT(!narrow || a.k_in_line);
    const panel_format format = {current_cpu_kernels(), narrow, thread};
    const int64_t tile_rows = format.rows(), tile_columns = format.columns();
    const int64_t block = k_block(k, b.type);
    const int64_t group = column_group(b, tile_columns);
    const int64_t chunk_limit = most_a / block;
    const int64_t chunks = divide_up(rows.end - rows.begin, chunk_limit);
    const int64_t chunk = round_up(divide_up(rows.end - rows.begin, chunks), tile_rows);
    float * a_panels = scratch(thread, scratch_use::gemm_a, chunk * block + pack_slack);
    float * b_panels = scratch(thread, scratch_use::gemm_b, group * block + pack_slack);
    float * scales = scratch(thread, scratch_use::gemm_scales, 2 * chunk + divide_up(group, tile_columns) * format.scales_size(block));
    const row_scales of_rows = {scales, scales + chunk};
    float * of_columns = scales + 2 * chunk;

    for (int64_t row = rows.begin; row < rows.end; row += chunk) {
        const gemm_range chunk_rows = {row, std::min(rows.end, row + chunk)};
        if (narrow) {
            std::fill(scales, scales + 2 * chunk, 1.0f); // of the rows that fill the last tile up
            if (narrow->scaled) scale_rows(format.cpu, a, chunk_rows, k, of_rows);
        }
        for (int64_t k0 = 0; k0 < k; k0 += block) {
            const int64_t depth = std::min(block, k - k0);
            pack_rows(format, a, chunk_rows, k0, depth, of_rows.down, a_panels);
            for (int64_t column = columns.begin; column < columns.end; column += group) {
                const gemm_range group_columns = {column, std::min(columns.end, column + group)};
                pack_columns(format, b, group_columns, k0, depth, b_panels, of_columns);
                const float * b_panel = b_panels, * b_scales = of_columns;
                for (int64_t j = column; j < group_columns.end; j += tile_columns) {
                    const int width = (int) std::min<int64_t>(tile_columns, group_columns.end - j);
                    const float * a_panel = a_panels;
                    for (int64_t i = row; i < chunk_rows.end; i += tile_rows, a_panel += format.rows_size(depth)) {
                        const int height = (int) std::min<int64_t>(tile_rows, chunk_rows.end - i);
                        if (narrow) narrow->tile(depth, (const uint32_t *) a_panel, (const uint32_t *) b_panel, b_scales, of_rows.up + (i - row),
                                                 c + i * ldc + j, ldc, add || k0 > 0, height, width);
                        else format.cpu.tile(depth, a_panel, b_panel, c + i * ldc + j, ldc, add || k0 > 0, height, width);
                    }
                    b_panel += format.columns_size(depth);
                    b_scales += format.scales_size(depth);
                }
            }
        }
    }
}

gemm_share share_gemm(int64_t rows, int64_t columns, int64_t k, ggml_type b_type, int thread, int threads) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t row_unit = cpu.tile_rows;
    const int64_t column_unit = std::max<int64_t>({cpu.tile_columns, b_type == GGML_TYPE_F32 ? 0 : 64, ggml_blck_size(b_type)});
    const int64_t row_units = divide_up(rows, row_unit), column_units = divide_up(columns, column_unit);
    // In multiply-adds of one tile lane: what packing an element costs, and dequantising one.
    const double pack_cost = 8, dequantise_cost = b_type == GGML_TYPE_F32 ? 0 : 32;
    int64_t best_across = 1;
    double best_cost = 0;
    for (int64_t across = 1; across <= threads; across++) { // threads side by side over the columns
        if (threads % across != 0) continue;
        const double r = (double) divide_up(row_units, threads / across) * row_unit;
        const double c = (double) divide_up(column_units, across) * column_unit;
        const double cost = (r * c + r * pack_cost + c * (pack_cost + dequantise_cost)) * (double) k;
        if (across == 1 || cost < best_cost) best_cost = cost, best_across = across;
    }
    const int64_t down = threads / best_across, i = thread / best_across, j = thread % best_across;
    return {{std::min(rows, row_units * i / down * row_unit), std::min(rows, row_units * (i + 1) / down * row_unit)},
            {std::min(columns, column_units * j / best_across * column_unit),
             std::min(columns, column_units * (j + 1) / best_across * column_unit)}};
}

size_t gemm_scratch_bytes() {
    const int64_t b = widest_group * longest_block, plain = widest_group * narrow_terms;
    return scratch_bytes(most_a + pack_slack) + scratch_bytes(b + pack_slack) + 2 * scratch_bytes(plain);
}

const char * gemm_kernel_name() { return current_cpu_kernels().name; }
