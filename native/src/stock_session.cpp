#include "stock_session.h"
#include "events.h"
#include "session.h"
#include <map>

static const std::optional<std::string> & without_magnitudes(const std::optional<std::string> & adapter) {
    refuse_magnitudes(adapter);
    return adapter;
}

stock_session::stock_session(const std::string & verb, const std::string & model_path, const std::optional<std::string> & adapter, int32_t threads)
    : file(announced(verb, model_path, threads)), model(model_path, without_magnitudes(adapter)) {
    std::map<std::string, int64_t> types;
    for (const ggml_tensor * tensor : file.tensors()) types[ggml_type_name(tensor->type)]++;
    emit("model", {{"architecture", file.text("general.architecture").value_or("")}, {"blocks", llama_model_n_layer(model.get())}, {"width", llama_model_n_embd(model.get())},
                   {"vocabulary", llama_vocab_n_tokens(model.vocab())}, {"parameters", llama_model_n_params(model.get())}, {"types", types}});
}
