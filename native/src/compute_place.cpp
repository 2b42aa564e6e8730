#include "compute_place.h"
#include "error.h"
#include "events.h"
#include "kernels/gemm.h"
#include "network.h"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

// The rounding of products in 16 bits stays well below this, a wrong operation well above.
const double TOLERANCE = 0.05; // of the L2 norm
const int32_t BLOCKS = 2; // or as many as reach the lowest adapted one
const size_t MOST_TOKENS = 256; // of a row

// What is compared: the first blocks, the beginnings of some rows, the loss on their last tokens.
struct check {
    base_model model;
    std::vector<token_row> batch;
    token_layout layout;
    std::vector<int32_t> ends;
    std::vector<prediction> predictions;

    check(const base_model & whole, const adapter * lora, const std::vector<std::vector<llama_token>> & rows) {
        const int32_t n_block = whole.shape.n_block, lowest = lora ? lora->lowest_block() : n_block;
        std::vector<int32_t> blocks(static_cast<size_t>(std::min(n_block, lowest < n_block ? std::max(BLOCKS, lowest + 1) : BLOCKS)));
        std::iota(blocks.begin(), blocks.end(), 0);
        model = with_blocks(whole, blocks);
        for (const std::vector<llama_token> & row : rows) {
            const size_t size = std::min(row.size(), MOST_TOKENS);
            if (size >= 2) batch.push_back({static_cast<int64_t>(batch.size()), {row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size)}, static_cast<int32_t>(size) - 1, 0});
        }
        layout = lay_out_for_training(batch, true);
        for (const std::vector<int32_t> & columns : layout.columns) ends.push_back(columns.back());
        predictions = predictions_of(batch, layout, false);
    }

    next_token_objective goal() const { return next_token_objective(predictions, 1.0f / static_cast<float>(predictions.size())); }
};

// The logits at the ends of the rows, and the gradients.
std::vector<std::vector<float>> answers(backend & place, const base_model & whole, const adapter * lora, const std::vector<std::vector<llama_token>> & rows) {
    const check asked(whole, lora, rows);
    network own(place, asked.model, lora);
    std::vector<std::vector<float>> found = {own.logits(asked.layout, asked.ends)};
    if (!lora) return found;
    lora_values gradients = zeros_like(*lora);
    next_token_objective goal = asked.goal();
    own.loss({asked.layout, goal, 0.0f, 0}, &gradients);
    found.emplace_back();
    for (const std::vector<float> & gradient : gradients) found.back().insert(found.back().end(), gradient.begin(), gradient.end());
    return found;
}

double relative_distance(const std::vector<float> & expected, const std::vector<float> & found) {
    double distance = 0, size = 0;
    for (size_t i = 0; i < expected.size(); i++) {
        distance += std::pow(static_cast<double>(expected[i]) - found[i], 2);
        size += std::pow(static_cast<double>(expected[i]), 2);
    }
    return size > 0 ? std::sqrt(distance / size) : distance; // NaN stays NaN
}

// The type of the weights on a device.
ggml_type weight_type(const std::string & precision) { return precision == "bf16" ? GGML_TYPE_BF16 : precision == "fp16" ? GGML_TYPE_F16 : GGML_TYPE_F32; }

// What earlier runs of the session placed, when it serves this one, too.
std::shared_ptr<placed_base> placed_on(session & open, const device_info & info, ggml_type type, int32_t lowest_block) {
    const bool serves = open.placed && open.placed->info.handle == info.handle && open.placed->weight_type == type && open.placed->lowest_block <= lowest_block;
    if (serves) return open.placed;
    open.placed.reset(); // before another takes its memory
    open.placed = std::make_shared<placed_base>(info, open.cpu.n_threads(), open.model, type, lowest_block);
    return open.placed;
}

} // namespace

void check_place(const std::string & device, const asked_precision & precision, const std::vector<const narrow_panels *> & panels) {
    if (choose_device(device).kind == device_kind::cpu && precision.type != "auto") panels_for(precision, panels);
}

compute_place::compute_place(session & open, const std::string & device, const asked_precision & precision, const std::vector<const narrow_panels *> & panels,
                             const adapter * lora, const std::vector<std::vector<llama_token>> & rows)
    : open_(open), lora_(lora), info_(choose_device(device)) {
    if (info_.kind == device_kind::cpu) {
        const narrow_panels * const chosen = panels_for(precision, panels);
        precision_ = precision_of(chosen);
        if (chosen) narrow_ = std::make_unique<backend>(info_, open.cpu.n_threads(), chosen);
    } else {
        precision_ = precision.type != "auto" ? precision.type : info_.kind == device_kind::cuda ? "bf16" : "fp16";
        placed_ = placed_on(open, info_, weight_type(precision_), lora ? lora->lowest_block() : open.model.shape.n_block);
        if (lora) device_lora_ = lora->copy_on(placed_->device, open.model);
    }

    const bool is_checked = placed_ || narrow_;
    const json tolerance = is_checked ? json(TOLERANCE) : json(nullptr);
    const double difference = is_checked ? difference_from_f32(rows) : 0;
    if (placed_) {
        emit("device", {{"kind", device_name(info_.kind)}, {"name", info_.name}, {"memory", info_.total_bytes}, {"weights", ggml_type_name(weight_type(precision_))}, {"precision", precision_},
                        {"difference", difference}, {"tolerance", tolerance}});
    } else {
        emit("precision", {{"asked", precision.type}, {"chosen", precision_}, {"difference", is_checked ? json(difference) : json(nullptr)}, {"tolerance", tolerance}});
    }
    if (difference <= TOLERANCE) return;
    throw user_error(exit_data, "logits or gradients in " + precision_ + " differ from the CPU's in f32 by " + std::to_string(difference) + " of their size (tolerance " + std::to_string(TOLERANCE) + ")",
        info_.name, placed_ ? "use --device cpu, and report this device and its driver" : "use --precision f32, and report this processor and the model");
}

gradient_sums * compute_place::sums() {
    if (device_lora_ && !sums_) sums_ = std::make_unique<gradient_sums>(placed_->device, *device_lora_);
    return sums_.get();
}

size_t compute_place::measure_check(session & open, const adapter & lora, const std::vector<std::vector<llama_token>> & rows) {
    const check asked(open.model, &lora, rows);
    const network own(open.cpu, asked.model, &lora);
    next_token_objective goal = asked.goal();
    return std::max(own.measure_loss({asked.layout, goal, 0.0f, 0}, true), own.measure_logits(asked.layout, asked.ends));
}

void compute_place::refresh() const {
    if (device_lora_) lora_->copy_values_to(*device_lora_);
}

std::string compute_place::fingerprint() const {
    if (placed_) return std::string(device_name(info_.kind)) + " " + ggml_type_name(weight_type(precision_));
    return narrow_ ? "cpu " + precision_ : "";
}

state_source compute_place::state_source_of_passes() const {
    const std::string arithmetic = placed_ ? fingerprint() + " " + info_.name : gemm_kernel_name() + std::string(" ") + precision_;
    return {compute(), model(), open_.model, arithmetic};
}

double compute_place::difference_from_f32(const std::vector<std::vector<llama_token>> & rows) const {
    const std::vector<std::vector<float>> expected = answers(open_.cpu, open_.model, lora_, rows), found = answers(compute(), model(), lora(), rows);
    double worst = 0;
    for (size_t i = 0; i < expected.size(); i++) {
        const double distance = relative_distance(expected[i], found[i]);
        worst = std::isfinite(distance) ? std::max(worst, distance) : 1e300;
    }
    return worst;
}
