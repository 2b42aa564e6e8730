// The peer that ggml itself is: the same training step out of stock ggml ops, differentiated by ggml_build_backward_expand.
//   bench-autodiff MODEL.gguf INSTRUCTIONS.jsonl ADAPTER.gguf [threads = 2]
// For each line {"rows": n, "microBatch": m} on stdin: forward and backward over the first n rows, m padded rows at once, and a line
// with the mean loss, the real and the padded tokens, the seconds, and the peak memory so far. bench/train.mjs drives it.
//
// At its best: weights dequantised to f32 (autodiff's products are 20 times slower on f16 and abort on bf16), the output head on the
// tokens before a loss token only, no mask beyond the causal one. Llama-like blocks without biases.
// Outputs of soft_max are pinned: its backward may otherwise be computed in place over them, and the gradients are wrong.
#include "backend.h"
#include "error.h"
#include "events.h"
#include "lora.h"
#include "machine_memory.h"
#include "rows.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>

namespace {

// The weights of the model as f32, by the tensors they come from.
class f32_weights {
  public:
    f32_weights(backend & cpu, const gguf_file & file) {
        ggml_init_params params{};
        params.mem_size = ggml_tensor_overhead() * (file.tensors().size() + 1);
        params.no_alloc = true;
        ctx_ = ggml_init(params);
        for (const ggml_tensor * stored : file.tensors()) copies_[stored] = ggml_new_tensor(ctx_, GGML_TYPE_F32, ggml_n_dims(stored), stored->ne);
        cpu.allocate(ctx_, "the f32 copy of the model", "use a smaller model");
        for (const auto & [stored, copy] : copies_) {
            const std::vector<float> values = as_floats(stored);
            ggml_backend_tensor_set(copy, values.data(), 0, ggml_nbytes(copy));
            bytes += ggml_nbytes(copy);
        }
    }
    ~f32_weights() { ggml_free(ctx_); }
    f32_weights(const f32_weights &) = delete;
    f32_weights & operator=(const f32_weights &) = delete;

    ggml_tensor * of(const ggml_tensor * stored) const { return copies_.at(stored); }

    size_t bytes = 0;

  private:
    ggml_context * ctx_;
    std::map<const ggml_tensor *, ggml_tensor *> copies_;
};

struct stock_graph {
    ggml_context * ctx;
    const base_model & model;
    const f32_weights & weights;
    const adapter & lora;
    int64_t width, n_rows; // tokens of a padded row, rows
    ggml_tensor * positions, * mask;

    ggml_tensor * norm(ggml_tensor * x, const ggml_tensor * weight) const {
        return ggml_mul(ctx, ggml_rms_norm(ctx, x, model.shape.rms_epsilon), weights.of(weight));
    }

    ggml_tensor * linear(int32_t block, const char * name, ggml_tensor * x) const {
        const ::linear * layer = block < 0 ? &model.output : find_layer(model, block, name); // a tied head is no layer of its own
        ggml_tensor * y = ggml_mul_mat(ctx, weights.of(layer->weight), x);
        const lora_pair * pair = lora.find(block, name);
        if (!pair) return y;
        return ggml_add(ctx, y, ggml_scale(ctx, ggml_mul_mat(ctx, pair->b, ggml_mul_mat(ctx, pair->a, x)), lora.scale()));
    }

    ggml_tensor * rope(ggml_tensor * x, int64_t heads) const { // [head_dim, heads, tokens]
        const model_shape & shape = model.shape;
        ggml_tensor * factors = model.rope_factors ? weights.of(model.rope_factors) : nullptr;
        return ggml_rope_ext(ctx, ggml_reshape_3d(ctx, x, shape.head_dim, heads, width * n_rows), positions, factors, shape.n_rot, shape.rope_mode,
                             shape.context_length, model.blocks[0].form.rope_base, model.blocks[0].form.rope_scale, 0.0f, 1.0f, 32.0f, 1.0f);
    }

    // [head_dim, heads, tokens] -> [head_dim, width, heads, n_rows]
    ggml_tensor * by_head(ggml_tensor * x, int64_t heads) const {
        return ggml_cont(ctx, ggml_permute(ctx, ggml_reshape_4d(ctx, x, model.shape.head_dim, heads, width, n_rows), 0, 2, 1, 3));
    }

