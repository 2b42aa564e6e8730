// Kinds of adapters: where they begin, their gradients, and what llama.cpp makes of their files.
#include "check.h"
#include "model_copy.h"
#include "network.h"
#include "optimizer.h"
#include "reference.h"
#include "refusal.h"
#include "svd.h"
#include "tiny_model.h"
#include <cmath>

namespace {

const std::vector<std::string> EVERY_LINEAR = {"all-linear", "output"};

adapter_settings settings_of(lora_scaling scaling, lora_init init, bool magnitudes) { return {3, 6, scaling, init, magnitudes, 11}; }
const adapter_settings DORA = settings_of(lora_scaling::by_rank, lora_init::random, true);
const adapter_settings PISSA = settings_of(lora_scaling::by_rank, lora_init::principal, false);
const adapter_settings BOTH = settings_of(lora_scaling::by_root_of_rank, lora_init::principal, true);
const adapter_settings PLAIN = settings_of(lora_scaling::by_rank, lora_init::random, false);

struct tiny : adapted_model {
    std::vector<token_row> rows;

    tiny(const std::string & family, const std::vector<std::string> & targets, const adapter_settings & settings, double deviation)
        : adapted_model([&](const std::string & folder) { return made(folder, family); }), rows(random_rows(4, model.shape.n_vocab, 5)) {
        lora = adapter::create(cpu, model, resolve_targets(model, targets, {0, model.shape.n_block}), settings);
        if (deviation > 0) randomise(*lora, deviation, 13);
    }
    static std::string made(const std::string & folder, const std::string & family) {
        const std::string written = write_tiny_model(folder, family.substr(0, family.find(' ')), 7);
        randomise_gains(written);
        if (family == "llama with every option") add_every_option(written);
        return written;
    }
    double loss(lora_values * gradients, float dropout = 0) {
        const token_layout layout = lay_out_for_training(rows, true);
        const std::vector<prediction> predictions = predictions_of(rows, layout, true);
        next_token_objective goal(predictions, 1.0f / static_cast<float>(predictions.size()));
        return network(cpu, model, lora.get()).loss({layout, goal, dropout, 99}, gradients);
    }
    std::vector<float> logits(const adapter * with) {
        const token_layout layout = lay_out({&rows[0].tokens}, true);
        return network(cpu, model, with).logits(layout, layout.columns[0]);
    }
    std::string saved() {
        lora->save(folder.path + "/adapter.gguf", model.shape.architecture);
        return folder.path + "/adapter.gguf";
    }
    std::vector<float> served(const std::string & of, const std::optional<std::string> & with) {
        return reference_model(of, with, 1, 64).logits(rows[0].tokens, static_cast<int32_t>(rows[0].tokens.size()));
    }
};

double largest_difference(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size() && !a.empty());
    double worst = 0;
    for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, std::fabs(static_cast<double>(a[i]) - b[i]));
    return worst;
}

// |W + scale * B A| of each row, in double.
std::vector<double> row_norms(const tiny & t, const lora_pair & pair) {
    const std::vector<float> w = as_floats(adaptable_weight(t.model, pair.layer)), a = floats_of(pair.a), b = floats_of(pair.b);
    const size_t n_in = static_cast<size_t>(pair.a->ne[0]), rank = static_cast<size_t>(pair.a->ne[1]);
    std::vector<double> norms;
    for (size_t out = 0; out < w.size() / n_in; out++) {
        double squared = 0;
        for (size_t in = 0; in < n_in; in++) {
            double value = w[out * n_in + in];
            for (size_t r = 0; r < rank; r++) value += static_cast<double>(t.lora->scale()) * b[out * rank + r] * a[r * n_in + in];
            squared += value * value;
        }
        norms.push_back(std::sqrt(squared));
    }
    return norms;
}

