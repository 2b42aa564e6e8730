#include "session.h"
#include "config.h"
#include "events.h"
#include "machine_memory.h"
#include "kernels/gemm.h"
#include <algorithm>

const char * const PROGRAM_VERSION = "0.1.0";

void announce(const std::string & verb, int32_t threads) {
    emit("start", {{"protocol", PROTOCOL}, {"verb", verb}, {"program", PROGRAM_VERSION}, {"ggml", ggml_version()}, {"kernel", gemm_kernel_name()}, {"threads", threads}});
}

void announce_done(const std::string & verb, const std::optional<std::string> & output) {
    emit("done", {{"verb", verb}, {"output", output ? json(*output) : json(nullptr)}, {"seconds", seconds_since_start()}, {"peakMemory", peak_memory()}});
}

std::string announced(const std::string & verb, const std::string & model_path, int32_t threads) {
    announce(verb, threads);
    return model_path;
}

session::session(const std::string & verb, const std::string & model_path, int32_t threads)
    : file(announced(verb, model_path, threads)), model(load_model(file)), cpu(threads) {
    announce_model(model);
}

void announce_model(const base_model & model) {
    emit("model", {{"architecture", model.shape.architecture}, {"blocks", model.shape.n_block}, {"width", model.shape.n_embd},
                   {"vocabulary", model.shape.n_vocab}, {"parameters", model.n_parameters}, {"types", model.tensors_by_type}});
}

int32_t length_limit(int32_t asked, const model_shape & shape) {
    return asked == 0 ? shape.context_length : std::min(asked, shape.context_length);
}

void announce_adapter(const adapter & lora) {
    emit("adapter", {{"variant", lora.has_magnitudes() ? "dora" : "lora"}, {"tensors", lora.trained().size()}, {"parameters", lora.n_parameters()},
                     {"rank", lora.rank()}, {"alpha", lora.alpha()}, {"targets", lora.targets()}});
}