    // The query heads of one key head stand in one matrix, so that no product is broadcast: its backward cannot be.
    ggml_tensor * attention(ggml_tensor * q, ggml_tensor * k, ggml_tensor * v) const {
        const int64_t dim = model.shape.head_dim, n_head = model.shape.n_head, n_kv = model.shape.n_head_kv, group = n_head / n_kv;
        q = ggml_reshape_4d(ctx, by_head(q, n_head), dim, width * group, n_kv, n_rows);
        ggml_tensor * scores = ggml_mul_mat(ctx, by_head(k, n_kv), q);
        ggml_tensor * p = ggml_soft_max_ext(ctx, ggml_reshape_4d(ctx, scores, width, width, n_head, n_rows), mask, model.shape.attention_scale, 0.0f);
        ggml_set_output(p);
        ggml_tensor * values = ggml_cont(ctx, ggml_permute(ctx, ggml_reshape_4d(ctx, v, dim, n_kv, width, n_rows), 1, 2, 0, 3));
        ggml_tensor * out = ggml_mul_mat(ctx, values, ggml_reshape_4d(ctx, p, width, width * group, n_kv, n_rows));
        out = ggml_cont(ctx, ggml_permute(ctx, ggml_reshape_4d(ctx, out, dim, width, n_head, n_rows), 0, 2, 1, 3));
        return ggml_reshape_2d(ctx, out, dim * n_head, width * n_rows);
    }

