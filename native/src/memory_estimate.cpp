#include "memory_estimate.h"
#include "compute_place.h"
#include "kernels/gemm.h"
#include "kernels/low_rank.h"
#include "model_copy.h"
#include "parity.h"
#include <algorithm>

namespace {

uint64_t bytes_of_weights(const gguf_file & file) {
    uint64_t bytes = 0;
    for (const ggml_tensor * tensor : file.tensors()) bytes += ggml_nbytes(tensor);
    return bytes;
}

// Of all threads, once the largest pass was computed.
uint64_t working_memory(const planned_run & run, const token_layout & layout) {
    const model_shape & shape = run.open.model.shape;
    uint64_t attention = 0;
    for (const block_weights & block : run.open.model.blocks) {
        if (&block != &run.open.model.blocks.front() && block.form.window == (&block - 1)->form.window) continue;
        attention = std::max<uint64_t>(attention, attention_scratch_bytes({shape.n_head, shape.n_head_kv, shape.head_dim, shape.attention_scale, layout.segments, block.form.window, shape.attention_soft_cap}));
    }
    const int64_t width = std::max<int64_t>({shape.n_embd, shape.n_ff, int64_t(shape.n_head) * shape.head_dim});
    return static_cast<uint64_t>(run.open.cpu.n_threads()) * (attention + gemm_scratch_bytes() + low_rank_scratch_bytes(run.lora.rank(), width));
}

struct largest_pass { uint64_t tensors = 0, beside = 0, kernels = 0; }; // beside: what the host holds for it

bool are_kept(state_place place) { return place != state_place::nowhere; }

pass_options options_of(const planned_run & run, bool recomputes, bool assumes_states) {
    pass_options options;
    options.cut = run.cut;
    options.is_f16 = run.config.hidden_states.is_f16 && run.cut > 0;
    options.assumes_states = assumes_states;
    options.recomputes = recomputes;
    return options;
}

largest_pass measure_training(const planned_run & run, const run_layout & layout, const memory_choice & choice) {
    const pass_options options = options_of(run, choice.recomputes, are_kept(choice.states));
    const network own(run.open.cpu, run.open.model, &run.lora, options);
    largest_pass most;
    const model_shape & shape = run.open.model.shape;
    const float dropout = static_cast<float>(run.config.dropout);
    for (const pass_place & place : layout.largest) {
        const lone_step step(run.rows, run.config, limits_of(run.config, run.open.model, run.lora.layers()), shape.n_block, place.step);
        const step_part & part = step.plan().parts[place.part];
        const std::unique_ptr<objective> goal = step.goal(part);
        most.tensors = std::max<uint64_t>(most.tensors, own.measure_loss({part.layout, *goal, dropout, part.dropout_seed, part.given ? &*part.given : nullptr}, true));
        const uint64_t columns = part.layout.tokens.size(), handed_over = step.plan().prefix ? step.plan().prefix->n_columns() : 0;
        if (handed_over > 0) most.tensors = std::max<uint64_t>(most.tensors, own.measure_prefix(*step.plan().prefix, dropout));
        const uint64_t states = are_kept(choice.states) ? 2 * columns * static_cast<uint64_t>(shape.n_embd) : 0; // as they are read, and those that are computed
        const uint64_t keys = 4 * handed_over * static_cast<uint64_t>(shape.n_block) * static_cast<uint64_t>(shape.head_dim) * static_cast<uint64_t>(shape.n_head_kv); // with values and gradients
        most.beside = std::max(most.beside, sizeof(float) * (states + keys));
        most.kernels = std::max(most.kernels, working_memory(run, part.layout));
    }
    return most;
}

} // namespace

uint64_t least_memory(const session & open, uint64_t program) { return program + bytes_of_weights(open.file); }

memory_estimate estimate_memory(const planned_run & run, const run_layout & layout, const memory_choice & choice) {
    session & open = run.open;
    const std::vector<std::vector<llama_token>> compared = {run.rows.front().tokens, run.rows.back().tokens};
    const uint64_t adapter = run.lora.n_bytes();
    const hidden_states::need none, & states = are_kept(choice.states) ? run.states : none, & valid_states = are_kept(choice.valid_states) ? run.valid_states : none;
    const uint64_t kept_states = states.states + states.index + valid_states.states + valid_states.index;

    // The session's backend computes in f32; in sixteen bits the passes have one of their own beside it. Each keeps what its largest pass took.
    const parity_need parity = measure_parity(open.cpu, open.file, open.model, &run.lora, compared);
    const uint64_t comparison = run.panels ? compute_place::measure_check(open, run.lora, compared) : 0;
    const largest_pass training = measure_training(run, layout, choice);
    const network evaluating(open.cpu, open.model, &run.lora, options_of(run, false, are_kept(choice.valid_states)));
    const row_scorer::bytes scoring = run.valid ? run.valid->measure(evaluating) : row_scorer::bytes{};
    const uint64_t in_f32 = run.panels ? std::max(parity.tensors, comparison) : 0;
    const uint64_t before_steps = std::max<uint64_t>({states.tensors, valid_states.tensors, run.panels ? comparison : parity.tensors});
    const uint64_t passes = run.on_device ? parity.tensors : std::max<uint64_t>({before_steps, training.tensors, scoring.tensors});

    std::vector<std::pair<std::string, memory_parts>> phases;
    const memory_parts always{run.program, bytes_of_weights(open.file), adapter, 0, 0, 0, 0};
    memory_parts gate = always;
    gate.weights = parity.weights;
    gate.activations = parity.tensors;
    gate.copies = parity.copy;
    phases.push_back({"parity", gate});
    memory_parts below = always;
    below.activations = in_f32 + (run.on_device ? parity.tensors : before_steps) + std::max(states.values, valid_states.values);
    below.hidden_states = kept_states;
    below.kernels = training.kernels;
    phases.push_back({"hidden states", below});
    memory_parts steps = always;
    steps.adapter = 4 * adapter; // values, gradients, two moments
    steps.activations = in_f32 + passes + std::max<uint64_t>(training.beside, 2 * scoring.logits);
    steps.hidden_states = kept_states;
    steps.kernels = training.kernels;
    phases.push_back({"training", steps});
    memory_parts saving = steps;
    saving.activations = in_f32 + passes;
    const bool reads_best = run.config.validation && run.config.validation->keeps_best;
    saving.adapter = (reads_best ? 8 : 6) * adapter; // values and moments, the file read back with the same; the moments of the best step unused beside them
    phases.push_back({"checkpoint", saving});
    if (run.config.merged_type) {
        memory_parts merging = saving;
        merging.adapter = adapter;
        const std::vector<int32_t> blocks = all_blocks(open.model);
        merging.copies = size_of_copy(open.file, blocks, GGML_TYPE_F32).largest + size_of_copy(open.file, blocks, *run.config.merged_type).largest;
        phases.push_back({"merged model", merging});
    }
    memory_estimate largest;
    for (const auto & [phase, parts] : phases) {
        if (parts.all() > largest.parts.all()) largest = {phase, parts, 0};
    }
    if (largest.parts.hidden_states > 0) {
        largest.mapped_states = (choice.states == state_place::disk ? states.states : 0) + (choice.valid_states == state_place::disk ? valid_states.states : 0);
    }
    return largest;
}
