#include "checkpoint.h"
#include "checkpoint_file.h"
#include "error.h"
#include "gguf_file.h"
#include "sealed_file.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

namespace {

const size_t KEPT = 2;
const double MOST_STEPS = 1e15; // whole numbers are exact so far
const char * const PRECISION = "rectune.precision";
const char * const RECENT_LOSSES = "rectune.recent_losses";
const char * const EVALUATIONS = "rectune.evaluations"; // the numbers of run_state on them, in its order

std::string path_of(const std::string & folder, int64_t step) { return folder + "/step-" + std::to_string(step) + ".gguf"; }

// Newest first.
std::vector<checkpoint> list_checkpoints(const std::string & folder) {
    std::vector<checkpoint> found;
    std::error_code error;
    for (const fs::directory_entry & entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        long long step = 0;
        char rest[8] = "";
        if (std::sscanf(name.c_str(), "step-%lld.%7s", &step, rest) == 2 && std::strcmp(rest, "gguf") == 0) found.push_back({step, entry.path().string()});
    }
    std::sort(found.begin(), found.end(), [](const checkpoint & a, const checkpoint & b) { return a.step > b.step; });
    return found;
}

struct named_values { std::string name; const ggml_tensor * like; std::vector<float> * values; };

// The optimiser's moments under the names of their tensors.
std::vector<named_values> moments(const adapter & lora, adamw & optimizer) {
    std::vector<named_values> all;
    for (size_t i = 0; i < lora.trained().size(); i++) {
        const ggml_tensor * tensor = lora.trained()[i].tensor;
        all.push_back({std::string(tensor->name) + ".m", tensor, &optimizer.first_moments()[i]});
        all.push_back({std::string(tensor->name) + ".v", tensor, &optimizer.second_moments()[i]});
    }
    return all;
}

// Keeps this one, which was read back whole, the one before it, and the one that did best on valid.
void remove_older(const std::string & folder, int64_t step, int64_t best_step) {
    size_t kept = 0;
    for (const checkpoint & found : list_checkpoints(folder)) {
        std::error_code ignored;
        if (found.step <= step && ++kept > KEPT && found.step != best_step) fs::remove(found.path, ignored);
    }
}

// What has more steps than the checkpoint that a run has just written was passed over as broken when that run began.
void remove_newer(const std::string & folder, int64_t step) {
    for (const checkpoint & found : list_checkpoints(folder)) {
        std::error_code ignored;
        if (found.step > step) fs::remove(found.path, ignored);
    }
}

} // namespace

std::string save_checkpoint(const std::string & folder, const adapter & lora, adamw & optimizer, int64_t step, const run_state & state,
                            const std::string & fingerprint, const std::string & precision) {
    const std::vector<named_values> values = moments(lora, optimizer);
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * values.size();
    params.no_alloc = true;
    const ggml_context_ptr ctx(ggml_init(params));
    std::vector<const ggml_tensor *> tensors;
    for (const trained_tensor & one : lora.trained()) tensors.push_back(one.tensor);
    for (const named_values & entry : values) {
        ggml_tensor * tensor = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_F32, static_cast<int64_t>(entry.values->size()));
        ggml_set_name(tensor, entry.name.c_str());
        tensor->data = entry.values->data();
        tensors.push_back(tensor);
    }
    const gguf_context_ptr keys(gguf_init_empty());
    gguf_set_val_str(keys.get(), "general.type", "checkpoint");
    gguf_set_val_u64(keys.get(), "rectune.step", static_cast<uint64_t>(step));
    gguf_set_val_str(keys.get(), "rectune.run", fingerprint.c_str());
    gguf_set_val_str(keys.get(), PRECISION, precision.c_str());
    gguf_set_arr_data(keys.get(), RECENT_LOSSES, GGUF_TYPE_FLOAT64, state.recent_losses.data(), state.recent_losses.size());
    const double evaluations[] = {static_cast<double>(state.evaluated_step), static_cast<double>(state.best_step), state.best_auc, static_cast<double>(state.since_best)};
    gguf_set_arr_data(keys.get(), EVALUATIONS, GGUF_TYPE_FLOAT64, evaluations, std::size(evaluations));

    const std::string path = path_of(folder, step);
    write_checkpoint_file(path, keys.get(), tensors);
    remove_newer(folder, step);
    remove_older(folder, step, state.best_step);
    return path;
}

std::optional<std::string> recorded_precision(const std::string & folder) {
    for (const checkpoint & found : list_checkpoints(folder)) {
        if (is_whole_checkpoint(found.path)) return gguf_file(found.path).text(PRECISION);
    }
    return std::nullopt;
}

