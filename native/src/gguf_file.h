// A GGUF file mapped into memory: its keys, and its tensors as they are stored, never copied.
#pragma once
#include "ggml-cpp.h"
#include "mapped_file.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class gguf_file {
  public:
    // throws user_error(exit_data) when the file cannot be opened, is not GGUF, is cut off, or its header cannot be (gguf_header.h)
    explicit gguf_file(const std::string & path);

    const std::string & path() const { return bytes_.path(); }
    const gguf_context * keys() const { return keys_.get(); }

    std::optional<std::string> text(const std::string & key) const;
    std::optional<double> number(const std::string & key) const; // any integer or float type
    double required_number(const std::string & key) const;       // throws user_error(exit_data) naming the key

    // The tensor of this name, its data pointing into the mapping; nullptr when there is none.
    ggml_tensor * find(const std::string & name) const;
    std::vector<ggml_tensor *> tensors() const;

  private:
    mapped_file bytes_;
    gguf_context_ptr keys_;
    ggml_context_ptr tensors_;
};

// Reads a tensor of any type as f32, in memory order.
std::vector<float> as_floats(const ggml_tensor * tensor);
