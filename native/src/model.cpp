#include "model.h"
#include "error.h"
#include <cmath>
#include <set>
#include <sstream>

namespace {

// Takes tensors out of the file one by one, checks each shape, and in the end knows which were never asked for.
class tensor_reader {
  public:
    explicit tensor_reader(const gguf_file & file) : file_(file) {}

    ggml_tensor * optional(const std::string & name, int64_t n_in, int64_t n_out = 1) {
        ggml_tensor * tensor = file_.find(name);
        if (!tensor) return nullptr;
        used_.insert(name);
        if (tensor->ne[0] != n_in || tensor->ne[1] != n_out || tensor->ne[2] != 1 || tensor->ne[3] != 1) {
            throw user_error(exit_data,
                "tensor \"" + name + "\" has shape [" + std::to_string(tensor->ne[0]) + ", " + std::to_string(tensor->ne[1]) +
                    "], expected [" + std::to_string(n_in) + ", " + std::to_string(n_out) + "]",
                file_.path(), "use a GGUF that llama.cpp can load");
        }
        if (tensor->type != GGML_TYPE_F32 && !ggml_get_type_traits(tensor->type)->to_float) {
            throw user_error(exit_data, "tensor \"" + name + "\" has the type " + ggml_type_name(tensor->type) + ", which cannot be read",
                file_.path(), "use a GGUF in F32, F16, BF16, Q8_0, Q4_0, Q4_1 or a K-quant");
        }
        return tensor;
    }

    ggml_tensor * required(const std::string & name, int64_t n_in, int64_t n_out = 1) {
        ggml_tensor * tensor = optional(name, n_in, n_out);
        if (!tensor) throw user_error(exit_data, "the model lacks the tensor \"" + name + "\"", file_.path(), "use a GGUF that llama.cpp can load");
        return tensor;
    }

    // Norms, biases and factors enter elementwise ops, which want f32.
    ggml_tensor * vector(const std::string & name, int64_t n, bool is_required) {
        ggml_tensor * tensor = is_required ? required(name, n) : optional(name, n);
        if (tensor && tensor->type != GGML_TYPE_F32) {
            throw user_error(exit_data, "tensor \"" + name + "\" has the type " + ggml_type_name(tensor->type) + ", expected f32", file_.path(),
                "convert the model again: llama.cpp keeps norms and biases in f32");
        }
        return tensor;
    }

    linear layer(const std::string & name, int64_t n_in, int64_t n_out) {
        linear result;
        result.weight = required(name + ".weight", n_in, n_out);
        result.bias = vector(name + ".bias", n_out, false);
        return result;
    }

    void refuse_unknown() const {
        for (const ggml_tensor * tensor : file_.tensors()) {
            if (used_.count(tensor->name)) continue;
            throw user_error(exit_data, std::string("the model has a tensor that its family does not: \"") + tensor->name + "\"", file_.path(),
                "use a dense llama, qwen2 or qwen3 model (no mixture of experts)");
        }
    }

  private:
    const gguf_file & file_;
    std::set<std::string> used_;
};

model_shape read_shape(const gguf_file & file) {
    const std::optional<std::string> architecture = file.text("general.architecture");
    if (!architecture) throw user_error(exit_data, "the file names no architecture (general.architecture)", file.path(), "use the GGUF of a model");
    const std::optional<std::string> type = file.text("general.type");
    if (type && *type != "model") throw user_error(exit_data, "this GGUF is of type \"" + *type + "\", not a model", file.path(), "give the base model here");
    if (*architecture != "llama" && *architecture != "qwen2" && *architecture != "qwen3") {
        throw user_error(exit_data, "architecture \"" + *architecture + "\" is not supported", file.path(),
            "use a model of the families llama (Llama 1-3, SmolLM2, TinyLlama, Mistral), qwen2 or qwen3");
    }
    const std::string prefix = *architecture + ".";
    if (file.number(prefix + "expert_count").value_or(0) > 0) {
        throw user_error(exit_data, "the model is a mixture of experts", file.path(), "use a dense model");
    }
    const std::optional<std::string> scaling = file.text(prefix + "rope.scaling.type");
    if (scaling && *scaling != "none" && *scaling != "linear") {
        throw user_error(exit_data, "rope scaling \"" + *scaling + "\" is not supported", file.path(), "use a model without rope scaling, or with linear scaling");
    }

    const auto in_range = [&](const std::string & key, double value, double least, double most) {
        if (value >= least && value <= most) return value; // not so for NaN
        std::ostringstream text; // std::to_string would print a small one as 0
        text << "key \"" << prefix << key << "\" is " << value;
        throw user_error(exit_data, text.str(), file.path(), "use a GGUF that llama.cpp can load");
    };
    const auto size_or = [&](const std::string & key, double otherwise) {
        return static_cast<int32_t>(in_range(key, file.number(prefix + key).value_or(otherwise), 1, 1e9));
    };
    const auto whole = [&](const std::string & key) { return static_cast<int32_t>(in_range(key, file.required_number(prefix + key), 1, 1e9)); };
    model_shape shape{};
    shape.architecture = *architecture;
    shape.n_block = whole("block_count");
    shape.n_embd = whole("embedding_length");
    shape.n_ff = whole("feed_forward_length");
    shape.n_head = whole("attention.head_count");
    shape.n_head_kv = size_or("attention.head_count_kv", shape.n_head);
    shape.head_dim = size_or("attention.key_length", shape.n_embd / shape.n_head);
    shape.n_rot = size_or("rope.dimension_count", shape.head_dim);
    shape.rope_mode = shape.architecture == "llama" ? 0 : GGML_ROPE_TYPE_NEOX;
    shape.rope_base = static_cast<float>(in_range("rope.freq_base", file.number(prefix + "rope.freq_base").value_or(10000.0), 1e-3, 1e30));
    const double scale_factor = file.number(prefix + "rope.scaling.factor").value_or(file.number(prefix + "rope.scale_linear").value_or(0.0));
    const bool is_scaled = scale_factor != 0.0 && scaling.value_or("linear") != "none"; // libllama takes the factor alone for linear scaling
    shape.rope_scale = is_scaled ? static_cast<float>(1.0 / in_range("rope.scaling.factor", scale_factor, 1e-3, 1e6)) : 1.0f;
    shape.rms_epsilon = static_cast<float>(in_range("attention.layer_norm_rms_epsilon", file.required_number(prefix + "attention.layer_norm_rms_epsilon"), 0, 1));
    shape.attention_scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim)); // libllama's graphs of these families read no attention.scale
    shape.context_length = whole("context_length");

    const double value_length = file.number(prefix + "attention.value_length").value_or(shape.head_dim);
    if (shape.n_head_kv < 1 || shape.n_head % shape.n_head_kv != 0 || value_length != shape.head_dim || shape.head_dim < 1 ||
        shape.n_rot < 2 || shape.n_rot > shape.head_dim || shape.n_rot % 2 != 0) {
        throw user_error(exit_data,
            "heads do not fit: " + std::to_string(shape.n_head) + " heads, " + std::to_string(shape.n_head_kv) + " for keys, width " +
                std::to_string(shape.head_dim) + ", rotating " + std::to_string(shape.n_rot),
            file.path(), "use a GGUF that llama.cpp can load");
    }
    return shape;
}

} // namespace

