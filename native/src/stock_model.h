// A GGUF file as stock libllama computes it on the CPU, with an adapter on it if there is one.
#pragma once
#include <llama.h>
#include <memory>
#include <optional>
#include <string>

class stock_model {
  public:
    // adapter   loaded by libllama's own adapter loader
    // original  the file an error names when `path` is only a copy of it
    // throws user_error(exit_data) when libllama cannot load the model or the adapter
    stock_model(const std::string & path, const std::optional<std::string> & adapter, const std::optional<std::string> & original = std::nullopt);

    llama_model * get() const { return model_.get(); }
    const llama_vocab * vocab() const { return llama_model_get_vocab(model_.get()); }

    struct context_deleter { void operator()(llama_context * context) const { llama_free(context); } };
    using context = std::unique_ptr<llama_context, context_deleter>;

    // A context that computes with the adapter; the model must outlive it.
    // throws user_error(exit_memory), which names the model and says `fix`
    context make_context(const llama_context_params & params, const std::string & fix) const;

  private:
    struct model_deleter { void operator()(llama_model * model) const { llama_model_free(model); } };

    std::string named_;
    std::optional<std::string> adapter_path_;
    std::unique_ptr<llama_model, model_deleter> model_;
    llama_adapter_lora * adapter_ = nullptr; // freed with the model
};

// What libllama itself says of an adapter with magnitudes sounds like a broken file.
// throws user_error(exit_data) for one
void refuse_magnitudes(const std::optional<std::string> & adapter);
