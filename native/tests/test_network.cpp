// The forward pass against libllama, the backward against central differences, on a tiny model of each family.
#include "check.h"
#include "model_copy.h"
#include "network.h"
#include "parity.h"
#include "reference.h"
#include "refusal.h"
#include "tiny_model.h"
#include <cmath>
#include <numeric>

namespace {

const std::vector<std::string> FAMILIES = {"llama", "llama with every option", "llama with tied output", "qwen2", "qwen3", "gemma2", "gemma2 with windows and soft caps",
    "gemma3", "gemma3 with windows", "gemma3 with windows by block and soft caps", "phi3", "phi3 with long factors", "phi3 with short factors", "smollm3"};
const std::vector<std::string> EVERY_LAYER = {"attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output"};

std::string write_model(const std::string & folder, const std::string & family) {
    const std::string path = write_tiny_model(folder, family.substr(0, family.find(' ')), 7);
    randomise_gains(path);
    const std::string name = family.substr(0, family.find(' '));
    if (family == "llama with every option") add_every_option(path);
    if (family.find("windows") != std::string::npos) add_windows(path, name, family.find("by block") != std::string::npos);
    if (family.find("soft caps") != std::string::npos) add_soft_caps(path, name);
    if (family == "phi3 with long factors") add_rope_sets(path, true);
    if (family == "phi3 with short factors") add_rope_sets(path, false);
    if (family == "llama with tied output") tie_output(path);
    return path;
}

// Those of the targets that the model has.
std::vector<std::string> present(const base_model & model, std::vector<std::string> targets) {
    const auto is_absent = [&](const std::string & target) { return !find_layer(model, target == "output" ? -1 : 0, target); };
    targets.erase(std::remove_if(targets.begin(), targets.end(), is_absent), targets.end());
    return targets;
}

struct tiny : adapted_model {
    tiny(const std::string & family, const std::vector<std::string> & targets, double deviation) : adapted_model([&](const std::string & folder) { return write_model(folder, family); }) {
        lora = plain_adapter(cpu, model, present(model, targets), 3, 6, 11);
        if (deviation > 0) randomise(*lora, deviation, 13);
    }

    double loss(const std::vector<token_row> & rows, bool all, bool share, lora_values * gradients, float dropout = 0) {
        const token_layout layout = lay_out_for_training(rows, share);
        const std::vector<prediction> predictions = predictions_of(rows, layout, all);
        network own(cpu, model, lora.get());
        next_token_objective goal(predictions, 1.0f / static_cast<float>(predictions.size()));
        return own.loss({layout, goal, dropout, 99}, gradients);
    }
};

double largest_difference(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size() && !a.empty());
    double worst = 0;
    for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, std::fabs(static_cast<double>(a[i]) - b[i]));
    return worst;
}

std::vector<float> own_logits(tiny & t, const adapter * lora, const std::vector<llama_token> & tokens) {
    const token_layout layout = lay_out({&tokens}, true);
    const base_model model = as_the_library(t.model);
    network own(t.cpu, model, lora);
    return own.logits(layout, layout.columns[0]);
}

void logits_equal_libllama(const std::string & family) {
    tiny t(family, {"attn_q", "attn_v", "attn_qkv"}, 0);
    const std::vector<llama_token> tokens = random_rows(1, t.model.shape.n_vocab, 3)[0].tokens;
    reference_model reference(t.path, std::nullopt, 1, 64);
    CHECK_NEAR(largest_difference(own_logits(t, nullptr, tokens), reference.logits(tokens, static_cast<int32_t>(tokens.size()))), 0, 1e-3);
}

void adapter_equals_merged_weights(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    const std::vector<llama_token> tokens = random_rows(1, t.model.shape.n_vocab, 4)[0].tokens;
    const int32_t n = static_cast<int32_t>(tokens.size());
    const std::string saved = t.folder.path + "/adapter.gguf", merged = t.folder.path + "/merged.gguf";
    t.lora->save(saved, t.model.shape.architecture);
    write_copy(t.file, t.model, all_blocks(t.model), t.lora.get(), GGML_TYPE_F32, merged);

    const std::vector<float> by_own = own_logits(t, t.lora.get(), tokens);
    reference_model with_adapter(t.path, saved, 1, 64), with_merged(merged, std::nullopt, 1, 64), base(t.path, std::nullopt, 1, 64);
    const std::vector<float> by_adapter = with_adapter.logits(tokens, n), by_merged = with_merged.logits(tokens, n);
    CHECK(largest_difference(by_adapter, by_merged) < 1e-3);
    CHECK_NEAR(largest_difference(by_own, by_merged), 0, 1e-3);
    CHECK(largest_difference(by_own, base.logits(tokens, n)) > 0.1); // or the adapter would have done nothing
}

