// A GGUF that ends in a digest of all its bytes: whole, or known not to be. The bytes behind the tensors are a newline, "rectune-digest " and 16 digits; a GGUF
// reader does not look at them.
#pragma once
#include "gguf_writer.h"
#include <string>
#include <vector>

// Writes the file under its name, or leaves what was there, and reads it back.
//
// keys     no tensors in them yet; they are added
// throws user_error(exit_data) when it cannot be written, or is not read back as it was written
void write_checkpoint_file(const std::string & path, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors);

// Does the file hold what its digest was made of?
// throws user_error(exit_data) when it cannot be read
bool is_whole_checkpoint(const std::string & path);
