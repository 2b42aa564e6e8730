#include "fit/attention_block.h"
#include "kernels/cpu_kernels.h"
#include <algorithm>

attention_block_parts add_attention_block(parameter_layout & layout, const std::string & name, int64_t width, int64_t inner) {
    attention_block_parts parts;
    const auto add = [&](const char * part, int64_t rows, int64_t columns) { return layout.add(name + "." + part, rows, columns); };
    parts.wq = add("query", width, width), parts.bq = add("query.bias", 1, width);
    parts.wk = add("key", width, width), parts.bk = add("key.bias", 1, width);
    parts.wv = add("value", width, width), parts.bv = add("value.bias", 1, width);
    parts.wo = add("out", width, width), parts.bo = add("out.bias", 1, width);
    parts.norm1 = add("attention norm", 2, width);
    parts.w1 = add("inner", inner, width), parts.b1 = add("inner.bias", 1, inner);
    parts.w2 = add("outer", width, inner), parts.b2 = add("outer.bias", 1, width);
    parts.norm2 = add("norm", 2, width);
    return parts;
}

void norm_rows(const_matrix norm, const_matrix x, matrix_view y, norm_pass & pass) {
    pass.normal.resize(static_cast<size_t>(x.rows * x.columns));
    pass.inverse.resize(static_cast<size_t>(x.rows));
    for (int64_t i = 0; i < x.rows; i++)
        pass.inverse[static_cast<size_t>(i)] = current_cpu_kernels().layer_norm(x.columns, x.row(i), norm.row(0), norm.row(1), static_cast<float>(NORM_EPSILON), pass.normal.data() + i * x.columns, y.row(i));
}

void norm_rows_back(const_matrix norm, const norm_pass & pass, const_matrix dy, matrix_view d_norm, matrix_view dx) {
    for (int64_t i = 0; i < dy.rows; i++)
        current_cpu_kernels().layer_norm_back(dy.columns, pass.normal.data() + i * dy.columns, pass.inverse[static_cast<size_t>(i)], norm.row(0), dy.row(i), d_norm.row(0), d_norm.row(1), dx.row(i));
}

self_attention_block::self_attention_block(const parameter_layout & layout, const attention_block_parts & parts, const attention_shape & attention, double dropout, uint64_t site)
    : layout_(layout), parts_(parts), attention_(attention), dropout_(dropout), site_(site), width_(layout.parts()[parts.w1].columns), inner_(layout.parts()[parts.w1].rows) {
    attention_.site = site + 2;
}

template <typename Body> void self_attention_block::for_each_query(const Body & body) const {
    for (size_t w = 0; w < spans_.size(); w++)
        for (int64_t i = 0; i < spans_[w].n_queries; i++) {
            const int64_t place = spans_[w].n_inputs - spans_[w].n_queries + i;
            body(w, place, spans_[w].first_query + i, spans_[w].first_input + place);
        }
}

std::vector<float> self_attention_block::forward(const float * values, const window_share & share, const std::vector<sequence_span> & spans, const std::vector<float> & x, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const auto of = [&](size_t part) { return layout_.of(values, part); };
    spans_ = spans;
    x_ = x;
    const int64_t n = static_cast<int64_t>(x.size()) / width_, n_queries = spans.empty() ? 0 : spans.back().first_query + spans.back().n_queries;
    const auto rows = [&](std::vector<float> & memory, int64_t count, int64_t columns) {
        memory.resize(static_cast<size_t>(count * columns));
        return matrix_view(memory.data(), count, columns);
    };
    const const_matrix inputs(x_.data(), n, width_);
    const matrix_view queries = rows(queries_, n_queries, width_), q = rows(q_, n_queries, width_), k = rows(k_, n, width_), v = rows(v_, n, width_);
    for_each_query([&](size_t, int64_t, int64_t query, int64_t input) { std::copy_n(inputs.row(input), width_, queries.row(query)); });
    linear(queries, of(parts_.wq), of(parts_.bq).data, q, lane);
    linear(inputs, of(parts_.wk), of(parts_.bk).data, k, lane);
    linear(inputs, of(parts_.wv), of(parts_.bv).data, v, lane);
    const matrix_view context = rows(context_, n_queries, width_), middle = rows(middle_, n_queries, width_);
    attend(attention_, share, spans_, q, k, v, context, probabilities_, lane);

    const auto add_and_norm = [&](uint64_t site, const_matrix onto_rows, matrix_view added, size_t norm, matrix_view y, norm_pass & pass) {
        for_each_query([&](size_t w, int64_t place, int64_t query, int64_t) {
            drop_row(dropout_, share, site, w, place, attention_.most_inputs, width_, added.row(query), added.row(query));
            cpu.add(width_, onto_rows.row(query), added.row(query));
        });
        norm_rows(of(norm), added, y, pass);
    };
    std::vector<float> memory(static_cast<size_t>(n_queries * width_)), result(memory.size());
    const matrix_view added(memory.data(), n_queries, width_);
    linear(context, of(parts_.wo), of(parts_.bo).data, added, lane);
    add_and_norm(site_, queries, added, parts_.norm1, middle, norm1_);
    const matrix_view before = rows(before_gelu_, n_queries, inner_), behind = rows(behind_gelu_, n_queries, inner_);
    linear(middle, of(parts_.w1), of(parts_.b1).data, before, lane);
    cpu.gelu(n_queries * inner_, before.data, behind.data);
    linear(behind, of(parts_.w2), of(parts_.b2).data, added, lane);
    add_and_norm(site_ + 1, middle, added, parts_.norm2, {result.data(), n_queries, width_}, norm2_);
    return result;
}

