// What every verb does first: say who we are, map the model, tell its shape.
#pragma once
#include "backend.h"
#include "lora.h"
#include "model.h"
#include <memory>
#include <optional>
#include <string>

extern const char * const PROGRAM_VERSION;

// Emits "start".
void announce(const std::string & verb, int32_t threads);

// The same before the model is touched, where that is the first thing a session has; returns its path.
std::string announced(const std::string & verb, const std::string & model_path, int32_t threads);

// Emits "done".
void announce_done(const std::string & verb, const std::optional<std::string> & output);

struct placed_base;

struct session {
    session(const std::string & verb, const std::string & model_path, int32_t threads); // emits "start" and "model"
    gguf_file file;
    base_model model;
    backend cpu;
    std::shared_ptr<placed_base> placed; // on a device, for all runs of a process (compute_place.h)
};

// Emits "model".
void announce_model(const base_model & model);

// The longest row in tokens: what was asked for (0: no limit), and never more than the model was made for.
int32_t length_limit(int32_t asked, const model_shape & shape);

// Emits "adapter".
void announce_adapter(const adapter & lora);
