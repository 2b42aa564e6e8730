// The nodes of a graph by kind, and what each kind costs: the profiles of a step.
#pragma once
#include "ggml.h"
#include <algorithm>
#include <map>
#include <string>

struct total {
    double seconds = 0, operations = 0;
    int64_t nodes = 0;
};
using profile = std::map<std::string, total>;

inline bool is_weight(const ggml_tensor * source) {
    return source && source->op == GGML_OP_NONE && !(source->flags & GGML_TENSOR_FLAG_INPUT) && ggml_n_dims(source) == 2;
}

// Other ways to read what is there: nothing is computed.
inline bool is_view(const ggml_tensor & node) {
    return node.op == GGML_OP_NONE || node.op == GGML_OP_RESHAPE || node.op == GGML_OP_VIEW || node.op == GGML_OP_PERMUTE || node.op == GGML_OP_TRANSPOSE;
}

// The kernel's own name or ggml's operation, with the shape that sets its cost: of the weights it reads, else of its result.
inline std::string kind_of(const ggml_tensor & node) {
    std::string kind = node.op == GGML_OP_CUSTOM && node.name[0] ? node.name : ggml_op_desc(&node);
    bool weights = false;
    for (const ggml_tensor * source : node.src) {
        if (!is_weight(source)) continue;
        kind += std::string(" ") + ggml_type_name(source->type) + " " + std::to_string(source->ne[0]) + "x" + std::to_string(source->ne[1]);
        weights = true;
    }
    return weights ? kind : kind + " " + std::to_string(node.ne[0]) + (ggml_n_dims(&node) > 2 ? "x" + std::to_string(node.ne[1]) : "");
}

inline double operations_of(const ggml_tensor & node) {
    if (node.op != GGML_OP_CUSTOM && node.op != GGML_OP_MUL_MAT) return 0; // get_rows reads a weight and multiplies nothing
    double elements = 0;
    int64_t columns = 0;
    for (const ggml_tensor * source : node.src) {
        if (is_weight(source)) elements += static_cast<double>(ggml_nelements(source));
        else if (source) columns = std::max(columns, source->ne[1]);
    }
    return 2 * elements * static_cast<double>(columns);
}