// Along a direction of signs, one trained tensor at a time, as in test_network. DoRA's gradient takes the norm for a constant: so when A or B
// moves here, m moves along with the norm, and m / |V| stands still.
void gradients_equal_central_differences(const std::string & family, const std::vector<std::string> & targets, const adapter_settings & settings, float dropout) {
    tiny t(family, targets, settings, 0.1);
    lora_values gradients = zeros_like(*t.lora);
    t.loss(&gradients, dropout);
    const double h = 1e-3;
    for (size_t i = 0; i < gradients.size(); i++) {
        const trained_tensor & one = t.lora->trained()[i];
        const lora_pair & pair = *one.pair;
        const std::vector<float> values = floats_of(one.tensor), magnitudes = pair.magnitude ? floats_of(pair.magnitude) : std::vector<float>{};
        const std::vector<double> norms = pair.magnitude ? row_norms(t, pair) : std::vector<double>{};
        std::vector<float> direction(values.size());
        double expected = 0;
        for (size_t j = 0; j < values.size(); j++) {
            if (!one.is_trained(j)) {
                CHECK(gradients[i][j] == 0);
                continue;
            }
            random_stream chance(17, one.tensor->name, j);
            const float sign = gradients[i][j] < 0 ? -1.0f : 1.0f;
            direction[j] = chance.below(4) == 0 ? -sign : sign;
            expected += static_cast<double>(gradients[i][j]) * direction[j];
        }
        const auto loss_at = [&](double step) {
            std::vector<float> moved = values;
            for (size_t j = 0; j < moved.size(); j++) moved[j] += static_cast<float>(step) * direction[j];
            set_floats(one.tensor, moved);
            if (pair.magnitude && one.part != lora_part::magnitude) {
                const std::vector<double> now = row_norms(t, pair);
                std::vector<float> along = magnitudes;
                for (size_t out = 0; out < along.size(); out++) along[out] = static_cast<float>(along[out] * now[out] / norms[out]);
                set_floats(pair.magnitude, along);
            }
            return t.loss(nullptr, dropout);
        };
        const auto difference = [&](double width) { return (loss_at(width) - loss_at(-width)) / (2 * width); };
        const double measured = (4 * difference(h) - difference(2 * h)) / 3;
        set_floats(one.tensor, values);
        if (pair.magnitude) set_floats(pair.magnitude, magnitudes);
        if (std::fabs(measured - expected) > 1e-2 * std::fabs(expected) + 1e-5) {
            throw check_failed(std::string(one.tensor->name) + ": measured " + std::to_string(measured) + ", backward gives " + std::to_string(expected));
        }
    }
}

void each_begins_where_the_base_model_is() {
    for (const adapter_settings & settings : {PLAIN, DORA, PISSA, BOTH}) {
        tiny t("llama with every option", EVERY_LINEAR, settings, 0);
        CHECK(largest_difference(t.logits(t.lora.get()), t.logits(nullptr)) < 2e-5);
        t.loss(nullptr, 0.3f);
        const double dropped = t.loss(nullptr, 0.3f), whole = t.loss(nullptr);
        CHECK_NEAR(dropped, whole, 1e-5);
    }
    tiny t("llama", {"token_embd"}, PISSA, 0);
    CHECK(largest_difference(t.logits(t.lora.get()), t.logits(nullptr)) < 2e-5);
    tiny plain("llama", {"token_embd"}, PLAIN, 0);
    CHECK(plain.logits(plain.lora.get()) == plain.logits(nullptr));
}

// scale * B0 A0 is the best approximation of that rank: what is left of W has the other singular values.
void pissa_begins_at_the_largest_triplets() {
    for (const std::string layer : {"blk.1.ffn_up", "blk.1.attn_q", "token_embd"}) {
        tiny t("llama", {layer}, PISSA, 0);
        const lora_pair & pair = t.lora->pairs()[0];
        CHECK(pair.b->ne[0] == 6 && t.lora->rank() == 6 && t.lora->scale() == 2 && t.lora->n_parameters() == (ggml_nelements(pair.a) + ggml_nelements(pair.b)) / 2);
        const bool is_embedding = layer == "token_embd";
        const ggml_tensor * weight = adaptable_weight(t.model, pair.layer);
        const size_t n_in = static_cast<size_t>(weight->ne[0]), n_out = static_cast<size_t>(weight->ne[1]);
        std::vector<float> w = as_floats(weight), a = floats_of(pair.a), b = floats_of(pair.b);
        const auto as_matrix = [&](const std::vector<float> & values) { // rows of `n_in`; the columns of a tall one
            dense_columns m{static_cast<int64_t>(std::max(n_in, n_out)), static_cast<int64_t>(std::min(n_in, n_out)), std::vector<double>(values.size())};
            for (size_t out = 0; out < n_out; out++)
                for (size_t in = 0; in < n_in; in++) m.at(static_cast<int64_t>(n_in >= n_out ? in : out), static_cast<int64_t>(n_in >= n_out ? out : in)) = values[out * n_in + in];
            return m;
        };
        const std::vector<double> before = exact_triplets(as_matrix(w)).values;
        for (size_t out = 0; out < n_out; out++)
            for (size_t in = 0; in < n_in; in++)
                for (size_t r = 0; r < 3; r++) w[out * n_in + in] -= 2 * (is_embedding ? a[out * 6 + r] * b[in * 6 + r] : b[out * 6 + r] * a[r * n_in + in]);
        const std::vector<double> left = exact_triplets(as_matrix(w)).values;
        for (size_t i = 0; i + 3 < before.size(); i++) CHECK_NEAR(left[i], before[i + 3], 2e-3 * before[0]);
    }
    const user_error error = refusal([&] { tiny("llama", {"attn_k"}, {21, 6, lora_scaling::by_rank, lora_init::principal, false, 1}, 0); });
    CHECK(error.code == exit_usage && says(error.what(), "rank 21"));
}

