#include "kernels/attention.h"
#include "kernels/attention_layout.h"
#include "kernels/attention_panels.h"
#include "kernels/cpu_kernels.h"
#include "kernels/scratch.h"
#include <algorithm>
#include <cstring>
#include <map>

namespace {

attention_layout layout_of(const attention_plan & plan) { return lay_out_attention(plan.segments, plan.window, plan.n_head / plan.n_head_kv); }

const float * data_of(const ggml_tensor * t) { return (const float *) t->data; }

// A unit of work: one chunk, one key/value head.
void forward_of_chunk(const attention_plan & plan, const attention_layout & layout, const attention_chunk & chunk, int64_t kv_head,
                      ggml_tensor * dst, int thread) {
    const int64_t width = (int64_t) plan.n_head * plan.head_dim, kv_width = (int64_t) plan.n_head_kv * plan.head_dim, dim = plan.head_dim;
    const key_places places(chunk, dim);
    float * keys = scratch(thread, scratch_use::attention_keys, 2 * places.size);
    float * values = keys + places.size;
    places.pack_by_key(data_of(dst->src[1]) + kv_head * dim, kv_width, keys);
    places.pack_by_dimension(data_of(dst->src[2]) + kv_head * dim, kv_width, values);
    for (const attention_block & block : chunk.blocks) {
        const query_panels panels(plan, layout, block, places);
        float * q = scratch(thread, scratch_use::attention_panels, panels.packed_size());
        float * p = scratch(thread, scratch_use::attention_p, panels.score_size());
        float * out = scratch(thread, scratch_use::attention_out, panels.out_size());
        float * rows = scratch(thread, scratch_use::attention_rows, panels.row_size());
        panels.gather(data_of(dst->src[0]), width, kv_head, rows);
        panels.pack(rows, q);
        for (int64_t panel = 0; panel < panels.count; panel++) {
            float inverse[most_tile_columns];
            panels.score(panel, q, keys, p);
            panels.probabilities(panel, p, nullptr, inverse);
            panels.mix(panel, p, values, out);
            current_cpu_kernels().scale_columns(dim, inverse, out);
            panels.unpack(panel, out, rows);
        }
        panels.scatter(rows, width, kv_head, (float *) dst->data);
    }
}

void run_forward(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const attention_plan & plan = *(const attention_plan *) userdata;
    const attention_layout layout = layout_of(plan);
    int64_t unit = 0;
    for (const attention_chunk & chunk : layout.chunks)
        for (int64_t kv_head = 0; kv_head < plan.n_head_kv; kv_head++, unit++)
            if (unit % threads == thread) forward_of_chunk(plan, layout, chunk, kv_head, dst, thread);
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
void back_of_chunk(const attention_plan & plan, const attention_layout & layout, const attention_chunk & chunk, int64_t kv_head,
                   ggml_tensor * dst, int thread) {
    const int64_t dim = plan.head_dim, width = plan.n_head * dim, kv_width = plan.n_head_kv * dim;
    const packed_gradient at(plan, dst->src[0]->ne[1], layout.outer_rows);
    float * dq = (float *) dst->data;
    float * dk = dq + at.dk + kv_head * dim, * dv = dq + at.dv + kv_head * dim;
    float * outer = dq + at.outer + chunk.outer_row * 2 * kv_width + kv_head * dim;
    for (int64_t c = chunk.begin; c < chunk.end; c++) {
        memset(dk + c * kv_width, 0, dim * sizeof(float));
        memset(dv + c * kv_width, 0, dim * sizeof(float));
    }
    for (int64_t row = 0; row < 2 * chunk.depth; row++) memset(outer + row * kv_width, 0, dim * sizeof(float));

    const key_places places(chunk, dim);
    float * keys = scratch(thread, scratch_use::attention_keys, 3 * places.size);
    float * keys_by_dimension = keys + places.size, * values = keys + 2 * places.size;
    places.pack_by_key(data_of(dst->src[1]) + kv_head * dim, kv_width, keys);
    places.pack_by_dimension(data_of(dst->src[1]) + kv_head * dim, kv_width, keys_by_dimension);
    places.pack_by_key(data_of(dst->src[2]) + kv_head * dim, kv_width, values);
    for (const attention_block & block : chunk.blocks) {
        const query_panels panels(plan, layout, block, places);
        float * q = scratch(thread, scratch_use::attention_panels, 4 * panels.packed_size());
        float * d_out = q + panels.packed_size();
        float * q_by_row = d_out + panels.packed_size(), * d_out_by_row = q_by_row + panels.packed_size();
        float * p = scratch(thread, scratch_use::attention_p, panels.score_size());
        float * ds = scratch(thread, scratch_use::attention_ds, panels.score_size());
        float * slope = plan.soft_cap > 0 ? scratch(thread, scratch_use::attention_slope, panels.score_size()) : nullptr;
        float * out = scratch(thread, scratch_use::attention_out, panels.out_size());
        float * rows = scratch(thread, scratch_use::attention_rows, panels.row_size());
        panels.gather(data_of(dst->src[0]), width, kv_head, rows);
        panels.pack(rows, q);
        panels.pack_by_row(rows, q_by_row);
        panels.gather(data_of(dst->src[3]), width, kv_head, rows);
        panels.pack(rows, d_out);
        panels.pack_by_row(rows, d_out_by_row);
        for (int64_t panel = 0; panel < panels.count; panel++) {
            float inverse[most_tile_columns];
            panels.score(panel, q, keys, p);
            panels.probabilities(panel, p, slope, inverse);
            panels.score(panel, d_out, values, ds);
            panels.probabilities_back(panel, inverse, slope, p, ds);
            panels.mix(panel, ds, keys_by_dimension, out);
            panels.unpack(panel, out, rows);
        }
        panels.scatter(rows, width, kv_head, dq);
        float * strip = scratch(thread, scratch_use::attention_strip, panels.strip_size());
        for (const attention_span & span : block.spans) {
            const int32_t border = std::min(std::max(span.key_begin, chunk.begin), span.key_end); // outer keys come first
            float * outer_dk = outer + span.depth * 2 * kv_width;
            panels.spread(span, span.key_begin, border, ds, q_by_row, outer_dk, 2 * kv_width, strip);
            panels.spread(span, span.key_begin, border, p, d_out_by_row, outer_dk + kv_width, 2 * kv_width, strip);
            panels.spread(span, border, span.key_end, ds, q_by_row, dk + border * kv_width, kv_width, strip);
            panels.spread(span, border, span.key_end, p, d_out_by_row, dv + border * kv_width, kv_width, strip);
        }
    }
}

void run_back(ggml_tensor * dst, int thread, int threads, void * userdata) {
    const attention_plan & plan = *(const attention_plan *) userdata;
    const attention_layout layout = layout_of(plan);
    GGML_ASSERT(dst->ne[0] == packed_gradient(plan, dst->src[0]->ne[1], layout.outer_rows).total); // the plan has not changed
    int64_t unit = 0;
    for (const attention_chunk & chunk : layout.chunks)
        for (int64_t kv_head = 0; kv_head < plan.n_head_kv; kv_head++, unit++)
            if (unit % threads == thread) back_of_chunk(plan, layout, chunk, kv_head, dst, thread);
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
    GGML_ASSERT(plan.n_head_kv > 0 && plan.n_head % plan.n_head_kv == 0 && !plan.segments.empty());
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

size_t attention_scratch_bytes(const attention_plan & plan) {
    const attention_layout layout = layout_of(plan);
    std::map<scratch_use, int64_t> most;
    const auto need = [&](scratch_use use, int64_t count) { most[use] = std::max(most[use], count); };
    for (const attention_chunk & chunk : layout.chunks) {
        const key_places places(chunk, plan.head_dim);
        need(scratch_use::attention_keys, 3 * places.size);
        for (const attention_block & block : chunk.blocks) {
            const query_panels panels(plan, layout, block, places);
            need(scratch_use::attention_panels, 4 * panels.packed_size());
            need(scratch_use::attention_p, panels.score_size());
            need(scratch_use::attention_ds, panels.score_size());
            if (plan.soft_cap > 0) need(scratch_use::attention_slope, panels.score_size());
            need(scratch_use::attention_out, panels.out_size());
            need(scratch_use::attention_rows, panels.row_size());
            need(scratch_use::attention_strip, panels.strip_size());
        }
    }
    size_t bytes = 0;
    for (const auto & [use, count] : most) bytes += scratch_bytes(count);
    return bytes;
}
