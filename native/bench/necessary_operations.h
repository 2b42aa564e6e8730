// What a training step cannot do without, in floating-point operations (a product and its sum are two), whoever computes it; the same
// count as bench/necessary-operations.mjs. Each distinct prefix once; in the last block keys and values of all columns, the rest and
// the head of the loss columns only; backward down to the lowest adapter; attention two products forward and four backward.
#pragma once
#include "lora.h"
#include "token_layout.h"
#include <map>
#include <set>

inline double necessary_operations(const base_model & model, const adapter & lora, const token_layout & layout, const std::vector<prediction> & predictions) {
    std::set<int32_t> loss_columns;
    for (const prediction & one : predictions) loss_columns.insert(one.column);
    double pairs = 0, loss_pairs = 0;
    for (const int32_t position : layout.positions) pairs += position + 1;
    for (const int32_t column : loss_columns) loss_pairs += layout.positions[static_cast<size_t>(column)] + 1;
    const double columns = static_cast<double>(layout.tokens.size()), loss = static_cast<double>(loss_columns.size());
    const auto product = [](const ggml_tensor * w) { return 2.0 * static_cast<double>(w->ne[0]) * static_cast<double>(w->ne[1]); };
    const int32_t lowest = lora.lowest_block(), last = model.shape.n_block - 1;
    double operations = 2 * product(model.output.weight) * loss;
    for (int32_t block = 0; block <= last; block++) {
        for (const std::string & target : target_names()) {
            const linear * layer = find_layer(model, block, target);
            if (!layer || !layer->weight) continue;
            const bool reads_input = target == "attn_q" || target == "attn_k" || target == "attn_v" || target == "attn_qkv";
            const bool has_gradient = block > lowest || (block == lowest && !reads_input);
            const double computed = block == last && target != "attn_k" && target != "attn_v" && target != "attn_qkv" ? loss : columns;
            operations += product(layer->weight) * computed * (has_gradient ? 2 : 1);
            const lora_pair * pair = lora.find(block, target);
            if (pair) operations += computed * (3 * (product(pair->a) + product(pair->b)) - (has_gradient ? 0 : product(pair->a)));
        }
        const double width = static_cast<double>(model.shape.head_dim) * model.shape.n_head;
        operations += (block < lowest ? 2 : 6) * 2 * width * (block == last ? loss_pairs : pairs);
    }
    return operations;
}
