// The parity gate: before any work, our own forward pass is held against stock libllama on real rows.
//
// libllama's CPU kernels quantise the activations to 8 bits on quantised weights and stray by up to 0.2 in a logit, so
// a comparison on the model file itself sees nothing small. The gate therefore compares on an F32 copy of the first
// blocks; what remains between training and serving the quantised file is measured apart, as the serving gap.
#pragma once
#include "events.h"
#include "lora.h"
#include "model.h"
#include "token_rows.h"
#include <optional>
#include <string>
#include <vector>

const double PARITY_TOLERANCE = 1e-3; // of a logit; seen on real models: 1e-5 to 1e-4

// The same model with GELU as coarse as libllama's on CPUs, so that everything else can be compared closely.
base_model as_the_library(base_model model);

// Compares all logits at the last positions of a few rows and emits the event "parity".
// lora  nullptr, or the adapter that is about to be used: libllama gets it merged into the copy
// returns what it emitted
// throws user_error(exit_data) when a logit differs by more than PARITY_TOLERANCE
json check_parity(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora,
                  const std::vector<std::vector<llama_token>> & rows);

// Bytes that check_parity takes.
struct parity_need {
    uint64_t weights; // of the model that it reads
    uint64_t copy;    // the copy, or what stands in memory while it is written, whatever is more, with what libllama needs to compute on it
    uint64_t tensors; // intermediate ones of our own pass
};
parity_need measure_parity(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora, const std::vector<std::vector<llama_token>> & rows);

// How a model is served: by itself, or with an adapter that libllama's own loader reads.
struct served_files { std::string model; std::optional<std::string> adapter; };

// Largest difference between our log-odds and libllama's on the files as they are served, quantised as they may be: of the first two answers of
// each row, where these part.
// Emits the event "serving-gap".
void measure_serving_gap(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora, const served_files & as,
                         const std::vector<const scoring_row *> & rows, llama_token eos);
