// GGUF files that are whole or not there.
#pragma once
#include "ggml-cpp.h"
#include "sealed_file.h"
#include <functional>
#include <string>
#include <vector>

// Writes a GGUF of these keys and tensors, whose data may lie in memory or on a device.
//
// keys     no tensors in them yet; they are added
void write_gguf(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors);

// The same, of tensors whose data is made when it is written.
//
// bytes_of  the data of tensors[i]
void write_gguf(sealed_file & file, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors,
                const std::function<std::vector<char>(size_t i)> & bytes_of);

// The first as a file of its own, sealed.
// throws user_error(exit_data) when the disk is full or the folder cannot be written; what was there before stays
void write_sealed_gguf(const std::string & path, gguf_context_ptr keys, const std::vector<const ggml_tensor *> & tensors);
