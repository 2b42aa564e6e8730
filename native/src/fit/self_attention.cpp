#include "fit/self_attention.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>
#include <cmath>

// Calls body(window, head, its span, where its probabilities begin).
template <typename Body> static void for_each_head(const attention_shape & shape, const std::vector<sequence_span> & spans, const Body & body) {
    int64_t begin = 0;
    for (size_t w = 0; w < spans.size(); w++)
        for (int64_t head = 0; head < shape.heads; head++, begin += spans[w].n_queries * spans[w].n_inputs) body(w, head, spans[w], begin);
}

static int64_t n_seen(const sequence_span & span, int64_t query) { return span.n_inputs - span.n_queries + query + 1; }

static void drop(const attention_shape & shape, const window_share & share, size_t window, int64_t head, int64_t seen, const float * x, float * y) {
    drop_row(shape.dropout, share, shape.site + static_cast<uint64_t>(head), window, seen - 1, shape.most_inputs, seen, x, y);
}

void attend(const attention_shape & shape, const window_share & share, const std::vector<sequence_span> & spans, const_matrix q, const_matrix k, const_matrix v,
            matrix_view context, std::vector<float> & probabilities, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t width = q.columns / shape.heads;
    const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(width)));
    int64_t size = 0;
    for_each_head(shape, spans, [&](size_t, int64_t, const sequence_span & span, int64_t begin) { size = begin + span.n_queries * span.n_inputs; });
    probabilities.resize(static_cast<size_t>(size));
    std::vector<float> dropped(static_cast<size_t>(shape.most_inputs * shape.most_inputs));
    for_each_head(shape, spans, [&](size_t w, int64_t head, const sequence_span & span, int64_t begin) {
        const auto of_head = [&](const_matrix m, int64_t first, int64_t n) { return m.part(first, n).beside(head * width, width); };
        const matrix_view p(probabilities.data() + begin, span.n_queries, span.n_inputs), shown(dropped.data(), span.n_queries, span.n_inputs);
        multiply_by_transposed(of_head(q, span.first_query, span.n_queries), of_head(k, span.first_input, span.n_inputs), p, onto::nothing, lane);
        for (int64_t i = 0; i < span.n_queries; i++) {
            const int64_t seen = n_seen(span, i);
            float * row = p.row(i);
            for (int64_t j = 0; j < seen; j++) row[j] *= scale;
            const float top = cpu.maximum(seen, row);
            cpu.exp_scaled(seen, row, top, static_cast<float>(1 / cpu.exp_sum(seen, row, top)), row);
            std::fill(row + seen, row + span.n_inputs, 0.0f);
            drop(shape, share, w, head, seen, row, shown.row(i));
            std::fill(shown.row(i) + seen, shown.row(i) + span.n_inputs, 0.0f);
        }
        multiply(shown, of_head(v, span.first_input, span.n_inputs), context.part(span.first_query, span.n_queries).beside(head * width, width), onto::nothing, lane);
    });
}

void attend_back(const attention_shape & shape, const window_share & share, const std::vector<sequence_span> & spans, const_matrix q, const_matrix k, const_matrix v,
                 const std::vector<float> & probabilities, const_matrix d_context, matrix_view dq, matrix_view dk, matrix_view dv, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const int64_t width = q.columns / shape.heads;
    const float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(width)));
    std::vector<float> dropped(static_cast<size_t>(shape.most_inputs * shape.most_inputs)), d_memory(dropped.size());
    for_each_head(shape, spans, [&](size_t w, int64_t head, const sequence_span & span, int64_t begin) {
        const auto of_head = [&](const_matrix m, int64_t first, int64_t n) { return m.part(first, n).beside(head * width, width); };
        const auto into_head = [&](matrix_view m, int64_t first, int64_t n) { return m.part(first, n).beside(head * width, width); };
        const const_matrix p(probabilities.data() + begin, span.n_queries, span.n_inputs), dc = of_head(d_context, span.first_query, span.n_queries);
        const matrix_view shown(dropped.data(), span.n_queries, span.n_inputs), dp(d_memory.data(), span.n_queries, span.n_inputs);
        multiply_by_transposed(dc, of_head(v, span.first_input, span.n_inputs), dp, onto::nothing, lane);
        for (int64_t i = 0; i < span.n_queries; i++) {
            const int64_t seen = n_seen(span, i);
            drop(shape, share, w, head, seen, p.row(i), shown.row(i));
            std::fill(shown.row(i) + seen, shown.row(i) + span.n_inputs, 0.0f);
            drop(shape, share, w, head, seen, dp.row(i), dp.row(i));
            cpu.softmax_row_back(seen, scale, p.row(i), dp.row(i));
            std::fill(dp.row(i) + seen, dp.row(i) + span.n_inputs, 0.0f);
        }
        multiply_transposed(shown, dc, into_head(dv, span.first_input, span.n_inputs), onto::nothing, lane);
        multiply(dp, of_head(k, span.first_input, span.n_inputs), into_head(dq, span.first_query, span.n_queries), onto::nothing, lane);
        multiply_transposed(dp, of_head(q, span.first_query, span.n_queries), into_head(dk, span.first_input, span.n_inputs), onto::nothing, lane);
    });
}
