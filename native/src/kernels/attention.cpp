#include "kernels/attention.h"
#include "kernels/attention_layout.h"
#include "kernels/cpu_kernels.h"
#include "kernels/gemm.h"
#include "kernels/scratch.h"
#include <algorithm>
#include <cstring>

namespace {

// The rows of a block: for one key/value head all query heads that read it, query by query, so that a run of queries is
// a run of rows and one product serves all those heads.
struct block_rows {
    int64_t heads, dim, count, row_length; // row_length: of scores, a multiple of 16 that holds sixteen lanes from any place on
    block_rows(const attention_plan & plan, const attention_block & block)
        : heads(plan.n_head / plan.n_head_kv), dim(plan.head_dim), count((block.end - block.begin) * heads),
          row_length((block.row_length + 15) / 16 * 16 + (plan.window > 0 ? 16 : 0)) {}
};

attention_layout layout_of(const attention_plan & plan) { return lay_out_attention(plan.segments, plan.window, plan.n_head / plan.n_head_kv); }

gemm_operand lines(const float * first, int64_t stride, bool k_in_line) {
    return {first, GGML_TYPE_F32, stride * (int64_t) sizeof(float), k_in_line};
}

// Columns [begin, end) of one group of query heads, from or to [n, n_head * dim] and the block's rows.
void gather(const float * all, int64_t width, const attention_block & block, const block_rows & rows, int64_t kv_head, float * out) {
    const int64_t length = rows.heads * rows.dim;
    for (int64_t q = block.begin; q < block.end; q++, out += length)
        memcpy(out, all + q * width + kv_head * length, length * sizeof(float));
}

void scatter(const float * in, int64_t width, const attention_block & block, const block_rows & rows, int64_t kv_head, float * all) {
    const int64_t length = rows.heads * rows.dim;
    for (int64_t q = block.begin; q < block.end; q++, in += length)
        memcpy(all + q * width + kv_head * length, in, length * sizeof(float));
}

struct problem {
    const attention_plan & plan;
    const attention_layout & layout;
    int64_t width, kv_width; // floats from one column to the next
    int thread;

    problem(const attention_plan & plan, const attention_layout & layout, int thread)
        : plan(plan), layout(layout), width((int64_t) plan.n_head * plan.head_dim),
          kv_width((int64_t) plan.n_head_kv * plan.head_dim), thread(thread) {}

    // scores(row, depth) = x(row) . keys(depth's column), for x = q or d_out, keys = k or v of one head.
    void score(const attention_block & block, const block_rows & rows, const float * x, const float * keys, float * scores) const {
        for (const attention_span & span : block.spans) {
            const int64_t first = (span.query_begin - block.begin) * rows.heads, count = (span.query_end - span.query_begin) * rows.heads;
            gemm(lines(x + first * rows.dim, rows.dim, true), lines(keys + span.key_begin * kv_width, kv_width, true),
                 {0, count}, {0, span.key_end - span.key_begin}, rows.dim,
                 scores + first * rows.row_length + span.depth - block.first_depth, rows.row_length, false, thread);
        }
    }

    // out(row) = sum over depths of scores(row, depth) * values(depth's column).
    void mix(const attention_block & block, const block_rows & rows, const float * scores, const float * values, float * out) const {
        const bool is_partial = plan.window > 0; // then the first span of a query need not begin at depth 0
        if (is_partial) memset(out, 0, rows.count * rows.dim * sizeof(float));
        for (const attention_span & span : block.spans) {
            const int64_t first = (span.query_begin - block.begin) * rows.heads, count = (span.query_end - span.query_begin) * rows.heads;
            gemm(lines(scores + first * rows.row_length + span.depth - block.first_depth, rows.row_length, true),
                 lines(values + span.key_begin * kv_width, kv_width, false), {0, count}, {0, rows.dim},
                 span.key_end - span.key_begin, out + first * rows.dim, rows.dim, is_partial || span.depth > 0, thread);
        }
    }

