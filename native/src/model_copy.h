// A copy of a model, whole or a few of its blocks, with or without an adapter merged in.
#pragma once
#include "lora.h"
#include "model.h"
#include <functional>
#include <string>
#include <vector>

std::vector<int32_t> all_blocks(const base_model & model);

// The tensors of the file that a copy of these blocks is made of.
std::vector<const ggml_tensor *> tensors_of_copy(const gguf_file & file, const std::vector<int32_t> & blocks);

// Bytes of what write_copy writes, the header aside: of all tensors, and of the largest.
struct copy_size { uint64_t all, largest; };
copy_size size_of_copy(const gguf_file & file, const std::vector<int32_t> & blocks, ggml_type type);

// Writes the copy as a GGUF of its own: block i of the copy is blocks[i] of the model. One tensor at a time is in memory.
// lora  merged into the weights (merge.h), or nullptr
// type  of the matrices: F32, F16, BF16 or a quantised one; where rows do not divide into its blocks F16 takes its place. Vectors are F32
// on_tensor  told before each tensor is made: how many there are before it, and in all; what it throws leaves no file
// throws user_error(exit_data) when the file cannot be written
void write_copy(const gguf_file & file, const base_model & model, const std::vector<int32_t> & blocks, const adapter * lora, ggml_type type, const std::string & path,
                const std::function<void(size_t done, size_t tensors)> & on_tensor = [](size_t, size_t) {});