// The adapter's file on the original model, the two merged, and our own pass.
void files_are_read_as_they_were_trained(const std::string & family, const std::vector<std::string> & targets, const adapter_settings & settings) {
    tiny t(family, targets, settings, 0.1);
    const std::string adapter_path = t.saved(), merged = t.folder.path + "/merged.gguf";
    write_copy(t.file, t.model, all_blocks(t.model), t.lora.get(), GGML_TYPE_F32, merged);
    const std::vector<float> ours = t.logits(t.lora.get()), by_merged = t.served(merged, std::nullopt);
    CHECK(largest_difference(ours, by_merged) < 1e-3);
    CHECK(largest_difference(ours, t.served(t.path, std::nullopt)) > 0.05); // or it would have done nothing
    CHECK(t.logits(adapter::load(t.cpu, t.model, adapter_path).get()) == ours);
    if (settings.magnitudes) {
        CHECK(says(refusal([&] { t.served(t.path, adapter_path); }).what(), "expect adapter.type to be 'lora', but got: dora"));
    } else {
        CHECK(largest_difference(ours, t.served(t.path, adapter_path)) < 1e-3);
    }
}

void merged_models_come_in_stored_types() {
    tiny t("llama", EVERY_LINEAR, DORA, 0.1);
    const std::vector<float> exact = t.logits(t.lora.get());
    const std::string merged = t.folder.path + "/merged.gguf";
    double before = 0;
    for (const auto [type, most] : {std::pair<ggml_type, double>{GGML_TYPE_F16, 2e-2}, {GGML_TYPE_BF16, 0.1}, {GGML_TYPE_Q8_0, 0.3}}) {
        write_copy(t.file, t.model, all_blocks(t.model), t.lora.get(), type, merged);
        const gguf_file file(merged);
        CHECK(file.find("blk.0.ffn_norm.weight")->type == GGML_TYPE_F32);
        CHECK(file.find("blk.0.ffn_up.weight")->type == (type == GGML_TYPE_Q8_0 ? GGML_TYPE_F16 : type)); // rows of 40 are no blocks of 32
        const double off = largest_difference(exact, t.served(merged, std::nullopt));
        CHECK(off < most && off >= 0);
        before = off;
    }
    CHECK(before > 0);
}

void a_copy_that_is_cut_short_leaves_no_file() {
    tiny t("llama", {"attn_q"}, PLAIN, 0.3);
    const std::string merged = t.folder.path + "/merged.gguf";
    size_t in_all = 0;
    write_copy(t.file, t.model, all_blocks(t.model), t.lora.get(), GGML_TYPE_F32, merged, [&](size_t done, size_t tensors) {
        CHECK(done == in_all++ && tensors == t.file.tensors().size());
    });
    CHECK(in_all == t.file.tensors().size() && std::filesystem::remove(merged));
    const auto files = [&] { return std::distance(std::filesystem::directory_iterator(t.folder.path), {}); };
    const auto before = files();
    for (const size_t at : {size_t(0), in_all / 2, in_all - 1}) {
        const user_error stopped = refusal([&] {
            write_copy(t.file, t.model, all_blocks(t.model), t.lora.get(), GGML_TYPE_F32, merged, [&](size_t done, size_t) {
                if (done == at) throw user_error(exit_stopped, "stopped", merged, "again");
            });
        });
        CHECK(stopped.code == exit_stopped && files() == before);
    }
}

void rslora_scales_by_the_root() {
    tiny t("llama", {"attn_q"}, settings_of(lora_scaling::by_root_of_rank, lora_init::random, false), 0.1);
    CHECK_NEAR(t.lora->scale(), 6 / std::sqrt(3.0), 1e-6);
    const gguf_file file(t.saved());
    CHECK_NEAR(*file.number("adapter.lora.alpha"), 6 * std::sqrt(3.0), 1e-5);
}

void lora_plus_speeds_up_b_alone() {
    for (const char * target : {"attn_q", "token_embd"}) {
        tiny one("llama", {target}, PLAIN, 0.1), fast("llama", {target}, PLAIN, 0.1);
        lora_values gradients = zeros_like(*one.lora);
        one.loss(&gradients);
        adamw_settings settings;
        adamw(*one.lora, settings).step(*one.lora, gradients, 1e-3);
        settings.lora_plus_ratio = 16;
        const std::vector<float> before = floats_of(fast.lora->pairs()[0].b);
        adamw(*fast.lora, settings).step(*fast.lora, gradients, 1e-3);
        CHECK(floats_of(one.lora->pairs()[0].a) == floats_of(fast.lora->pairs()[0].a));
        const std::vector<float> slow_b = floats_of(one.lora->pairs()[0].b), fast_b = floats_of(fast.lora->pairs()[0].b);
        const double ratio = std::string(target) == "token_embd" ? 1 : 16;
        for (size_t i = 0; i < before.size(); i++) CHECK_NEAR(fast_b[i] - before[i], ratio * (slow_b[i] - before[i]), 1e-5);
    }
}