    // d(key's column) += sum over rows of scores(row, key's depth) * x(row), for the keys in [key_begin, key_end) of a span.
    void spread(const attention_block & block, const block_rows & rows, const attention_span & span, int64_t key_begin,
                int64_t key_end, const float * scores, const float * x, float * d, int64_t stride) const {
        const int64_t first = (span.query_begin - block.begin) * rows.heads, count = (span.query_end - span.query_begin) * rows.heads;
        gemm(lines(scores + first * rows.row_length + span.depth - block.first_depth + key_begin - span.key_begin, rows.row_length, false),
             lines(x + first * rows.dim, rows.dim, false), {0, key_end - key_begin}, {0, rows.dim}, count, d, stride, true, thread);
    }

    // What the query of a row sees, as places in its row of scores.
    struct seen { int64_t begin, end; };
    seen seen_by(const attention_block & block, const block_rows & rows, int64_t row) const {
        const int64_t depth = layout.depth[block.begin + row / rows.heads];
        return {plan.window > 0 ? std::max<int64_t>(0, depth + 1 - plan.window) - block.first_depth : 0, depth + 1 - block.first_depth};
    }

    // slope: with a soft cap, the derivative of the scores after it by the products before it, a row as p's; or nullptr
    void probabilities(const attention_block & block, const block_rows & rows, const float * q, const float * k, float * p, float * slope) const {
        const cpu_kernels & kernels = current_cpu_kernels();
        score(block, rows, q, k, p);
        for (int64_t row = 0; row < rows.count; row++) {
            const auto [begin, end] = seen_by(block, rows, row);
            const int64_t at = row * rows.row_length;
            if (plan.soft_cap > 0) kernels.soft_cap(end - begin, plan.scale, plan.soft_cap, p + at + begin, slope ? slope + at + begin : nullptr);
            memset(p + at, 0, begin * sizeof(float));
            kernels.softmax(end - begin, rows.row_length - begin, plan.soft_cap > 0 ? 1.0f : plan.scale, p + at + begin);
        }
    }

