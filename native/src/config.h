// The JSON config of each verb. An unknown key, a missing key or a wrong type is an error that names it.
// The keys and their meaning stand in src/core/run-config.ts and docs/protocol.md; defaults stand there too, not here.
#pragma once
#include "adapter_settings.h"
#include "batch_objective.h"
#include "hidden_states.h"
#include "optimizer.h"
#include "text_sampler.h"
#include <array>
#include <optional>
#include <string>
#include <vector>

const int PROTOCOL = 2; // docs/protocol.md, "Versions"

// What a run evaluates on while it trains.
struct validation_config {
    std::string data;
    std::vector<int64_t> rows;       // in this order; at least one
    std::optional<int64_t> every;    // steps; nothing: as often as costs little (validation.h)
    std::optional<int64_t> patience; // evaluations without a better AUC
    bool keeps_best;                 // the adapter that is written is that of the best step
};

struct train_config {
    std::string model;
    std::optional<std::string> adapter;
    std::string run_directory;
    std::string data;
    std::vector<std::string> labels; // of rows that name none of their own; empty: these are free text
    std::optional<std::vector<int64_t>> rows;
    uint64_t seed;
    std::optional<int64_t> epochs, steps;
    int64_t batch_size;
    std::optional<int64_t> micro_batch_size; // in rows; nothing: by columns (packing.h)
    double learning_rate;
    schedule_kind schedule;
    int64_t warmup_steps;
    double weight_decay, max_gradient_norm;
    adapter_settings begin; // of the adapter
    double lora_plus_ratio, dropout;
    std::vector<std::string> targets;
    std::string layers; // the blocks that get an adapter (block_range.h)
    bool loss_on_all;
    objective_kind objective;
    double spike_factor;
    bool shuffle;
    int32_t max_length;
    bool share_prefixes;
    std::optional<validation_config> validation;
    std::optional<bool> recomputes;      // each block's forward in the backward; nothing: when memory asks for it
    std::optional<uint64_t> memory_limit; // bytes; nothing: what the machine leaves
    state_settings hidden_states; // all but the passes
    int64_t checkpoint_every;
    std::string device; // auto, cpu, cuda, vulkan
    std::string precision; // auto, f32, bf16 or fp16
    int32_t threads;
    bool resume;
    std::optional<ggml_type> merged_type; // also write the adapter merged into the model
    std::string fingerprint; // of what decides the adapter's bytes: a checkpoint of another run is refused
};

// Several runs in one process, over one model and one file of rows.
struct series_config {
    std::vector<train_config> runs; // at least one
};

struct score_config {
    std::string model;
    std::optional<std::string> adapter;
    std::optional<std::string> merged; // the two as one model, when they are served so
    std::string data;
    std::vector<std::string> labels; // of rows that name none of their own, the positive one first; empty: all rows do
    int32_t max_length;
    bool share_prefixes;
    std::optional<int64_t> batch_size; // in rows; nothing: by columns (packing.h)
    std::vector<int64_t> skip; // rows that were scored before
    std::string device;        // as for training
    std::string precision; // auto, f32, bf16 or fp16
    int32_t threads;
};

// A base model with random weights, for tests and for the quickstart.
struct init_config {
    std::string output;
    std::string architecture;
    uint64_t seed;
    int32_t n_block, n_embd, n_ff, n_head, n_head_kv, head_dim, context_length;
    double rope_base, rms_epsilon;
    struct token { std::string text; double score; std::string kind; }; // kind: normal, unknown, control, byte
    std::vector<token> tokens; // a SentencePiece vocabulary
    int32_t bos, eos;
};

struct merge_config {
    std::string model;
    std::string adapter;
    std::string output;
    ggml_type type; // of its matrices
    int32_t threads;
};

// Texts for prompts.
struct generate_config {
    std::string model;
    std::optional<std::string> adapter;
    std::string prompts; // JSON lines (prompt_file.h)
    bool chat;           // in the model's own chat template
    std::optional<std::string> grammar; // GBNF
    int32_t max_tokens;
    sampling_settings sampling;
    int32_t parallel; // texts written at once
    std::optional<int64_t> context_length; // tokens of a prompt and its text; nothing: those that the model was made for
    std::vector<int64_t> skip; // ids of prompts whose text was told before
    int32_t threads;
};

// Rows answered one at a time by stock libllama.
struct serve_config {
    std::string model;
    std::optional<std::string> adapter;
    std::string data;
    std::vector<std::string> labels; // as for scoring
    std::optional<std::vector<int64_t>> rows; // in this order; nothing: all
    int32_t max_length;
    int32_t threads;
};

// Titles that a model writes behind rows, the most probable first.
struct rank_config {
    std::string model;
    std::optional<std::string> adapter;
    std::string data;
    std::optional<std::vector<int64_t>> rows; // as for serving
    std::vector<std::string> titles; // empty: each row's own choices
    int32_t max_length;
    int32_t beams;
    int32_t top; // titles that are told of a row; at most as many as beams
    int32_t threads;
};

// Rows as the model sees them.
struct inspect_config {
    std::string model;
    std::string data;
    std::vector<std::string> labels; // as for training
    std::optional<std::vector<int64_t>> rows; // nothing: all
    int32_t max_length;
    bool pieces; // tell each token
    int32_t threads;
};

struct measure_config {
    int32_t threads;
};

// throws user_error(exit_usage)
train_config read_train_config(const std::string & path);
series_config read_series_config(const std::string & path);
score_config read_score_config(const std::string & path);
init_config read_init_config(const std::string & path);
merge_config read_merge_config(const std::string & path);
generate_config read_generate_config(const std::string & path);
serve_config read_serve_config(const std::string & path);
rank_config read_rank_config(const std::string & path);
inspect_config read_inspect_config(const std::string & path);
measure_config read_measure_config(const std::string & path);
