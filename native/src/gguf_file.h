// A GGUF file mapped into memory: its keys, and its tensors as they are stored, never copied.
#pragma once
#include "ggml.h"
#include "gguf.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class gguf_file {
  public:
    // throws user_error(exit_data) when the file cannot be opened, is not GGUF, is cut off, or a tensor reaches past its end
    explicit gguf_file(const std::string & path);
    ~gguf_file();
    gguf_file(const gguf_file &) = delete;
    gguf_file & operator=(const gguf_file &) = delete;

    const std::string & path() const { return path_; }
    const gguf_context * keys() const { return keys_; }

    std::optional<std::string> text(const std::string & key) const;
    std::optional<double> number(const std::string & key) const; // any integer or float type
    double required_number(const std::string & key) const;       // throws user_error(exit_data) naming the key

    // The tensor of this name, its data pointing into the mapping; nullptr when there is none.
    ggml_tensor * find(const std::string & name) const;
    std::vector<ggml_tensor *> tensors() const;

  private:
    void check_and_place_tensors(size_t file_size);

    std::string path_;
    gguf_context * keys_ = nullptr;
    ggml_context * tensors_ = nullptr;
    void * mapping_ = nullptr;
    size_t mapped_ = 0;
};

// Reads a tensor of any type as f32, in memory order.
std::vector<float> as_floats(const ggml_tensor * tensor);