void open_checkpoints(const std::string & folder, bool is_resumed) {
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault || access(folder.c_str(), W_OK) != 0) {
        throw user_error(exit_data, "the folder cannot be written: " + (fault ? fault.message() : std::string(std::strerror(errno))), folder, "check the path and its permissions");
    }
    remove_unsealed(folder);
    if (!is_resumed && !list_checkpoints(folder).empty()) {
        throw user_error(exit_usage, "another run left its checkpoints here", folder, "resume that run, or remove the folder");
    }
}

// Reads one checkpoint; throws user_error(exit_data) when it is not whole.
static void read_checkpoint(const std::string & path, const adapter & lora, adamw & optimizer, run_state & state, const std::string & fingerprint) {
    const auto refuse = [&](const std::string & what) { return user_error(exit_data, what, path, "remove the file; the one before it is used then"); };
    if (!is_whole_checkpoint(path)) throw refuse("the checkpoint's digest does not match its content");
    const gguf_file file(path);
    const std::optional<double> step = file.number("rectune.step");
    if (file.text("general.type").value_or("") != "checkpoint" || !step) throw refuse("this GGUF is not a checkpoint");
    if (file.text("rectune.run").value_or("") != fingerprint) {
        throw user_error(exit_usage, "the checkpoint belongs to a run with other settings", path, "resume with the settings the run was started with, or start a new run");
    }
    struct source { ggml_tensor * lora_tensor; std::vector<float> * values; const ggml_tensor * stored; };
    std::vector<source> sources;
    const auto require = [&](const std::string & name, int64_t n) {
        const ggml_tensor * stored = file.find(name);
        if (!stored || stored->type != GGML_TYPE_F32 || ggml_nelements(stored) != n) throw refuse("the checkpoint lacks \"" + name + "\", or it has another shape");
        return stored;
    };
    for (const trained_tensor & one : lora.trained()) sources.push_back({one.tensor, nullptr, require(one.tensor->name, ggml_nelements(one.tensor))});
    for (const named_values & entry : moments(lora, optimizer)) sources.push_back({nullptr, entry.values, require(entry.name, ggml_nelements(entry.like))});

    const auto numbers = [&](const char * name) {
        const int64_t key = gguf_find_key(file.keys(), name);
        if (key < 0 || gguf_get_kv_type(file.keys(), key) != GGUF_TYPE_ARRAY || gguf_get_arr_type(file.keys(), key) != GGUF_TYPE_FLOAT64) {
            throw refuse(std::string("the checkpoint lacks \"") + name + "\", or it is of another type");
        }
        const double * first = static_cast<const double *>(gguf_get_arr_data(file.keys(), key));
        return std::vector<double>(first, first + gguf_get_arr_n(file.keys(), key));
    };
    const std::vector<double> losses = numbers(RECENT_LOSSES), evaluations = numbers(EVALUATIONS);
    if (evaluations.size() != 4) throw refuse(std::string("\"") + EVALUATIONS + "\" of the checkpoint is not four numbers");
    for (const double count : {*step, evaluations[0], evaluations[1], evaluations[3]}) {
        if (!(count >= 0 && count <= MOST_STEPS)) throw refuse("a number of steps or evaluations of the checkpoint is " + std::to_string(count));
    }

    for (const source & from : sources) {
        const size_t size = ggml_nbytes(from.stored);
        if (from.lora_tensor) ggml_backend_tensor_set(from.lora_tensor, from.stored->data, 0, size);
        else std::memcpy(from.values->data(), from.stored->data, size);
    }
    optimizer.steps_done = static_cast<int64_t>(*step);
    state = {losses, static_cast<int64_t>(evaluations[0]), static_cast<int64_t>(evaluations[1]), evaluations[2], static_cast<int64_t>(evaluations[3])};
}

std::optional<checkpoint> restore_checkpoint(const std::string & folder, const adapter & lora, adamw & optimizer, run_state & state, const std::string & fingerprint) {
    const std::vector<checkpoint> all = list_checkpoints(folder);
    std::optional<user_error> first_fault;
    for (const checkpoint & found : all) {
        try {
            read_checkpoint(found.path, lora, optimizer, state, fingerprint);
            remove_older(folder, optimizer.steps_done, state.best_step); // a run may have been killed before it could
            return checkpoint{optimizer.steps_done, found.path};
        } catch (const user_error & fault) {
            if (fault.code != exit_data) throw;
            std::fprintf(stderr, "warning: %s (%s); trying the checkpoint before it\n", fault.what(), fault.where.c_str());
            if (!first_fault) first_fault = fault;
        }
    }
    if (first_fault) {
        throw user_error(exit_data, std::string("no whole checkpoint is left: ") + first_fault->what(), first_fault->where, "remove the folder " + folder + " and give the same command again: the run then begins anew");
    }
    return std::nullopt;
}

void restore_adapter(const std::string & folder, int64_t step, const adapter & lora, const std::string & fingerprint) {
    adamw unused(lora, {});
    run_state state;
    read_checkpoint(path_of(folder, step), lora, unused, state, fingerprint);
}
