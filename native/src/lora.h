// A low-rank adapter on frozen linear layers: y = W x + (alpha / rank) * B (A x).   Hu et al. 2021, arXiv:2106.09685
// Shapes are ggml's ne[] (columns first): W [n_in, n_out], a [n_in, rank], b [rank, n_out]; all f32.
// On the token embedding E [n_embd, n_vocab], whose input is the number of a token, libllama wants them the other way round:
// a [rank, n_vocab], of which a token picks its column, and b [rank, n_embd].
#pragma once
#include "adapter_settings.h"
#include "backend.h"
#include "model.h"
#include "target_pattern.h"
#include <memory>
#include <string>
#include <vector>

struct lora_pair {
    layer_name layer;
    ggml_tensor * a;
    ggml_tensor * b;
    ggml_tensor * magnitude = nullptr;     // DoRA only (magnitude.h): [n_out]
    ggml_tensor * squared_norms = nullptr; // beside a magnitude: of the rows of W [n_out]; not trained

    std::string tensor_name() const { return layer.tensor_name(); } // of the base tensor
};

enum class lora_part { down, up, magnitude };

// A tensor of the adapter that training changes, or changes in part: of its components (rows of A, columns of B) the last ones
// may stand still.
struct trained_tensor {
    ggml_tensor * tensor;
    const lora_pair * pair;
    lora_part part;
    int64_t stride; // element i belongs to component (i / stride) % n_components
    int64_t n_components, n_trained;

    bool is_trained(size_t i) const { return static_cast<int64_t>(i) / stride % n_components < n_trained; }
};

class adapter {
  public:
    // layers    of resolve_targets
    // settings  say how it begins; the same bytes for the same seed
    // throws    user_error(exit_usage) on settings that a layer cannot have
    static std::unique_ptr<adapter> create(backend & cpu, const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings);

    // One of that shape without memory, for graphs that are measured and not computed.
    static std::unique_ptr<adapter> planned(const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings);

    // Reads an adapter in llama.cpp's GGUF form (F32, F16 or BF16 tensors), or one with magnitudes, which only we read.
    // throws user_error(exit_data): no such adapter, another architecture, a tensor that does not fit the model, mixed ranks
    static std::unique_ptr<adapter> load(backend & cpu, const base_model & model, const std::string & path);

    // The same adapter in the memory of another backend.
    std::unique_ptr<adapter> copy_on(backend & device, const base_model & model) const; // model: that of the adapter

    // Overwrites the values of a copy with ours.
    void copy_values_to(adapter & copy) const;

    // Writes the same form under a temporary name, fsyncs, renames.
    void save(const std::string & path, const std::string & architecture) const;

    // The pair on this layer, or nullptr. block -1: the output head or the token embedding
    const lora_pair * find(int32_t block, const std::string & target) const;

    const std::vector<lora_pair> & pairs() const { return pairs_; }
    const std::vector<trained_tensor> & trained() const { return trained_; } // pair by pair: a, b, magnitude
    size_t index_of(const ggml_tensor * trained) const;                      // in trained()

    std::vector<layer_name> layers() const;   // in the order of resolve_targets
    std::vector<std::string> targets() const; // each once, in order of first appearance
    int32_t rank() const { return rank_; }    // of the tensors; with a frozen half, twice that of the settings
    float alpha() const { return alpha_; }    // as libllama reads it: the scale is alpha / rank
    float scale() const { return alpha_ / static_cast<float>(rank_); }
    bool has_magnitudes() const { return has_magnitudes_; }
    int64_t n_parameters() const; // that are trained
    block_range blocks() const;   // from the lowest to the highest that is adapted; empty, behind the last, when none is
    bool adapts_embedding() const { return find(-1, TOKEN_EMBEDDING) != nullptr; }
    int32_t lowest_block() const { return adapts_embedding() ? 0 : blocks().first; } // nothing below it needs a gradient; n_block when no block is adapted

    size_t n_bytes() const; // of all its tensors

    ~adapter();

  private:
    static std::unique_ptr<adapter> shaped(const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings);
    adapter(const base_model & model, const std::vector<layer_name> & layers, int32_t rank, int32_t n_trained, float alpha, bool has_magnitudes);

    int32_t rank_, n_trained_;
    float alpha_;
    bool has_magnitudes_;
    int32_t n_block_;
    ggml_context * tensors_;
    ggml_backend_buffer_t buffer_ = nullptr;
    std::vector<lora_pair> pairs_;
    std::vector<trained_tensor> trained_;
};

// One f32 vector a trained tensor of the adapter, in the order of adapter::trained(). Where a component stands still: 0.
using lora_values = std::vector<std::vector<float>>;

lora_values zeros_like(const adapter & lora);