// On the blocks that it chooses, the adapter merged in; and a block of any form that is taken for another one is noticed.
void gate_knows_every_form(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    std::vector<std::vector<llama_token>> rows;
    for (const token_row & row : random_rows(2, t.model.shape.n_vocab, 21)) rows.push_back(row.tokens);
    check_parity(t.cpu, t.file, t.model, t.lora.get(), rows);
    std::vector<block_form> seen;
    for (size_t i = 0; i < t.model.blocks.size(); i++) {
        block_form & form = t.model.blocks[i].form;
        if (std::find(seen.begin(), seen.end(), form) != seen.end()) continue;
        seen.push_back(form);
        const block_form right = form;
        form.window = right.window == 0 || right.window > 100 ? 7 : right.window + 1; // shorter than the rows; or one place more
        CHECK(says(refusal([&] { check_parity(t.cpu, t.file, t.model, t.lora.get(), rows); }).what(), "differ from libllama"));
        form = right;
    }
}

// Fused layers have names of their own.
void absent_targets_are_refused() {
    tiny t("phi3", {"attn_qkv"}, 0);
    const user_error said = refusal([&] { plain_adapter(t.cpu, t.model, {"attn_q"}, 2, 4, 1); });
    CHECK(said.code == exit_usage && says(said.what(), "\"attn_q\"") && says(said.fix, "attn_qkv"));
}

// Each tensor by itself, along a random direction of signs: D(h) = (L(w + h d) - L(w - h d)) / 2h against g . d. The error of D
// goes with h^2; two widths take it out (Richardson), so that h may stay well above the rounding of L.
void gradients_equal_central_differences(const std::string & family, bool all, float dropout) {
    tiny t(family, EVERY_LAYER, 0.2);
    const std::vector<token_row> rows = random_rows(4, t.model.shape.n_vocab, 5);
    lora_values gradients = zeros_like(*t.lora);
    t.loss(rows, all, true, &gradients, dropout);
    for (size_t i = 0; i < gradients.size(); i++) {
        ggml_tensor * tensor = t.lora->trained()[i].tensor;
        std::vector<float> values(gradients[i].size()), moved(values.size());
        ggml_backend_tensor_get(tensor, values.data(), 0, ggml_nbytes(tensor));
        std::vector<float> direction(values.size());
        double expected = 0;
        for (size_t j = 0; j < values.size(); j++) { // along the gradient's signs, three in four: a large derivative, and no entry left out
            random_stream chance(17, tensor->name, j);
            const float sign = gradients[i][j] < 0 ? -1.0f : 1.0f;
            direction[j] = chance.below(4) == 0 ? -sign : sign;
            expected += static_cast<double>(gradients[i][j]) * direction[j];
        }
        const double h = std::min(1e-3, 5e-3 / std::fabs(expected)); // a steep loss bends within a wide step
        const auto loss_at = [&](double step) {
            for (size_t j = 0; j < values.size(); j++) moved[j] = values[j] + static_cast<float>(step) * direction[j];
            ggml_backend_tensor_set(tensor, moved.data(), 0, ggml_nbytes(tensor));
            return t.loss(rows, all, true, nullptr, dropout);
        };
        const auto difference = [&](double width) { return (loss_at(width) - loss_at(-width)) / (2 * width); };
        const double measured = (4 * difference(h) - difference(2 * h)) / 3;
        ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
        if (std::fabs(measured - expected) > 1e-2 * std::fabs(expected) + 1e-5) {
            throw check_failed(std::string(tensor->name) + ": measured " + std::to_string(measured) + ", backward gives " + std::to_string(expected));
        }
    }
}

