// Texts for prompts, written by stock libllama: any decoder that llama.cpp serves may be the model.
#pragma once
#include "config.h"
#include "error.h"

// throws user_error
exit_code generate(const generate_config & config);
