#include "stock_model.h"
#include "backend.h"
#include "error.h"
#include "gguf_file.h"
#include "model_shape.h"
#include <cstdint>
#include <cstdio>

static user_error bad_adapter(const std::string & path) {
    return user_error(exit_data, "libllama cannot load the adapter: " + library_error(), path, "use a LoRA adapter GGUF made for this base model");
}

stock_model::stock_model(const std::string & path, const std::optional<std::string> & adapter, const std::optional<std::string> & original)
    : named_(original.value_or(path)), adapter_path_(adapter) {
    forget_library_error();
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    // Of two sets of rope factors (Phi 3) libllama takes the long one in a context longer than that of the pre-training, the short one
    // otherwise. A context of any size is to give what serving with the model's whole context gives, so that length is said to be 1, or
    // out of reach. It decides nothing else in the models that we take.
    llama_model_kv_override overrides[2] = {};
    const gguf_file file(path);
    if (file.find("rope_factors_long.weight")) {
        overrides[0].tag = LLAMA_KV_OVERRIDE_TYPE_INT;
        overrides[0].val_i64 = read_shape(file).has_long_context ? 1 : INT32_MAX;
        std::snprintf(overrides[0].key, sizeof overrides[0].key, "%s.rope.scaling.original_context_length", file.text("general.architecture").value_or("").c_str());
        params.kv_overrides = overrides;
    }
    ggml_backend_dev_t no_device = nullptr; // an empty list: on a GPU that is there, libllama would compute in 16 bits
    params.devices = &no_device;
    model_.reset(llama_model_load_from_file(path.c_str(), params));
    if (!model_) throw user_error(exit_data, "libllama cannot load the model: " + library_error(), named_, "use a GGUF that llama.cpp can load");
    if (!adapter) return;
    forget_library_error();
    adapter_ = llama_adapter_lora_init(model_.get(), adapter->c_str());
    if (!adapter_) throw bad_adapter(*adapter);
}

stock_model::context stock_model::make_context(const llama_context_params & params, const std::string & fix) const {
    forget_library_error();
    context made(llama_init_from_model(model_.get(), params));
    if (!made) throw user_error(exit_memory, "libllama cannot make a context: " + library_error(), named_, fix);
    if (adapter_) {
        forget_library_error();
        llama_adapter_lora * adapter = adapter_;
        float scale = 1.0f;
        if (llama_set_adapters_lora(made.get(), &adapter, 1, &scale) != 0) throw bad_adapter(*adapter_path_);
    }
    return made;
}

void refuse_magnitudes(const std::optional<std::string> & adapter) {
    if (!adapter || gguf_file(*adapter).text("adapter.type").value_or("") != "dora") return;
    throw user_error(exit_data, "llama.cpp cannot serve an adapter with magnitudes (DoRA)", *adapter, "merge it into the model (rectune merge), then use that model without an adapter");
}
