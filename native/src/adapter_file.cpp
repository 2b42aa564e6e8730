// An adapter as a GGUF file: llama.cpp's form, or that with a magnitude beside each pair, which llama.cpp refuses by its type.
#include "error.h"
#include "gguf_file.h"
#include "gguf_writer.h"
#include "lora.h"
#include "magnitude.h"
#include <algorithm>
#include <cmath>

namespace {

const std::string DOWN = ".lora_a", UP = ".lora_b", MAGNITUDE = ".lora_magnitude";

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool has_shape(const ggml_tensor * tensor, int64_t ne0, int64_t ne1) {
    return tensor->ne[0] == ne0 && tensor->ne[1] == ne1 && tensor->ne[2] == 1 && tensor->ne[3] == 1;
}

// Reads one file for one model.
class adapter_reader {
  public:
    struct stored_pair { layer_name layer; const ggml_tensor * a, * b, * magnitude; };

    adapter_reader(const gguf_file & file, const base_model & model) : file_(file), model_(model) {
        const std::string type = file.text("adapter.type").value_or("");
        if (file.text("general.type").value_or("") != "adapter" || (type != "lora" && type != "dora")) throw refuse("this GGUF is not a LoRA adapter");
        has_magnitudes_ = type == "dora";
        const std::string architecture = file.text("general.architecture").value_or("");
        if (architecture != model.shape.architecture) {
            throw refuse("the adapter was made for architecture \"" + architecture + "\", the base model is \"" + model.shape.architecture + "\"");
        }
    }

    user_error refuse(const std::string & what) const { return user_error(exit_data, what, file_.path(), "use a LoRA adapter GGUF made for this base model"); }

    bool has_magnitudes() const { return has_magnitudes_; }

    // Nothing, or 0, is libllama's scale of 1.
    std::optional<float> alpha() const {
        const int64_t key = gguf_find_key(file_.keys(), "adapter.lora.alpha");
        if (key < 0) return std::nullopt;
        if (gguf_get_kv_type(file_.keys(), key) != GGUF_TYPE_FLOAT32) {
            throw refuse("adapter.lora.alpha is not a 32-bit float, as libllama wants it"); // it would end the process
        }
        const float alpha = gguf_get_val_f32(file_.keys(), key);
        if (!(alpha >= 0 && std::isfinite(alpha))) throw refuse("the adapter's scale (adapter.lora.alpha) is " + std::to_string(alpha));
        return alpha == 0 ? std::nullopt : std::optional<float>(alpha);
    }

    // In the order of adaptable_layers, whatever that of the file.
    std::vector<stored_pair> pairs() const {
        refuse_unknown_tensors();
        std::vector<stored_pair> found;
        for (const layer_name & layer : adaptable_layers(model_)) {
            const std::string base = layer.tensor_name();
            const stored_pair pair{layer, file_.find(base + DOWN), file_.find(base + UP), file_.find(base + MAGNITUDE)};
            if (!pair.a) continue;
            check(pair);
            if (!found.empty() && found.front().b->ne[0] != pair.b->ne[0]) {
                throw refuse("the adapter mixes ranks " + std::to_string(found.front().b->ne[0]) + " and " + std::to_string(pair.b->ne[0]));
            }
            found.push_back(pair);
        }
        if (found.empty()) throw refuse("the adapter has no tensors");
        return found;
    }

    std::vector<float> finite_floats(const ggml_tensor * tensor) const {
        const std::vector<float> values = as_floats(tensor);
        if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
            throw refuse("tensor \"" + std::string(tensor->name) + "\" holds a value that is not finite");
        }
        return values;
    }

  private:
    void refuse_unknown_tensors() const {
        std::vector<std::string> known;
        for (const layer_name & layer : adaptable_layers(model_)) known.push_back(layer.tensor_name());
        for (const ggml_tensor * tensor : file_.tensors()) {
            const std::string name = tensor->name;
            if (ends_with(name, "_norm.weight")) continue; // as libllama does
            const bool is_magnitude = has_magnitudes_ && ends_with(name, MAGNITUDE);
            if (!ends_with(name, DOWN) && !ends_with(name, UP) && !is_magnitude) throw refuse("tensor \"" + name + "\" is not part of a LoRA pair");
            const std::string base = name.substr(0, name.rfind(".lora_"));
            if (!file_.find(base + DOWN) || !file_.find(base + UP)) throw refuse("tensor \"" + name + "\" lacks its partner");
            if (std::find(known.begin(), known.end(), base) != known.end()) continue;
            if (model_.tied && base == layer_name{-1, TOKEN_EMBEDDING}.tensor_name()) {
                throw refuse("the adapter is on the token embedding, which is this model's output head, too: llama.cpp cannot serve it");
            }
            throw refuse("the base model has no linear layer \"" + base + "\"");
        }
    }