    // d: gradient by p, becomes that by the products q . k
    void probabilities_back(const attention_block & block, const block_rows & rows, const float * p, const float * slope, float * d) const {
        for (int64_t row = 0; row < rows.count; row++) {
            const auto [begin, end] = seen_by(block, rows, row);
            const int64_t at = row * rows.row_length;
            memset(d + at, 0, begin * sizeof(float));
            current_cpu_kernels().softmax_back(end - begin, rows.row_length - begin, slope ? 1.0f : plan.scale, p + at + begin, d + at + begin);
            if (slope)
                for (int64_t i = at + begin; i < at + end; i++) d[i] *= slope[i];
        }
    }
};

const float * data_of(const ggml_tensor * t) { return (const float *) t->data; }

// A unit of work: one block of queries, one key/value head.
void run_forward(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const attention_plan & plan = *(const attention_plan *) userdata;
    const attention_layout layout = layout_of(plan);
    const problem task(plan, layout, thread);
    int64_t unit = 0;
    for (const attention_chunk & chunk : layout.chunks)
        for (const attention_block & block : chunk.blocks)
            for (int64_t kv_head = 0; kv_head < plan.n_head_kv; kv_head++, unit++) {
                if (unit % threads != thread) continue;
                const block_rows rows(plan, block);
                float * q = scratch(thread, scratch_use::attention_q, rows.count * rows.dim);
                float * p = scratch(thread, scratch_use::attention_p, rows.count * rows.row_length);
                float * out = scratch(thread, scratch_use::attention_out, rows.count * rows.dim);
                gather(data_of(dst->src[0]), task.width, block, rows, kv_head, q);
                task.probabilities(block, rows, q, data_of(dst->src[1]) + kv_head * rows.dim, p, nullptr);
                task.mix(block, rows, p, data_of(dst->src[2]) + kv_head * rows.dim, out);
                scatter(out, task.width, block, rows, kv_head, (float *) dst->data);
            }
}

// Where the parts of the packed gradient start, in floats. An outer row holds dk then dv of all heads.
struct packed_gradient {
    int64_t dk, dv, outer, total;
    packed_gradient(const attention_plan & plan, int64_t n, int64_t outer_rows) {
        const int64_t kv_width = (int64_t) plan.n_head_kv * plan.head_dim;
        dk = (int64_t) plan.n_head * plan.head_dim * n;
        dv = dk + kv_width * n;
        outer = dv + kv_width * n;
        total = outer + outer_rows * 2 * kv_width;
    }
};

// A unit of work: one chunk, one key/value head; its blocks one after the other.
void back_of_chunk(const problem & task, const attention_chunk & chunk, int64_t kv_head, ggml_tensor * dst) {
    const attention_plan & plan = task.plan;
    const int64_t dim = plan.head_dim, kv_width = task.kv_width;
    const float * q = data_of(dst->src[0]), * d_out = data_of(dst->src[3]);
    const float * k = data_of(dst->src[1]) + kv_head * dim, * v = data_of(dst->src[2]) + kv_head * dim;
    const packed_gradient at(plan, dst->src[0]->ne[1], task.layout.outer_rows);
    float * dq = (float *) dst->data;
    float * dk = dq + at.dk + kv_head * dim, * dv = dq + at.dv + kv_head * dim;
    float * outer = dq + at.outer + chunk.outer_row * 2 * kv_width + kv_head * dim;

    for (int64_t c = chunk.begin; c < chunk.end; c++) {
        memset(dk + c * kv_width, 0, dim * sizeof(float));
        memset(dv + c * kv_width, 0, dim * sizeof(float));
    }
    for (int64_t row = 0; row < 2 * chunk.depth; row++) memset(outer + row * kv_width, 0, dim * sizeof(float));

    for (const attention_block & block : chunk.blocks) {
        const block_rows rows(plan, block);
        float * block_q = scratch(task.thread, scratch_use::attention_q, rows.count * dim);
        float * block_d_out = scratch(task.thread, scratch_use::attention_d_out, rows.count * dim);
        float * block_dq = scratch(task.thread, scratch_use::attention_out, rows.count * dim);
        float * p = scratch(task.thread, scratch_use::attention_p, rows.count * rows.row_length);
        float * ds = scratch(task.thread, scratch_use::attention_dp, rows.count * rows.row_length);
        gather(q, task.width, block, rows, kv_head, block_q);
        gather(d_out, task.width, block, rows, kv_head, block_d_out);
        float * slope = plan.soft_cap > 0 ? scratch(task.thread, scratch_use::attention_slope, rows.count * rows.row_length) : nullptr;
        task.probabilities(block, rows, block_q, k, p, slope);
        task.score(block, rows, block_d_out, v, ds);
        task.probabilities_back(block, rows, p, slope, ds);
        task.mix(block, rows, ds, k, block_dq);
        scatter(block_dq, task.width, block, rows, kv_head, dq);
        for (const attention_span & span : block.spans) {
            const int64_t border = std::min(std::max(span.key_begin, chunk.begin), span.key_end); // outer keys come first
            float * outer_dk = outer + span.depth * 2 * kv_width;
            task.spread(block, rows, span, span.key_begin, border, ds, block_q, outer_dk, 2 * kv_width);
            task.spread(block, rows, span, span.key_begin, border, p, block_d_out, outer_dk + kv_width, 2 * kv_width);
            task.spread(block, rows, span, border, span.key_end, ds, block_q, dk + border * kv_width, kv_width);
            task.spread(block, rows, span, border, span.key_end, p, block_d_out, dv + border * kv_width, kv_width);
        }
    }
}

void run_back(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const attention_plan & plan = *(const attention_plan *) userdata;
    const attention_layout layout = layout_of(plan);
    GGML_ASSERT(dst->ne[0] == packed_gradient(plan, dst->src[0]->ne[1], layout.outer_rows).total); // the plan has not changed
    const problem task(plan, layout, thread);
    int64_t unit = 0;
    for (const attention_chunk & chunk : layout.chunks)
        for (int64_t kv_head = 0; kv_head < plan.n_head_kv; kv_head++, unit++)
            if (unit % threads == thread) back_of_chunk(task, chunk, kv_head, dst);
}

// Adds the outer rows to the columns they belong to, chunk after chunk; each thread its own share of the columns.
void run_fold(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const attention_plan & plan = *(const attention_plan *) userdata;
    const attention_layout layout = layout_of(plan);
    const int64_t n = layout.depth.size(), kv_width = (int64_t) plan.n_head_kv * plan.head_dim;
    const packed_gradient at(plan, n, layout.outer_rows);
    float * packed = (float *) dst->data;
    const int64_t begin = n * thread / threads, end = n * (thread + 1) / threads;
    for (const attention_chunk & chunk : layout.chunks)
        for (const attention_span & keys : chunk.outer_keys)
            for (int64_t c = std::max<int64_t>(begin, keys.key_begin); c < std::min<int64_t>(end, keys.key_end); c++) {
                const float * row = packed + at.outer + (chunk.outer_row + keys.depth + c - keys.key_begin) * 2 * kv_width;
                float * dk = packed + at.dk + c * kv_width, * dv = packed + at.dv + c * kv_width;
                for (int64_t i = 0; i < kv_width; i++) dk[i] += row[i];
                for (int64_t i = 0; i < kv_width; i++) dv[i] += row[kv_width + i];
            }
}

void check_operands(const ggml_tensor * q, const ggml_tensor * k, const ggml_tensor * v, const attention_plan & plan) {
    GGML_ASSERT(plan.window >= 0 && plan.soft_cap >= 0 && plan.n_head_kv > 0 && plan.n_head % plan.n_head_kv == 0 && !plan.segments.empty());
    const int64_t n = plan.segments.back().end;
    const auto is = [&](const ggml_tensor * t, int64_t heads) {
        return t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && t->ne[0] == heads * plan.head_dim && t->ne[1] == n &&
               ggml_nrows(t) == n;
    };
    GGML_ASSERT(is(q, plan.n_head) && is(k, plan.n_head_kv) && is(v, plan.n_head_kv));
}

ggml_tensor * part(ggml_context * ctx, ggml_tensor * packed, int64_t rows, int64_t n, int64_t first) {
    return ggml_view_2d(ctx, packed, rows, n, rows * sizeof(float), first * sizeof(float));
}

} // namespace

