// A low-rank adapter on frozen linear layers: y = W x + (alpha / rank) * B (A x).   Hu et al. 2021, arXiv:2106.09685
// Shapes are ggml's ne[] (columns first): W [n_in, n_out], a [n_in, rank], b [rank, n_out]; all f32.
#pragma once
#include "backend.h"
#include "block_range.h"
#include "model.h"
#include <memory>
#include <string>
#include <vector>

struct lora_pair {
    int32_t block;      // -1: the output head
    std::string target; // "attn_q", ...
    ggml_tensor * a;
    ggml_tensor * b;

    std::string tensor_name() const { return layer_tensor_name(block, target); } // of the base tensor
};

class adapter {
  public:
    // A uniform in +-1/sqrt(n_in) (PEFT's Kaiming init with a = sqrt(5)), B zero; the same bytes for the same seed.
    // blocks  those that get an adapter; the target "output" is in none of them
    // throws  user_error(exit_usage) on a target that the model does not have
    static std::unique_ptr<adapter> create(backend & cpu, const base_model & model, const std::vector<std::string> & targets,
                                           block_range blocks, int32_t rank, float alpha, uint64_t seed);

    // Reads an adapter in llama.cpp's GGUF form (F32, F16 or BF16 tensors).
    // throws user_error(exit_data): not a LoRA adapter, another architecture, a tensor that does not fit the model, mixed ranks
    static std::unique_ptr<adapter> load(backend & cpu, const base_model & model, const std::string & path);

    // The same adapter in the memory of another backend.
    std::unique_ptr<adapter> copy_on(backend & device) const;

    // Overwrites the values of a copy with ours.
    void copy_values_to(adapter & copy) const;

    // Writes llama.cpp's GGUF form under a temporary name, fsyncs, renames.
    void save(const std::string & path, const std::string & architecture) const;

    // The pair on this layer, or nullptr. block -1: the output head
    const lora_pair * find(int32_t block, const std::string & target) const;

    const std::vector<lora_pair> & pairs() const { return pairs_; }
    std::vector<std::string> targets() const; // each once, in order of first appearance
    int32_t rank() const { return rank_; }
    float alpha() const { return alpha_; }
    float scale() const { return alpha_ / static_cast<float>(rank_); }
    int64_t n_parameters() const;
    block_range blocks() const;   // from the lowest to the highest that is adapted; empty, behind the last, when only the output head is
    int32_t lowest_block() const { return blocks().first; } // nothing below it needs a gradient; n_block when only the output head is adapted

    ~adapter();

  private:
    adapter(int32_t rank, float alpha, int32_t n_block);
    void add_pair(const base_model & model, int32_t block, const std::string & target);

    int32_t rank_;
    float alpha_;
    int32_t n_block_;
    ggml_context * tensors_;
    std::vector<lora_pair> pairs_;
};

// One f32 vector a LoRA tensor, in the order a0, b0, a1, b1, ... of adapter::pairs().
using lora_values = std::vector<std::vector<float>>;

lora_values zeros_like(const adapter & lora);
