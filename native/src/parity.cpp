#include "parity.h"
#include "error.h"
#include "events.h"
#include "model_copy.h"
#include "network.h"
#include "reference.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

static const int32_t MOST_BLOCKS = 2;     // both kinds of neighbour: embedding below, block below
static const size_t MOST_TOKENS = 256;    // of a row: keeps the gate to a second or two
static const int32_t LAST_POSITIONS = 8;  // of a row: the answer and what stands before it

namespace {

// A file in the temporary folder that goes away with its name.
struct temporary_file {
    std::string path = (std::filesystem::temp_directory_path() / ("rectune-parity-" + std::to_string(getpid()) + ".gguf")).string();
    ~temporary_file() { remove(); }
    void remove() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
};

std::vector<int32_t> last_columns(const std::vector<int32_t> & columns, int32_t n) {
    return std::vector<int32_t>(columns.end() - std::min<std::ptrdiff_t>(n, static_cast<std::ptrdiff_t>(columns.size())), columns.end());
}

} // namespace

void check_parity(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora,
                  const std::vector<std::vector<llama_token>> & rows) {
    std::vector<int32_t> blocks;
    for (int32_t i = 0; i < std::min(MOST_BLOCKS, model.shape.n_block); i++) blocks.push_back(i);
    temporary_file copy;
    write_f32_copy(file, model, blocks, lora, copy.path);
    reference_model reference(copy.path, std::nullopt, cpu.n_threads(), static_cast<int32_t>(MOST_TOKENS));
    copy.remove(); // libllama has read or mapped it; a kill from here on leaves nothing behind
    const base_model reduced = with_blocks(model, blocks);
    network own(cpu, reduced, lora);

    double worst = 0;
    for (const std::vector<llama_token> & row : rows) {
        const std::vector<llama_token> tokens(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(std::min(row.size(), MOST_TOKENS)));
        const int32_t n_last = std::min<int32_t>(LAST_POSITIONS, static_cast<int32_t>(tokens.size()));
        const token_layout layout = lay_out({&tokens}, true);
        const std::vector<float> ours = own.logits(layout, last_columns(layout.columns[0], n_last));
        const std::vector<float> theirs = reference.logits(tokens, n_last);
        for (size_t i = 0; i < theirs.size(); i++) {
            const double difference = std::fabs(static_cast<double>(ours[i]) - theirs[i]);
            worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
        }
    }
    emit("parity", {{"rows", rows.size()}, {"blocks", blocks.size()}, {"maxDifference", std::isfinite(worst) ? worst : 1e300}, {"tolerance", PARITY_TOLERANCE}});
    if (worst > PARITY_TOLERANCE) {
        throw user_error(exit_data,
            "the trainer's logits differ from libllama's by " + std::to_string(worst) + " (tolerance " + std::to_string(PARITY_TOLERANCE) + ")", file.path(),
            "this model has a feature that Rectune does not know; use another model, and report this one");
    }
}

void measure_serving_gap(backend & cpu, const gguf_file & file, const base_model & model, const adapter * lora,
                         const std::optional<std::string> & adapter_path, const std::vector<const scoring_row *> & rows) {
    size_t longest = 1;
    for (const scoring_row * row : rows) longest = std::max(longest, row->context.size());
    reference_model served(file.path(), adapter_path, cpu.n_threads(), static_cast<int32_t>(longest));
    network own(cpu, model, lora);
    double gap = 0;
    for (const scoring_row * row : rows) {
        const token_layout layout = lay_out({&row->context}, true);
        const std::vector<float> ours = own.logits(layout, {layout.columns[0].back()});
        const std::vector<float> theirs = served.logits(row->context, 1);
        const size_t positive = static_cast<size_t>(row->label_tokens[0]), negative = static_cast<size_t>(row->label_tokens[1]);
        gap = std::max(gap, std::fabs(static_cast<double>(ours[positive] - ours[negative]) - (theirs[positive] - theirs[negative])));
    }
    emit("serving-gap", {{"rows", rows.size()}, {"maxDifference", gap}});
}
