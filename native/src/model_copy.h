// An F32 copy of a model, whole or a few of its blocks, with or without an adapter merged in.
#pragma once
#include "lora.h"
#include "model.h"
#include <string>
#include <vector>

// Writes the copy as a GGUF of its own: block i of the copy is blocks[i] of the model.
// lora  merged into the weights (W + alpha / rank * B A, summed in double), or nullptr
// throws user_error(exit_data) when the file cannot be written
void write_f32_copy(const gguf_file & file, const base_model & model, const std::vector<int32_t> & blocks, const adapter * lora, const std::string & path);
