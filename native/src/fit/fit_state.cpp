#include "fit/fit_state.h"
#include "checkpoint_file.h"
#include "error.h"
#include "gguf_file.h"
#include <algorithm>
#include <filesystem>

namespace {

const char * const PROGRESS = "rectune.progress"; // the numbers of fit_state, in its order
const size_t NUMBERS = 4;
const double MOST_EPOCHS = 1e15; // whole numbers are exact so far
const std::string BEST = "best.";

struct named_tensor { std::string name; float * data; size_t size; };

// Where each tensor of a file lies in a state.
std::vector<named_tensor> tensors_of(fit_model & model, fit_state & state, bool has_best) {
    std::vector<named_tensor> tensors;
    const std::vector<fit_values> kept = kept_values(model);
    const size_t n_parameters = model.parameters().size();
    state.values.resize(kept.size());
    if (has_best) state.best_values.resize(n_parameters);
    for (size_t i = 0; i < kept.size(); i++) {
        state.values[i].resize(kept[i].size);
        tensors.push_back({kept[i].name, state.values[i].data(), kept[i].size});
    }
    for (size_t i = 0; i < state.best_values.size(); i++) {
        state.best_values[i].resize(kept[i].size);
        tensors.push_back({BEST + kept[i].name, state.best_values[i].data(), kept[i].size});
    }
    return tensors;
}

} // namespace

std::vector<fit_values> kept_values(fit_model & model) {
    std::vector<fit_values> kept = model.parameters();
    const std::vector<fit_values> more = model.optimizer_state();
    kept.insert(kept.end(), more.begin(), more.end());
    return kept;
}

std::vector<std::vector<float>> copies(const std::vector<fit_values> & values) {
    std::vector<std::vector<float>> made;
    for (const fit_values & one : values) made.emplace_back(one.values, one.values + one.size);
    return made;
}

void restore(const std::vector<fit_values> & values, const std::vector<std::vector<float>> & from) {
    for (size_t i = 0; i < from.size(); i++) std::copy(from[i].begin(), from[i].end(), values[i].values);
}

void save_fit_state(const std::string & path, fit_model & model, const fit_state & state, const std::string & fingerprint) {
    fit_state copy = state;
    const std::vector<named_tensor> named = tensors_of(model, copy, !state.best_values.empty());
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * named.size();
    params.no_alloc = true;
    const ggml_context_ptr ctx(ggml_init(params));
    std::vector<const ggml_tensor *> tensors;
    for (const named_tensor & one : named) {
        ggml_tensor * tensor = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_F32, static_cast<int64_t>(one.size));
        ggml_set_name(tensor, one.name.c_str());
        tensor->data = one.data;
        tensors.push_back(tensor);
    }
    const gguf_context_ptr keys(gguf_init_empty());
    gguf_set_val_str(keys.get(), "general.type", "fit");
    gguf_set_val_str(keys.get(), "rectune.fit", fingerprint.c_str());
    const double progress[NUMBERS] = {static_cast<double>(state.epochs), static_cast<double>(state.best_epoch), state.best, static_cast<double>(state.since_best)};
    gguf_set_arr_data(keys.get(), PROGRESS, GGUF_TYPE_FLOAT64, progress, NUMBERS);
    write_checkpoint_file(path, keys.get(), tensors);
}

std::optional<fit_state> read_fit_state(const std::string & path, fit_model & model, const std::string & fingerprint) {
    if (!std::filesystem::exists(path)) return std::nullopt;
    const auto refuse = [&](const std::string & what) { return user_error(exit_data, what, path, "remove the file; the fit then begins anew"); };
    if (!is_whole_checkpoint(path)) throw refuse("the state's digest does not match its content");
    const gguf_file file(path);
    if (file.text("general.type").value_or("") != "fit") throw refuse("this GGUF is not the state of a fit");
    if (file.text("rectune.fit").value_or("") != fingerprint) {
        throw user_error(exit_usage, "the state belongs to a fit of other settings or data", path, "resume with what the fit was started with, or name another file");
    }
    const int64_t key = gguf_find_key(file.keys(), PROGRESS);
    if (key < 0 || gguf_get_kv_type(file.keys(), key) != GGUF_TYPE_ARRAY || gguf_get_arr_type(file.keys(), key) != GGUF_TYPE_FLOAT64 || gguf_get_arr_n(file.keys(), key) != NUMBERS) {
        throw refuse(std::string("the state lacks \"") + PROGRESS + "\", or it is not four numbers");
    }
    const double * progress = static_cast<const double *>(gguf_get_arr_data(file.keys(), key));
    for (const double count : {progress[0], progress[1], progress[3]})
        if (!(count >= 0 && count <= MOST_EPOCHS)) throw refuse("a number of epochs of the state is " + std::to_string(count));
    fit_state state;
    state.epochs = static_cast<int64_t>(progress[0]);
    state.best_epoch = static_cast<int64_t>(progress[1]);
    state.best = progress[2];
    state.since_best = static_cast<int64_t>(progress[3]);
    for (const named_tensor & one : tensors_of(model, state, state.best_epoch > 0)) {
        const ggml_tensor * stored = file.find(one.name);
        if (!stored || stored->type != GGML_TYPE_F32 || ggml_nelements(stored) != static_cast<int64_t>(one.size)) throw refuse("the state lacks \"" + one.name + "\", or it has another shape");
        std::copy_n(static_cast<const float *>(stored->data), one.size, one.data);
    }
    return state;
}
