// What every verb that leaves the computing to stock llama.cpp does first: say who we are, load the model and its adapter, tell its shape.
#pragma once
#include "gguf_file.h"
#include "stock_model.h"
#include <cstdint>
#include <optional>
#include <string>

struct stock_session {
    // Emits "start" and "model".
    // throws  as gguf_file and stock_model; user_error(exit_data) for an adapter with magnitudes, which llama.cpp cannot serve
    stock_session(const std::string & verb, const std::string & model_path, const std::optional<std::string> & adapter, int32_t threads);
    gguf_file file;
    stock_model model;
};
