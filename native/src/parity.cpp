#include "parity.h"
#include "error.h"
#include "events.h"
#include "model_copy.h"
#include "network.h"
#include "reference.h"
#include "temporary_copy.h"
#include <algorithm>
#include <cmath>
#include <numeric>

static const size_t LEAST_BLOCKS = 2;     // both kinds of neighbour: embedding below, block below
static const size_t MOST_TOKENS = 256;    // of a row: keeps the gate to a second or two
static const int32_t LAST_POSITIONS = 8;  // of a row: the answer and what stands before it

namespace {

std::vector<int32_t> last_columns(const std::vector<int32_t> & columns, int32_t n) {
    return std::vector<int32_t>(columns.end() - std::min<std::ptrdiff_t>(n, static_cast<std::ptrdiff_t>(columns.size())), columns.end());
}

// The first blocks, two or more, that show each form a block of the model has: window or not, rope or not.
std::vector<int32_t> first_of_each_form(const base_model & model) {
    size_t n = std::min(LEAST_BLOCKS, model.blocks.size());
    for (size_t i = n; i < model.blocks.size(); i++) {
        const bool is_known = std::any_of(model.blocks.begin(), model.blocks.begin() + static_cast<std::ptrdiff_t>(i), [&](const block_weights & block) { return block.form == model.blocks[i].form; });
        if (!is_known) n = i + 1;
    }
    std::vector<int32_t> blocks(n);
    std::iota(blocks.begin(), blocks.end(), 0);
    return blocks;
}

} // namespace

base_model as_the_library(base_model model) {
    if (model.shape.gate == gate_kind::geglu) model.shape.gate = gate_kind::library_geglu;
    return model;
}

// A row as far as it is compared.
static std::vector<llama_token> beginning_of(const std::vector<llama_token> & row) {
    return std::vector<llama_token>(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(std::min(row.size(), MOST_TOKENS)));
}

parity_need measure_parity(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora, const std::vector<std::vector<llama_token>> & rows) {
    const std::vector<int32_t> blocks = first_of_each_form(model);
    const base_model reduced = with_blocks(model, blocks);
    parity_need need{0, 0, 0};
    for (const ggml_tensor * tensor : tensors_of_copy(file, blocks)) need.weights += ggml_nbytes(tensor);
    size_t longest = 0;
    for (const std::vector<llama_token> & row : rows) {
        const std::vector<llama_token> tokens = beginning_of(row);
        const token_layout layout = lay_out({&tokens}, true);
        longest = std::max(longest, tokens.size());
        need.tensors = std::max<uint64_t>(need.tensors, network(cpu, reduced, lora).measure_logits(layout, last_columns(layout.columns[0], LAST_POSITIONS)));
    }
    const copy_size copy = size_of_copy(file, blocks, GGML_TYPE_F32);
    need.copy = std::max(2 * copy.largest, copy.all + reference_bytes(model.shape, static_cast<int32_t>(blocks.size()), static_cast<int32_t>(MOST_TOKENS), static_cast<int32_t>(longest)));
    return need;
}

json check_parity(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora,
                  const std::vector<std::vector<llama_token>> & rows) {
    const std::vector<int32_t> blocks = first_of_each_form(model);
    temporary_copy copy;
    write_copy(file, model, blocks, lora, GGML_TYPE_F32, copy.path());
    reference_model reference(copy.path(), std::nullopt, cpu.n_threads(), static_cast<int32_t>(MOST_TOKENS), file.path());
    copy.remove(); // libllama has read or mapped it
    const base_model reduced = as_the_library(with_blocks(model, blocks));
    network own(cpu, reduced, lora);

    double worst = 0, largest = 0;
    for (const std::vector<llama_token> & row : rows) {
        const std::vector<llama_token> tokens = beginning_of(row);
        const int32_t n_last = std::min<int32_t>(LAST_POSITIONS, static_cast<int32_t>(tokens.size()));
        const token_layout layout = lay_out({&tokens}, true);
        const std::vector<float> ours = own.logits(layout, last_columns(layout.columns[0], n_last));
        const std::vector<float> theirs = reference.logits(tokens, n_last);
        for (size_t i = 0; i < theirs.size(); i++) {
            largest = std::max(largest, std::fabs(static_cast<double>(theirs[i])));
            const double difference = std::fabs(static_cast<double>(ours[i]) - theirs[i]);
            worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
        }
    }
    // Rounding grows with the logits; above 100, which no usual model reaches, the tolerance does too.
    const double tolerance = PARITY_TOLERANCE * std::max(1.0, std::isfinite(largest) ? largest / 100 : 1.0);
    const json event = {{"rows", rows.size()}, {"blocks", blocks.size()}, {"maxDifference", std::isfinite(worst) ? worst : 1e300}, {"tolerance", tolerance}};
    emit("parity", event);
    if (worst > tolerance) {
        throw user_error(exit_data,
            "the trainer's logits differ from libllama's by " + std::to_string(worst) + " (tolerance " + std::to_string(tolerance) + ")", file.path(),
            "this model has a feature that Rectune does not know; use another model, and report this one");
    }
    return event;
}

void measure_serving_gap(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora, const served_files & as,
                         const std::vector<const scoring_row *> & rows, llama_token eos) {
    size_t longest = 1;
    for (const scoring_row * row : rows) longest = std::max(longest, row->before_parting().size());
    reference_model served(as.model, as.adapter, cpu.n_threads(), static_cast<int32_t>(longest));
    network own(cpu, model, lora);
    double gap = 0;
    for (const scoring_row * row : rows) {
        const std::vector<llama_token> context = row->before_parting(), next = row->at_parting(eos);
        const token_layout layout = lay_out({&context}, true);
        const std::vector<float> ours = own.logits(layout, {layout.columns[0].back()});
        const std::vector<float> theirs = served.logits(context, 1);
        const size_t positive = static_cast<size_t>(next[0]), negative = static_cast<size_t>(next[1]);
        const double difference = std::fabs(static_cast<double>(ours[positive] - ours[negative]) - (theirs[positive] - theirs[negative]));
        if (!std::isfinite(difference)) {
            throw user_error(exit_diverged, "the log-odds of row " + std::to_string(row->row) + " are not finite", file.path(), "check the model and the adapter: one of them holds NaN or infinite values");
        }
        gap = std::max(gap, difference);
    }
    emit("serving-gap", {{"rows", rows.size()}, {"maxDifference", gap}});
}
