#include "model.h"
#include "error.h"
#include <set>

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
                "use a dense model (no mixture of experts) of the families " + supported_families());
        }
    }

  private:
    const gguf_file & file_;
    std::set<std::string> used_;
};

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
    const family & known = *find_family(shape.architecture);
    if (known.has_output) model.output.weight = reader.optional("output.weight", shape.n_embd, shape.n_vocab);
    model.output.bias = reader.vector("output.bias", shape.n_vocab, false);
    model.tied = model.output.weight == nullptr;
    if (model.tied) model.output.weight = model.embedding;
    model.rope_factors = reader.vector("rope_freqs.weight", shape.n_rot / 2, false);
    if (known.has_rope_sets || file.text(shape.architecture + ".rope.scaling.type").value_or("") == "longrope") {
        // Which set libllama takes depends on the context it serves with: ours is the one for the model's whole context (reference.cpp).
        ggml_tensor * long_factors = reader.vector("rope_factors_long.weight", shape.n_rot / 2, false);
        ggml_tensor * short_factors = reader.vector("rope_factors_short.weight", shape.n_rot / 2, false);
        if (!model.rope_factors) model.rope_factors = shape.has_long_context ? long_factors : short_factors;
    }

    const int64_t n_q = int64_t(shape.n_head) * shape.head_dim;
    const int64_t n_kv = int64_t(shape.n_head_kv) * shape.head_dim;
    const std::vector<block_form> forms = read_block_forms(file, shape);
    for (int32_t i = 0; i < shape.n_block; i++) {
        const std::string prefix = "blk." + std::to_string(i) + ".";
        block_weights block;
        block.form = forms[static_cast<size_t>(i)];
        block.attn_norm = reader.vector(prefix + "attn_norm.weight", shape.n_embd, true);
        if (file.find(prefix + "attn_qkv.weight")) {
            block.attn_qkv = reader.layer(prefix + "attn_qkv", shape.n_embd, n_q + 2 * n_kv);
        } else {
            block.attn_q = reader.layer(prefix + "attn_q", shape.n_embd, n_q);
            block.attn_k = reader.layer(prefix + "attn_k", shape.n_embd, n_kv);
            block.attn_v = reader.layer(prefix + "attn_v", shape.n_embd, n_kv);
        }
        block.attn_output = reader.layer(prefix + "attn_output", n_q, shape.n_embd);
        if (known.has_head_norms) {
            block.attn_q_norm = reader.vector(prefix + "attn_q_norm.weight", shape.head_dim, true);
            block.attn_k_norm = reader.vector(prefix + "attn_k_norm.weight", shape.head_dim, true);
        }
        block.ffn_norm = reader.vector(prefix + "ffn_norm.weight", shape.n_embd, true);
        if (!known.has_fused_gate) block.ffn_gate = reader.layer(prefix + "ffn_gate", shape.n_embd, shape.n_ff);
        block.ffn_up = reader.layer(prefix + "ffn_up", shape.n_embd, (known.has_fused_gate ? 2 : 1) * int64_t(shape.n_ff));
        block.ffn_down = reader.layer(prefix + "ffn_down", shape.n_ff, shape.n_embd);
        if (known.has_post_norms) {
            block.attn_post_norm = reader.vector(prefix + "post_attention_norm.weight", shape.n_embd, true);
            block.ffn_post_norm = reader.vector(prefix + "post_ffw_norm.weight", shape.n_embd, true);
        }
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
    reduced.shape.attention_scale = attention_scale_of(reduced.shape); // as libllama's of a file with so many blocks
    return reduced;
}

std::vector<ggml_tensor **> tensor_slots(base_model & model) {
    std::vector<ggml_tensor **> slots;
    const auto add = [&](ggml_tensor *& tensor) {
        if (tensor) slots.push_back(&tensor);
    };
    const auto add_layer = [&](linear & layer) {
        add(layer.weight);
        add(layer.bias);
    };
    add(model.embedding);
    add(model.output_norm);
    add_layer(model.output);
    add(model.rope_factors);
    for (block_weights & block : model.blocks) {
        for (ggml_tensor ** norm : {&block.attn_norm, &block.attn_q_norm, &block.attn_k_norm, &block.attn_post_norm, &block.ffn_norm, &block.ffn_post_norm}) add(*norm);
        for (linear * layer : {&block.attn_q, &block.attn_k, &block.attn_v, &block.attn_qkv, &block.attn_output, &block.ffn_gate, &block.ffn_up, &block.ffn_down}) add_layer(*layer);
    }
    return slots;
}

const std::vector<std::string> & target_names() {
    static const std::vector<std::string> names = {"attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output"};
    return names;
}

const linear * find_layer(const base_model & model, int32_t block, const std::string & target) {
    if (block < 0) return target == "output" && !model.tied ? &model.output : nullptr;
    const block_weights & weights = model.blocks.at(static_cast<size_t>(block));
    const std::pair<const char *, const linear *> layers[] = {
        {"attn_q", &weights.attn_q}, {"attn_k", &weights.attn_k}, {"attn_v", &weights.attn_v}, {"attn_qkv", &weights.attn_qkv}, {"attn_output", &weights.attn_output},
        {"ffn_gate", &weights.ffn_gate}, {"ffn_up", &weights.ffn_up}, {"ffn_down", &weights.ffn_down}};
    for (const auto & [name, layer] : layers) {
        if (target == name) return layer->weight ? layer : nullptr;
    }
    return nullptr;
}

std::string layer_tensor_name(int32_t block, const std::string & target) {
    return block < 0 ? target + ".weight" : "blk." + std::to_string(block) + "." + target + ".weight";
}