base_model load_model(const gguf_file & file) {
    base_model model;
    model.shape = read_shape(file);
    model_shape & shape = model.shape;

    const ggml_tensor * embedding = file.find("token_embd.weight");
    if (!embedding) throw user_error(exit_data, "the model lacks the tensor \"token_embd.weight\"", file.path(), "use the GGUF of a whole model, not a vocabulary");
    shape.n_vocab = static_cast<int32_t>(embedding->ne[1]);

    tensor_reader reader(file);
    model.embedding = reader.required("token_embd.weight", shape.n_embd, shape.n_vocab);
    model.output_norm = reader.vector("output_norm.weight", shape.n_embd, true);
    model.output.weight = reader.optional("output.weight", shape.n_embd, shape.n_vocab);
    model.output.bias = reader.vector("output.bias", shape.n_vocab, false);
    model.tied = model.output.weight == nullptr;
    if (model.tied) model.output.weight = model.embedding;
    model.rope_factors = reader.vector("rope_freqs.weight", shape.n_rot / 2, false);

    const int64_t n_q = int64_t(shape.n_head) * shape.head_dim;
    const int64_t n_kv = int64_t(shape.n_head_kv) * shape.head_dim;
    for (int32_t i = 0; i < shape.n_block; i++) {
        const std::string prefix = "blk." + std::to_string(i) + ".";
        block_weights block;
        block.attn_norm = reader.vector(prefix + "attn_norm.weight", shape.n_embd, true);
        block.attn_q = reader.layer(prefix + "attn_q", shape.n_embd, n_q);
        block.attn_k = reader.layer(prefix + "attn_k", shape.n_embd, n_kv);
        block.attn_v = reader.layer(prefix + "attn_v", shape.n_embd, n_kv);
        block.attn_output = reader.layer(prefix + "attn_output", n_q, shape.n_embd);
        if (shape.architecture == "qwen3") {
            block.attn_q_norm = reader.vector(prefix + "attn_q_norm.weight", shape.head_dim, true);
            block.attn_k_norm = reader.vector(prefix + "attn_k_norm.weight", shape.head_dim, true);
        }
        block.ffn_norm = reader.vector(prefix + "ffn_norm.weight", shape.n_embd, true);
        block.ffn_gate = reader.layer(prefix + "ffn_gate", shape.n_embd, shape.n_ff);
        block.ffn_up = reader.layer(prefix + "ffn_up", shape.n_embd, shape.n_ff);
        block.ffn_down = reader.layer(prefix + "ffn_down", shape.n_ff, shape.n_embd);
        model.blocks.push_back(block);
    }
    reader.refuse_unknown();

    for (const ggml_tensor * tensor : file.tensors()) {
        model.n_parameters += ggml_nelements(tensor);
        model.tensors_by_type[ggml_type_name(tensor->type)]++;
    }
    return model;
}

base_model with_blocks(const base_model & model, const std::vector<int32_t> & blocks) {
    base_model reduced = model;
    reduced.blocks.clear();
    for (const int32_t block : blocks) reduced.blocks.push_back(model.blocks.at(static_cast<size_t>(block)));
    reduced.shape.n_block = static_cast<int32_t>(blocks.size());
    return reduced;
}

const std::vector<std::string> & target_names() {
    static const std::vector<std::string> names = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output"};
    return names;
}

const linear * find_layer(const base_model & model, int32_t block, const std::string & target) {
    if (block < 0) return target == "output" && !model.tied ? &model.output : nullptr;
    const block_weights & weights = model.blocks.at(static_cast<size_t>(block));
    if (target == "attn_q") return &weights.attn_q;
    if (target == "attn_k") return &weights.attn_k;
    if (target == "attn_v") return &weights.attn_v;
    if (target == "attn_output") return &weights.attn_output;
    if (target == "ffn_gate") return &weights.ffn_gate;
    if (target == "ffn_up") return &weights.ffn_up;
    if (target == "ffn_down") return &weights.ffn_down;
    return nullptr;
}

std::string layer_tensor_name(int32_t block, const std::string & target) {
    return block < 0 ? target + ".weight" : "blk." + std::to_string(block) + "." + target + ".weight";
}