void frozen_halves_stand_still() {
    tiny t("llama", {"attn_q", "token_embd"}, PISSA, 0);
    adamw_settings settings;
    settings.weight_decay = 0.5;
    adamw optimizer(*t.lora, settings);
    std::vector<std::vector<float>> before;
    for (const trained_tensor & one : t.lora->trained()) before.push_back(floats_of(one.tensor));
    for (int step = 0; step < 3; step++) {
        lora_values gradients = zeros_like(*t.lora);
        t.loss(&gradients);
        optimizer.step(*t.lora, gradients, 1e-2);
    }
    for (size_t i = 0; i < before.size(); i++) {
        const trained_tensor & one = t.lora->trained()[i];
        const std::vector<float> after = floats_of(one.tensor);
        size_t n_moved = 0, n_trained = 0;
        for (size_t j = 0; j < after.size(); j++) {
            if (!one.is_trained(j)) CHECK(after[j] == before[i][j]);
            n_moved += after[j] != before[i][j];
            n_trained += one.is_trained(j);
        }
        CHECK(n_trained == after.size() / 2 && n_moved > n_trained / 2);
    }
}

void what_cannot_be_is_refused() {
    CHECK(says(refusal([&] { tiny("llama", {"attn_q", "token_embd"}, DORA, 0); }).what(), "token embedding"));
    tiny t("llama", {"token_embd"}, PLAIN, 0.1);
    const std::string adapter_path = t.saved();
    tie_output(t.path);
    const gguf_file file(t.path);
    const base_model tied = load_model(file);
    CHECK(says(refusal([&] { adapter::load(t.cpu, tied, adapter_path); }).what(), "output head, too"));
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases;
    for (const std::string family : {"llama", "llama with every option", "qwen2", "qwen3"}) {
        cases.push_back({family + ": DoRA's gradients of A, B and m equal central differences with the norm held still", [=] { gradients_equal_central_differences(family, EVERY_LINEAR, DORA, 0); }});
        cases.push_back({family + ": so do PiSSA's, of the half that is trained", [=] { gradients_equal_central_differences(family, EVERY_LINEAR, PISSA, 0.3f); }});
        cases.push_back({family + ": so do those of PiSSA and DoRA together", [=] { gradients_equal_central_differences(family, EVERY_LINEAR, BOTH, 0.3f); }});
        cases.push_back({family + ": so do those of the token embedding", [=] { gradients_equal_central_differences(family, {"token_embd", "attn_v"}, PLAIN, 0); }});
        cases.push_back({family + ": an adapter with magnitudes is refused by llama.cpp, and the merged model is what was trained", [=] { files_are_read_as_they_were_trained(family, EVERY_LINEAR, DORA); }});
        cases.push_back({family + ": a PiSSA adapter runs on the original model", [=] { files_are_read_as_they_were_trained(family, EVERY_LINEAR, PISSA); }});
        cases.push_back({family + ": an adapter on token embedding and head is served as it was trained", [=] { files_are_read_as_they_were_trained(family, {"token_embd", "output", "ffn_up"}, PLAIN); }});
    }
    cases.push_back({"the token embedding may begin at its triplets, too", [] { files_are_read_as_they_were_trained("llama", {"token_embd", "attn_q"}, PISSA); }});
    cases.push_back({"every adapter begins where the base model is, under dropout too", each_begins_where_the_base_model_is});
    cases.push_back({"PiSSA takes the largest triplets out of the weight", pissa_begins_at_the_largest_triplets});
    cases.push_back({"a merged model may be stored in F16, BF16 and Q8_0", merged_models_come_in_stored_types});
    cases.push_back({"a copy that is cut short leaves no file, and tells how far it is", a_copy_that_is_cut_short_leaves_no_file});
    cases.push_back({"rsLoRA's file has the alpha that makes alpha / rank the scale", rslora_scales_by_the_root});
    cases.push_back({"LoRA+ moves B by the ratio, and neither A nor the embedding", lora_plus_speeds_up_b_alone});
    cases.push_back({"the second half of a PiSSA adapter stands still, under weight decay too", frozen_halves_stand_still});
    cases.push_back({"DoRA on the token embedding and an adapter on a tied embedding are refused", what_cannot_be_is_refused});
    return run_tests(cases);
}