void shared_prefixes_change_nothing(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    const std::vector<token_row> rows = random_rows(5, t.model.shape.n_vocab, 6);
    lora_values shared = zeros_like(*t.lora), apart = zeros_like(*t.lora);
    CHECK_NEAR(t.loss(rows, true, true, &shared), t.loss(rows, true, false, &apart), 1e-5);
    for (size_t i = 0; i < shared.size(); i++) {
        double size = 1e-6;
        for (const float value : apart[i]) size = std::max(size, static_cast<double>(std::fabs(value)));
        CHECK(largest_difference(shared[i], apart[i]) < 1e-4 * size + 1e-6);
    }
}

// All columns at once: the last block keeps them all. Some columns: it computes no others. The hidden state of a kept column is the
// same sum either way.
void trimmed_logits_are_the_untrimmed_ones(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    const std::vector<token_row> rows = random_rows(4, t.model.shape.n_vocab, 15);
    const token_layout layout = lay_out_for_training(rows, true);
    std::vector<int32_t> all(layout.tokens.size());
    std::iota(all.begin(), all.end(), 0);
    network own(t.cpu, t.model, t.lora.get());
    const std::vector<float> untrimmed = own.logits(layout, all);
    const std::vector<int32_t> some = {layout.columns[2].back(), 3, layout.columns[0].back(), 3}; // in no order, one twice
    const std::vector<float> trimmed = own.logits(layout, some);
    const size_t n_vocab = static_cast<size_t>(t.model.shape.n_vocab);
    for (size_t i = 0; i < some.size(); i++) {
        const float * expected = untrimmed.data() + static_cast<size_t>(some[i]) * n_vocab;
        CHECK(std::equal(expected, expected + n_vocab, trimmed.data() + i * n_vocab));
    }
}

// A row's hidden states are the same bits alone, among others, with shared prefixes and without: so are its logits.
void layouts_change_no_bit(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    std::vector<token_row> rows = random_rows(9, t.model.shape.n_vocab, 17);
    random_stream chance(6, "longer");
    for (token_row & row : rows) { // past one block of queries
        for (uint64_t more = chance.below(90); more > 0; more--) row.tokens.push_back(static_cast<llama_token>(chance.below(256)));
    }
    network own(t.cpu, t.model, t.lora.get());
    const size_t n_vocab = static_cast<size_t>(t.model.shape.n_vocab);
    for (const bool share : {true, false}) {
        std::vector<const std::vector<llama_token> *> together;
        for (const token_row & row : rows) together.push_back(&row.tokens);
        const token_layout layout = lay_out(together, share);
        std::vector<int32_t> last;
        for (const std::vector<int32_t> & columns : layout.columns) last.push_back(columns.back());
        const std::vector<float> of_batch = own.logits(layout, last);
        for (size_t i = 0; i < rows.size(); i++) {
            const token_layout alone = lay_out({&rows[i].tokens}, true);
            const std::vector<float> of_row = own.logits(alone, {alone.columns[0].back()});
            CHECK(std::equal(of_row.begin(), of_row.end(), of_batch.data() + i * n_vocab));
        }
    }
}

// The loss on all columns runs through whole blocks; the same predictions in two parts run through a trimmed last block.
void trimmed_gradients_add_up_to_the_untrimmed_ones(const std::string & family) {
    tiny t(family, EVERY_LAYER, 0.2);
    const std::vector<token_row> rows = random_rows(5, t.model.shape.n_vocab, 16);
    const token_layout layout = lay_out_for_training(rows, true);
    const std::vector<prediction> all = predictions_of(rows, layout, true);
    std::vector<prediction> parts[2];
    random_stream chance(5, "parts");
    for (const prediction & one : all) parts[chance.below(4) == 0].push_back(one);
    network own(t.cpu, t.model, t.lora.get());
    lora_values whole = zeros_like(*t.lora), sum = zeros_like(*t.lora);
    const float weight = 1.0f / static_cast<float>(all.size());
    next_token_objective goal(all, weight);
    const double loss = own.loss({layout, goal, 0, 0}, &whole);
    double loss_of_parts = 0;
    for (const std::vector<prediction> & part : parts) {
        next_token_objective goal_of_part(part, weight);
        loss_of_parts += own.loss({layout, goal_of_part, 0, 0}, &sum);
    }
    CHECK_NEAR(loss, loss_of_parts, 1e-6);
    for (size_t i = 0; i < whole.size(); i++) {
        double size = 1e-6;
        for (const float value : whole[i]) size = std::max(size, static_cast<double>(std::fabs(value)));
        CHECK(largest_difference(whole[i], sum[i]) < 1e-5 * size + 1e-6);
    }
}