ggml_tensor * attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, const attention_plan * plan) {
    check_operands(q, k, v, *plan);
    ggml_tensor * args[] = {q, k, v};
    return ggml_set_name(ggml_custom_4d(ctx, GGML_TYPE_F32, q->ne[0], q->ne[1], 1, 1, args, 3, run_forward, GGML_N_TASKS_MAX, (void *) plan), "attention");
}

ggml_tensor * attention_back(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * d_out,
                             const attention_plan * plan) {
    check_operands(q, k, v, *plan);
    check_operands(d_out, k, v, *plan);
    const attention_layout layout = layout_of(*plan);
    const int64_t total = packed_gradient(*plan, q->ne[1], layout.outer_rows).total;
    ggml_tensor * args[] = {q, k, v, d_out};
    ggml_tensor * packed = ggml_custom_4d(ctx, GGML_TYPE_F32, total, 1, 1, 1, args, 4, run_back, GGML_N_TASKS_MAX, (void *) plan);
    ggml_set_name(packed, "attention_back");
    if (layout.outer_rows == 0) return packed;
    return ggml_set_name(ggml_custom_inplace(ctx, packed, nullptr, 0, run_fold, GGML_N_TASKS_MAX, (void *) plan), "attention_fold");
}

ggml_tensor * attention_dq(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n) {
    return part(ctx, packed, (int64_t) plan->n_head * plan->head_dim, n, 0);
}

ggml_tensor * attention_dk(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n) {
    return part(ctx, packed, (int64_t) plan->n_head_kv * plan->head_dim, n, packed_gradient(*plan, n, 0).dk);
}

ggml_tensor * attention_dv(ggml_context * ctx, ggml_tensor * packed, const attention_plan * plan, int64_t n) {
    return part(ctx, packed, (int64_t) plan->n_head_kv * plan->head_dim, n, packed_gradient(*plan, n, 0).dv);
}