    ggml_tensor * block(int32_t i, ggml_tensor * x) const {
        const block_weights & own = model.blocks[static_cast<size_t>(i)];
        ggml_tensor * h = norm(x, own.attn_norm);
        ggml_tensor * q = rope(linear(i, "attn_q", h), model.shape.n_head), * k = rope(linear(i, "attn_k", h), model.shape.n_head_kv);
        x = ggml_add(ctx, x, linear(i, "attn_output", attention(q, k, linear(i, "attn_v", h))));
        h = norm(x, own.ffn_norm);
        return ggml_add(ctx, x, linear(i, "ffn_down", ggml_swiglu_split(ctx, linear(i, "ffn_gate", h), linear(i, "ffn_up", h))));
    }
};

// Loss and gradients of one padded micro-batch; returns the sum of its losses.
double compute(backend & cpu, const base_model & model, const f32_weights & weights, const adapter & lora, const std::vector<token_row> & rows) {
    size_t width = 0;
    for (const token_row & row : rows) width = std::max(width, row.tokens.size() - 1); // after the last token nothing is predicted
    const size_t n_vocab = static_cast<size_t>(model.shape.n_vocab);
    std::vector<int32_t> tokens(width * rows.size(), 0), positions(width * rows.size()), columns;
    std::vector<llama_token> targets;
    for (size_t i = 0; i < positions.size(); i++) positions[i] = static_cast<int32_t>(i % width);
    for (size_t row = 0; row < rows.size(); row++) {
        std::copy(rows[row].tokens.begin(), rows[row].tokens.end() - 1, tokens.begin() + static_cast<std::ptrdiff_t>(row * width));
        const index_range loss = loss_positions(rows[row], false);
        for (int32_t i = loss.begin; i < loss.end; i++) {
            columns.push_back(static_cast<int32_t>(row * width) + i - 1);
            targets.push_back(rows[row].tokens[static_cast<size_t>(i)]);
        }
    }
    std::vector<float> mask(width * width, 0.0f), labels(n_vocab * columns.size(), 0.0f);
    for (size_t query = 0; query < width; query++) std::fill(mask.begin() + static_cast<std::ptrdiff_t>(query * width + query + 1), mask.begin() + static_cast<std::ptrdiff_t>((query + 1) * width), -INFINITY);
    for (size_t i = 0; i < targets.size(); i++) labels[i * n_vocab + static_cast<size_t>(targets[i])] = 1.0f;

    const size_t n_nodes = 1024 + 512 * model.blocks.size();
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * n_nodes + ggml_graph_overhead_custom(n_nodes, true);
    params.no_alloc = true;
    const std::unique_ptr<ggml_context, void (*)(ggml_context *)> owner(ggml_init(params), ggml_free);
    ggml_context * ctx = owner.get();
    const auto input = [&](ggml_type type, size_t ne0, size_t ne1) {
        ggml_tensor * tensor = ggml_new_tensor_2d(ctx, type, static_cast<int64_t>(ne0), static_cast<int64_t>(ne1));
        ggml_set_input(tensor);
        return tensor;
    };
    ggml_tensor * token_input = input(GGML_TYPE_I32, tokens.size(), 1), * column_input = input(GGML_TYPE_I32, columns.size(), 1);
    ggml_tensor * label_input = input(GGML_TYPE_F32, n_vocab, columns.size());
    const stock_graph stock{ctx, model, weights, lora, static_cast<int64_t>(width), static_cast<int64_t>(rows.size()),
                            input(GGML_TYPE_I32, tokens.size(), 1), input(GGML_TYPE_F32, width, width)};
    ggml_tensor * x = ggml_get_rows(ctx, weights.of(model.embedding), token_input);
    for (int32_t i = 0; i < model.shape.n_block; i++) x = stock.block(i, x);
    ggml_tensor * logits = stock.linear(-1, "output", stock.norm(ggml_get_rows(ctx, x, column_input), model.output_norm));
    ggml_tensor * loss = ggml_cross_entropy_loss(ctx, logits, label_input);
    ggml_set_output(loss);
    ggml_set_loss(loss);

    ggml_cgraph * graph = ggml_new_graph_custom(ctx, n_nodes, true);
    ggml_build_forward_expand(graph, loss);
    ggml_build_backward_expand(ctx, graph, nullptr);
    ggml_set_input(ggml_graph_get_grad_acc(graph, loss)); // set before the graph runs
    for (const lora_pair & pair : lora.pairs()) {
        for (const ggml_tensor * factor : {pair.a, pair.b}) ggml_set_output(ggml_graph_get_grad(graph, factor));
    }
    cpu.plan(graph);
    ggml_graph_reset(graph);
    const auto set = [](ggml_tensor * tensor, const void * values) { ggml_backend_tensor_set(tensor, values, 0, ggml_nbytes(tensor)); };
    set(token_input, tokens.data());
    set(column_input, columns.data());
    set(label_input, labels.data());
    set(stock.positions, positions.data());
    set(stock.mask, mask.data());
    cpu.compute(graph);
    float mean = 0;
    ggml_backend_tensor_get(loss, &mean, 0, sizeof(mean));
    return static_cast<double>(mean) * static_cast<double>(targets.size());
}

void serve(backend & cpu, const base_model & model, const f32_weights & weights, const adapter & lora, const std::vector<token_row> & rows) {
    std::cout << json{{"ready", true}, {"rows", rows.size()}, {"weights", weights.bytes}} << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        const json asked = json::parse(line);
        const size_t n = std::min(asked.at("rows").get<size_t>(), rows.size()), at_once = asked.at("microBatch").get<size_t>();
        const double start = seconds_since_start();
        double loss = 0;
        int64_t n_tokens = 0, n_padded = 0, n_loss = 0;
        for (size_t begin = 0; begin < n; begin += at_once) {
            const size_t end = std::min(n, begin + at_once);
            const std::vector<token_row> part(rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.begin() + static_cast<std::ptrdiff_t>(end));
            loss += compute(cpu, model, weights, lora, part);
            size_t longest = 0;
            for (const token_row & row : part) {
                longest = std::max(longest, row.tokens.size());
                n_tokens += static_cast<int64_t>(row.tokens.size());
                n_loss += loss_positions(row, false).end - loss_positions(row, false).begin;
            }
            n_padded += static_cast<int64_t>(longest * part.size());
        }
        const double seconds = seconds_since_start() - start;
        std::cout << json{{"loss", loss / static_cast<double>(n_loss)}, {"seconds", seconds}, {"tokens", n_tokens}, {"paddedTokens", n_padded}, {"peakMemory", peak_memory()}} << std::endl;
    }
}

int run(int argc, char ** argv) {
    if (argc < 4) throw user_error(exit_usage, "wrong arguments", "command line", "bench-autodiff MODEL.gguf INSTRUCTIONS.jsonl ADAPTER.gguf [threads]");
    load_ggml();
    const gguf_file file(argv[1]);
    const base_model model = load_model(file);
    backend cpu(argc > 4 ? std::max(1, std::atoi(argv[4])) : 2);
    const f32_weights weights(cpu, file);
    const std::unique_ptr<adapter> lora = adapter::load(cpu, model, argv[3]);
    for (const lora_pair & pair : lora->pairs()) {
        ggml_set_param(pair.a);
        ggml_set_param(pair.b);
    }
    serve(cpu, model, weights, *lora, read_rows(argv[2], argv[1], static_cast<size_t>(-1)));
    return 0;
}

} // namespace

int main(int argc, char ** argv) {
    try {
        return run(argc, argv);
    } catch (const user_error & error) {
        std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", error.what(), error.where.c_str(), error.fix.c_str());
        return error.code;
    }
}