void micro_batches_add_up() {
    tiny t("llama", {"attn_q", "attn_v"}, 0.2);
    const std::vector<token_row> rows = random_rows(5, t.model.shape.n_vocab, 8);
    lora_values whole = zeros_like(*t.lora), parts = zeros_like(*t.lora);
    const double loss_whole = t.loss(rows, false, true, &whole);
    size_t n = 0;
    for (const token_row & row : rows) n += static_cast<size_t>(loss_positions(row, false).end - loss_positions(row, false).begin);
    double loss_parts = 0;
    network own(t.cpu, t.model, t.lora.get());
    for (const token_row & row : rows) {
        const token_layout layout = lay_out_for_training({row}, true);
        next_token_objective goal(predictions_of({row}, layout, false), 1.0f / static_cast<float>(n));
        loss_parts += own.loss({layout, goal, 0, 0}, &parts);
    }
    CHECK_NEAR(loss_whole, loss_parts, 1e-6);
    for (size_t i = 0; i < whole.size(); i++) CHECK(largest_difference(whole[i], parts[i]) < 1e-5);
}

void observing_changes_nothing() {
    tiny t("llama", {"attn_q", "attn_v"}, 0.2);
    const std::vector<token_row> rows = random_rows(3, t.model.shape.n_vocab, 9);
    lora_values plain = zeros_like(*t.lora), observed = zeros_like(*t.lora);
    const double loss = t.loss(rows, false, true, &plain);
    int64_t n_weights = 0;
    t.cpu.observe([&](const ggml_tensor & node, double seconds) {
        CHECK(seconds >= 0);
        if (node.op == GGML_OP_CUSTOM) CHECK(node.name[0] != 0); // a profile tells kernels apart by their names
        for (const ggml_tensor * source : node.src) n_weights += source == t.model.blocks[0].ffn_gate.weight;
    });
    CHECK(t.loss(rows, false, true, &observed) == loss);
    CHECK(observed == plain);
    CHECK(n_weights == 2); // forward and backward
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases;
    for (const std::string & family : FAMILIES) {
        cases.push_back({family + ": logits equal llama_decode within 1e-3", [=] { logits_equal_libllama(family); }});
        cases.push_back({family + ": adapter, merged weights and our own pass agree within 1e-3 in libllama", [=] { adapter_equals_merged_weights(family); }});
        cases.push_back({family + ": the gate passes, and notices a window of another width in any form of block", [=] { gate_knows_every_form(family); }});
        cases.push_back({family + ": every adapter gradient equals central differences within 1e-2 (loss on all)", [=] { gradients_equal_central_differences(family, true, 0); }});
        cases.push_back({family + ": the same with loss on the answer only", [=] { gradients_equal_central_differences(family, false, 0); }});
        cases.push_back({family + ": the same under dropout, whose mask the backward repeats", [=] { gradients_equal_central_differences(family, true, 0.3f); }});
        cases.push_back({family + ": loss and gradients are the same with shared prefixes and without", [=] { shared_prefixes_change_nothing(family); }});
        cases.push_back({family + ": logits of some columns are the bits of those of all, though the last block computes no others", [=] { trimmed_logits_are_the_untrimmed_ones(family); }});
        cases.push_back({family + ": a row's logits are the same bits alone and in any batch", [=] { layouts_change_no_bit(family); }});
        cases.push_back({family + ": gradients through a trimmed last block add up to those through a whole one", [=] { trimmed_gradients_add_up_to_the_untrimmed_ones(family); }});
    }
    cases.push_back({"a target that a family fuses with others is refused, with those that the model has", absent_targets_are_refused});
    cases.push_back({"micro-batches add up to the batch", micro_batches_add_up});
    cases.push_back({"a pass that is observed node by node gives the same bits", observing_changes_nothing});
    return run_tests(cases);
}