std::vector<float> self_attention_block::backward(const float * values, const window_share & share, std::vector<float> & dy, float * gradients, int lane) {
    const cpu_kernels & cpu = current_cpu_kernels();
    const auto of = [&](size_t part) { return layout_.of(values, part); };
    const auto into = [&](size_t part) { return layout_.of(gradients, part); };
    const int64_t n = static_cast<int64_t>(x_.size()) / width_, n_queries = static_cast<int64_t>(dy.size()) / width_;
    const auto view = [&](std::vector<float> & memory, int64_t columns) { return matrix_view(memory.data(), static_cast<int64_t>(memory.size()) / columns, columns); };
    const auto drop = [&](uint64_t site, const_matrix from, matrix_view to) {
        for_each_query([&](size_t w, int64_t place, int64_t query, int64_t) { drop_row(dropout_, share, site, w, place, attention_.most_inputs, width_, from.row(query), to.row(query)); });
    };
    const matrix_view d = view(dy, width_);
    std::vector<float> dropped_memory(dy.size()), inner_memory(behind_gelu_.size()), middle_memory(dy.size());
    const matrix_view dropped = view(dropped_memory, width_), d_inner = view(inner_memory, inner_), d_middle = view(middle_memory, width_);

    norm_rows_back(of(parts_.norm2), norm2_, d, into(parts_.norm2), d);
    drop(site_ + 1, d, dropped);
    linear_back(view(behind_gelu_, inner_), of(parts_.w2), dropped, d_inner, into(parts_.w2), into(parts_.b2).data, lane);
    cpu.gelu_back(n_queries * inner_, before_gelu_.data(), d_inner.data, d_inner.data);
    linear_back(view(middle_, width_), of(parts_.w1), d_inner, d_middle, into(parts_.w1), into(parts_.b1).data, lane);
    cpu.add(n_queries * width_, d.data, d_middle.data);
    norm_rows_back(of(parts_.norm1), norm1_, d_middle, into(parts_.norm1), d_middle); // from here on also what reaches the queries directly
    drop(site_, d_middle, dropped);
    linear_back(view(context_, width_), of(parts_.wo), dropped, d, into(parts_.wo), into(parts_.bo).data, lane); // d: by the context

    std::vector<float> dq_memory(dy.size()), dk_memory(x_.size()), dv_memory(x_.size()), dx_memory(x_.size()), part_memory(x_.size());
    const matrix_view dq = view(dq_memory, width_), dk = view(dk_memory, width_), dv = view(dv_memory, width_), dx = view(dx_memory, width_), part = view(part_memory, width_);
    attend_back(attention_, share, spans_, view(q_, width_), view(k_, width_), view(v_, width_), probabilities_, d, dq, dk, dv, lane);
    linear_back(view(x_, width_), of(parts_.wk), dk, dx, into(parts_.wk), into(parts_.bk).data, lane);
    linear_back(view(x_, width_), of(parts_.wv), dv, part, into(parts_.wv), into(parts_.bv).data, lane);
    cpu.add(n * width_, part.data, dx.data);
    linear_back(view(queries_, width_), of(parts_.wq), dq, dropped, into(parts_.wq), into(parts_.bq).data, lane);
    cpu.add(n_queries * width_, dropped.data, d_middle.data);
    for_each_query([&](size_t, int64_t, int64_t query, int64_t input) { cpu.add(width_, d_middle.row(query), dx.row(input)); });
    return dx_memory;
}
