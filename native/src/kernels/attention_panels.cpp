#include "kernels/attention_panels.h"
#include <algorithm>
#include <cstring>

static int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

key_places::key_places(const attention_chunk & chunk, int64_t dim)
    : chunk(chunk), dim(dim), padded_dim(round_up(dim, current_cpu_kernels().tile_rows)), size(0) {
    GGML_ASSERT(attention_key_step % current_cpu_kernels().tile_rows == 0);
    for (const attention_key_run & run : chunk.key_runs) {
        first.push_back(size);
        size += round_up(run.end - run.begin, current_cpu_kernels().tile_rows) * padded_dim;
    }
    size += pack_slack;
}

void key_places::pack_by_key(const float * rows, int64_t stride, float * to) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    for (size_t run = 0; run < first.size(); run++)
        for (int64_t key = chunk.key_runs[run].begin, end = chunk.key_runs[run].end, at = first[run]; key < end; key += cpu.tile_rows, at += cpu.tile_rows * dim)
            cpu.pack_across(rows + key * stride, stride, (int) std::min<int64_t>(cpu.tile_rows, end - key), dim, cpu.tile_rows, to + at);
}

void key_places::pack_by_dimension(const float * rows, int64_t stride, float * to) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    for (size_t run = 0; run < first.size(); run++) {
        const int64_t begin = chunk.key_runs[run].begin, keys = chunk.key_runs[run].end - begin;
        for (int64_t e = 0; e < dim; e += cpu.tile_rows)
            cpu.pack_along(rows + begin * stride + e, stride, (int) std::min<int64_t>(cpu.tile_rows, dim - e), keys, cpu.tile_rows, to + first[run] + e * keys);
    }
}

query_panels::query_panels(const attention_plan & plan, const attention_layout & layout, const attention_block & block, const key_places & places)
    : plan_(plan), block_(block), places_(places), heads_(plan.n_head / plan.n_head_kv), dim_(plan.head_dim), row_stride_(round_up(plan.head_dim, 16)), rows_((block.end - block.begin) * heads_),
      columns_(current_cpu_kernels().tile_columns), tile_rows_(current_cpu_kernels().tile_rows) {
    count = (rows_ + columns_ - 1) / columns_;
    first_.assign(count * columns_, 0);
    last_.assign(count * columns_, 0);
    lines_.assign(count, 0);
    for (int64_t row = 0; row < rows_; row++) {
        const int32_t depth = layout.depth[block.begin + row / heads_];
        last_[row] = depth - block.first_depth;
        if (plan.window > 0) first_[row] = std::max(0, depth + 1 - plan.window - block.first_depth);
        lines_[row / columns_] = std::max<int64_t>(lines_[row / columns_], last_[row] + 1);
    }
    score_stride_ = (block.row_length + tile_rows_) * columns_; // the last tile of a span may write lines behind it
}

void query_panels::gather(const float * all, int64_t width, int64_t kv_head, float * rows) const {
    for (int64_t row = 0; row < rows_; row++)
        memcpy(rows + row * row_stride_, all + (block_.begin + row / heads_) * width + (kv_head * heads_ + row % heads_) * dim_, dim_ * sizeof(float));
}

void query_panels::scatter(const float * rows, int64_t width, int64_t kv_head, float * all) const {
    for (int64_t row = 0; row < rows_; row++)
        memcpy(all + (block_.begin + row / heads_) * width + (kv_head * heads_ + row % heads_) * dim_, rows + row * row_stride_, dim_ * sizeof(float));
}

void query_panels::pack(const float * rows, float * to) const {
    for (int64_t row = 0; row < rows_; row += columns_)
        current_cpu_kernels().pack_across(rows + row * row_stride_, row_stride_, (int) std::min(columns_, rows_ - row), dim_, (int) columns_, to + row * dim_);
}

void query_panels::pack_by_row(const float * rows, float * to) const {
    for (int64_t e = 0; e < dim_; e += columns_)
        current_cpu_kernels().pack_along(rows + e, row_stride_, (int) std::min(columns_, dim_ - e), rows_, (int) columns_, to + e * rows_);
}

query_panels::overlap query_panels::overlap_of(int64_t panel, const attention_span & span) const {
    const int64_t begin = (span.query_begin - block_.begin) * heads_ - panel * columns_;
    const int64_t end = (span.query_end - block_.begin) * heads_ - panel * columns_;
    const int64_t in_panel = std::min(columns_, rows_ - panel * columns_);
    return {std::max<int64_t>(begin, 0), std::min(end, in_panel), std::min<int64_t>(span.key_end - span.key_begin, lines_[panel] - line_of(span))};
}