    void check(const stored_pair & pair) const {
        const ggml_tensor * weight = adaptable_weight(model_, pair.layer);
        const bool is_embedding = pair.layer.target == TOKEN_EMBEDDING;
        const int64_t rank = pair.b->ne[0];
        const bool fits = rank >= 1 && (is_embedding ? has_shape(pair.a, rank, weight->ne[1]) && has_shape(pair.b, rank, weight->ne[0])
                                                     : has_shape(pair.a, weight->ne[0], rank) && has_shape(pair.b, rank, weight->ne[1]));
        if (!fits) throw refuse("the shapes of \"" + pair.layer.tensor_name() + "\" do not fit the base model");
        if (has_magnitudes_ && (is_embedding || !pair.magnitude || !has_shape(pair.magnitude, weight->ne[1], 1))) {
            throw refuse("\"" + pair.layer.tensor_name() + "\" lacks its magnitudes, or they do not fit the base model");
        }
        for (const ggml_tensor * tensor : {pair.a, pair.b, pair.magnitude}) {
            if (tensor && tensor->type != GGML_TYPE_F32 && tensor->type != GGML_TYPE_F16 && tensor->type != GGML_TYPE_BF16) {
                throw refuse("tensor \"" + std::string(tensor->name) + "\" has the type " + ggml_type_name(tensor->type) + ", expected f32, f16 or bf16");
            }
        }
    }

    const gguf_file & file_;
    const base_model & model_;
    bool has_magnitudes_;
};

} // namespace

std::unique_ptr<adapter> adapter::load(backend & cpu, const base_model & model, const std::string & path) {
    const gguf_file file(path);
    const adapter_reader reader(file, model);
    const std::optional<float> alpha = reader.alpha();
    const std::vector<adapter_reader::stored_pair> stored = reader.pairs();
    std::vector<layer_name> layers;
    for (const adapter_reader::stored_pair & pair : stored) layers.push_back(pair.layer);
    const int32_t rank = static_cast<int32_t>(stored.front().b->ne[0]);
    std::unique_ptr<adapter> made(new adapter(model, layers, rank, rank, alpha.value_or(static_cast<float>(rank)), reader.has_magnitudes()));
    made->buffer_ = cpu.allocate_apart(made->tensors_, "the adapter", "use an adapter of a smaller rank");
    for (size_t i = 0; i < stored.size(); i++) {
        const lora_pair & pair = made->pairs_[i];
        const auto read = [&](ggml_tensor * into, const ggml_tensor * from) {
            const std::vector<float> values = reader.finite_floats(from);
            ggml_backend_tensor_set(into, values.data(), 0, values.size() * sizeof(float));
        };
        read(pair.a, stored[i].a);
        read(pair.b, stored[i].b);
        if (!pair.magnitude) continue;
        read(pair.magnitude, stored[i].magnitude);
        read_squared_norms(pair, *adaptable_weight(model, pair.layer));
    }
    return made;
}

void adapter::save(const std::string & path, const std::string & architecture) const {
    gguf_context_ptr keys(gguf_init_empty());
    gguf_set_val_str(keys.get(), "general.type", "adapter");
    gguf_set_val_str(keys.get(), "general.architecture", architecture.c_str());
    gguf_set_val_str(keys.get(), "adapter.type", has_magnitudes_ ? "dora" : "lora");
    gguf_set_val_f32(keys.get(), "adapter.lora.alpha", alpha_); // must be f32: libllama reads a missing or other type as 0
    std::vector<const ggml_tensor *> tensors;
    for (const trained_tensor & one : trained_) tensors.push_back(one.tensor);
    write_sealed_gguf(path, std::move(keys), tensors);
}