// c(line, column) (+)= sum_k a(k, line) b(k, column) for the columns of a part. What fills up the panel may be written, too. Other columns belong
// to other segments: beside them the tile is computed apart.
void query_panels::multiply(int64_t k, const float * a, const float * b, float * c, bool add, int64_t lines, const overlap & part, int64_t panel) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    const bool whole = part.begin == 0 && part.end == std::min(columns_, rows_ - panel * columns_);
    float apart[16 * most_tile_columns];
    for (int64_t line = 0; line < lines; line += tile_rows_, a += tile_rows_ * k, c += tile_rows_ * columns_) {
        const int64_t height = std::min(tile_rows_, lines - line);
        if (whole) {
            cpu.tile(k, a, b, c, columns_, add, (int) height, (int) columns_);
            continue;
        }
        if (add) memcpy(apart, c, height * columns_ * sizeof(float));
        cpu.tile(k, a, b, apart, columns_, add, (int) height, (int) columns_);
        for (int64_t i = 0; i < height; i++)
            memcpy(c + i * columns_ + part.begin, apart + i * columns_ + part.begin, (part.end - part.begin) * sizeof(float));
    }
}

void query_panels::score(int64_t panel, const float * x, const float * keys, float * scores) const {
    for (const attention_span & span : block_.spans) {
        const overlap part = overlap_of(panel, span);
        if (part.begin >= part.end || part.keys <= 0) continue;
        // Whole panels of keys where the lines behind are written again or seen by no one: so wherever the part is whole.
        const bool whole = part.begin == 0 && part.end == std::min(columns_, rows_ - panel * columns_);
        const int64_t skipped = span.key_begin - places_.chunk.key_runs[span.run].begin; // whole panels
        multiply(dim_, keys + places_.first[span.run] + skipped * dim_, x + panel * columns_ * dim_,
                 scores + panel * score_stride_ + line_of(span) * columns_, false, whole ? round_up(part.keys, tile_rows_) : part.keys, part, panel);
    }
}

void query_panels::probabilities(int64_t panel, float * scores, float * slope, float * inverse) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    const bool is_capped = plan_.soft_cap > 0;
    float * own = scores + panel * score_stride_;
    if (is_capped) cpu.soft_cap(lines_[panel] * columns_, plan_.scale, plan_.soft_cap, own, slope ? slope + panel * score_stride_ : nullptr);
    cpu.softmax(lines_[panel], first_.data() + panel * columns_, last_.data() + panel * columns_, is_capped ? 1.0f : plan_.scale, own, inverse);
}

void query_panels::probabilities_back(int64_t panel, const float * inverse, const float * slope, float * p, float * d) const {
    p += panel * score_stride_;
    d += panel * score_stride_;
    current_cpu_kernels().softmax_back(lines_[panel], first_.data() + panel * columns_, last_.data() + panel * columns_, plan_.scale,
                                       slope ? slope + panel * score_stride_ : nullptr, inverse, p, d);
    for (float * scores : {p, d}) memset(scores + lines_[panel] * columns_, 0, tile_rows_ * columns_ * sizeof(float));
}

void query_panels::mix(int64_t panel, const float * scores, const float * values, float * out) const {
    const bool is_partial = plan_.window > 0; // then the first span of a query need not begin at depth 0
    if (is_partial) memset(out, 0, dim_ * columns_ * sizeof(float));
    for (const attention_span & span : block_.spans) {
        const overlap part = overlap_of(panel, span);
        if (part.begin >= part.end || part.keys <= 0) continue;
        const attention_key_run & run = places_.chunk.key_runs[span.run];
        const int64_t packed = run.end - run.begin, skipped = span.key_begin - run.begin;
        for (int64_t e = 0; e < dim_; e += tile_rows_)
            multiply(part.keys, values + places_.first[span.run] + e * packed + skipped * tile_rows_,
                     scores + panel * score_stride_ + line_of(span) * columns_, out + e * columns_, is_partial || span.depth > 0,
                     std::min(tile_rows_, dim_ - e), part, panel);
    }
}

void query_panels::unpack(int64_t panel, const float * out, float * rows) const {
    current_cpu_kernels().pack_across(out, columns_, (int) dim_, std::min(columns_, rows_ - panel * columns_), (int) row_stride_, rows + panel * columns_ * row_stride_);
}

void query_panels::spread(const attention_span & span, int32_t key_begin, int32_t key_end, const float * scores, const float * x, float * d,
                          int64_t stride, float * strip) const {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t end = (span.query_end - block_.begin) * heads_;
    for (int64_t key = key_begin; key < key_end; key += tile_rows_, d += tile_rows_ * stride) {
        const int keys = (int) std::min(tile_rows_, key_end - key);
        const int64_t begin = (std::max<int64_t>(span.query_begin, key) - block_.begin) * heads_; // rows before the key do not see it
        const float * line = scores + (line_of(span) + key - span.key_begin) * columns_;
        float * to = strip;
        for (int64_t row = begin, next; row < end; row = next) {
            next = std::min(end, (row / columns_ + 1) * columns_);
            cpu.pack_across(line + row / columns_ * score_stride_ + row % columns_, columns_, keys, next - row, (int) tile_rows_, to);
            to += (next - row) * tile_rows_;
        }
        for (int64_t e = 0; e < dim_; e += columns_)
            cpu.tile(end - begin, strip, x + e * rows_ + begin * columns_, d + e, stride, true, keys, (int) std::min(columns_, dim_ - e));
    }
}
