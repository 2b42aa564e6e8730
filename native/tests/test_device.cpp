// The forward and the backward on every device that is there, against the CPU's own kernels.
#include "batch_objective.h"
#include "block_range.h"
#include "check.h"
#include "compute_place.h"
#include "network.h"
#include "refusal.h"
#include "placed_model.h"
#include "series.h"
#include "tiny_run.h"
#include <cmath>
#include <cstdlib>

namespace {

// A device of this machine, or the CPU with the operators of a device.
struct device_under_test {
    device_info info;
    std::string name() const { return info.kind == device_kind::cpu ? "plain ggml ops on the CPU" : std::string(device_name(info.kind)) + " (" + info.name + ")"; }
};

double relative_distance(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size() && !a.empty());
    double distance = 0, size = 0;
    for (size_t i = 0; i < a.size(); i++) {
        distance += std::pow(static_cast<double>(a[i]) - b[i], 2);
        size += std::pow(static_cast<double>(a[i]), 2);
    }
    CHECK(size > 0 && std::isfinite(distance));
    return std::sqrt(distance / size);
}

std::string write_model(const std::string & folder, const std::string & family) {
    const std::string path = write_tiny_model(folder, family, 7);
    if (family == "gemma2") add_soft_caps(path, family);
    if (family == "gemma2" || family == "gemma3") add_windows(path, family, false);
    if (family == "phi3") add_rope_sets(path, false);
    return path;
}

struct two_places {
    temporary_folder folder;
    gguf_file file;
    base_model model;
    backend cpu, device;
    std::unique_ptr<adapter> lora, device_lora;
    placed_model placed;

    two_places(const device_under_test & under_test, const std::string & family, ggml_type type, std::vector<std::string> targets, bool has_magnitudes)
        : file(write_model(folder.path, family)), model(load_model(file)), cpu(1), device(under_test.info, 1),
          lora(adapter::create(cpu, model, resolve_targets(model, targets, {0, model.shape.n_block}), {3, 6.0, lora_scaling::by_rank, lora_init::random, has_magnitudes, 11})),
          placed(device, model, type, 0) {
        if (under_test.info.kind == device_kind::cpu) device.use_device_operators();
        device.use_transposes(placed.transposes());
        randomise(*lora, 0.2, 13);
        device_lora = lora->copy_on(device, model);
    }

    double loss(bool on_device, objective_kind kind, const std::vector<token_row> & rows, lora_values * gradients, float dropout) {
        const token_layout layout = lay_out_for_objective(rows, kind, true);
        const std::unique_ptr<objective> goal = batch_objective(kind, rows, false).part(0, rows.size(), layout);
        const training_pass pass = {layout, *goal, dropout, 99};
        if (!on_device) return network(cpu, model, lora.get()).loss(pass, gradients);
        return network(device, placed.model(), device_lora.get()).loss(pass, gradients);
    }
};

struct subject {
    std::string what = "loss and gradients", family = "llama";
    objective_kind kind = objective_kind::next_token;
    std::vector<std::string> targets = {"all-linear"};
    bool has_magnitudes = false;
};

// Rows that begin alike, of two users, with labels of either kind.
std::vector<token_row> rows_with_labels(int32_t n_vocab) {
    std::vector<token_row> rows = random_rows(6, n_vocab, 5);
    for (size_t i = 0; i < rows.size(); i++) {
        rows[i].user = i % 2 ? "b" : "a";
        rows[i].own_label = static_cast<int32_t>(i / 2 % 2);
        rows[i].label_at = rows[i].answer_begin;
        rows[i].label_tokens = {20, 200};
        rows[i].tokens[static_cast<size_t>(rows[i].label_at)] = rows[i].label_tokens[static_cast<size_t>(rows[i].own_label)];
        rows[i].weight = 1 + 0.1 * static_cast<double>(i);
    }
    return rows;
}

void gradients_are_those_of_the_cpu(const device_under_test & under_test, const subject & of, ggml_type type, double tolerance) {
    two_places t(under_test, of.family, type, of.targets, of.has_magnitudes);
    const std::vector<token_row> rows = rows_with_labels(t.model.shape.n_vocab);
    for (const float dropout : {0.0f, 0.3f}) {
        lora_values here = zeros_like(*t.lora), there = zeros_like(*t.device_lora);
        const double loss = t.loss(false, of.kind, rows, &here, dropout), device_loss = t.loss(true, of.kind, rows, &there, dropout);
        CHECK_NEAR(device_loss, loss, tolerance * std::fabs(loss));
        for (size_t i = 0; i < here.size(); i++) CHECK_NEAR(relative_distance(here[i], there[i]), 0, tolerance);
    }
}

// Added up there over two passes, and read once: the same sums, bit by bit, as of gradients that are read after each pass.
void sums_on_the_device_are_those_of_the_host(const device_under_test & under_test) {
    two_places t(under_test, "llama", GGML_TYPE_F32, {"attn_q", "ffn_down", "token_embd"}, false);
    gradient_sums sums(t.device, *t.device_lora);
    pass_options options;
    options.sums = &sums;
    lora_values here = zeros_like(*t.lora), there = zeros_like(*t.device_lora);
    for (int step = 0; step < 2; step++) { // sums begin anew with each
        sums.clear();
        for (const uint64_t seed : {3, 4}) {
            const std::vector<token_row> rows = random_rows(4, t.model.shape.n_vocab, seed);
            const token_layout layout = lay_out_for_training(rows, true);
            next_token_objective goal(predictions_of(rows, layout, false), 0.1f);
            network(t.device, t.placed.model(), t.device_lora.get()).loss({layout, goal, 0.0f, 0}, step == 0 ? &here : nullptr);
            lora_values untouched = zeros_like(*t.lora);
            network(t.device, t.placed.model(), t.device_lora.get(), options).loss({layout, goal, 0.0f, 0}, &untouched);
            CHECK(untouched == zeros_like(*t.lora));
        }
    }
    sums.add_to(there);
    CHECK(here == there);
}

std::vector<double> losses(const std::vector<json> & events) {
    std::vector<double> found;
    for (const json & event : events) {
        if (event["event"] == "step") found.push_back(event["loss"]);
    }
    return found;
}

// The whole verb: the same rows, order and masks, so the losses follow those of the CPU; the adapter is in llama.cpp's form.
void a_run_follows_that_of_the_cpu(const device_info & info) {
    run here, there;
    for (run * each : {&here, &there}) {
        each->config.steps = 3;
        each->config.checkpoint_every = 2;
        each->config.micro_batch_size.reset();
    }
    there.config.device = device_name(info.kind);
    const std::vector<double> expected = losses(events_of([&] { train(here.config); }));
    const std::vector<json> events = events_of([&] { train(there.config); });
    const std::vector<double> found = losses(events);
    CHECK(found.size() == expected.size() && found.size() == 3);
    for (size_t i = 0; i < found.size(); i++) CHECK_NEAR(found[i], expected[i], 0.05 * expected[i]);
    bool told = false;
    for (const json & event : events) told = told || (event["event"] == "device" && event["kind"] == device_name(info.kind) && event["difference"] <= event["tolerance"]);
    CHECK(told);

    backend cpu(1);
    const gguf_file file(there.config.model);
    const base_model model = load_model(file);
    CHECK(adapter::load(cpu, model, there.config.run_directory + "/adapter.gguf")->rank() == there.config.begin.rank);

    there.config.resume = true; // on another device than before
    there.config.device = "cpu";
    std::filesystem::remove(there.config.run_directory + "/adapter.gguf");
    CHECK(refusal([&] { events_of([&] { train(there.config); }); }).code == exit_usage);
}

// Below the adapter everything is computed once, on the device; another run of the process finds the model there.
void states_and_model_on_a_device_serve_all_runs(const device_info & info) {
    run here, one, two;
    for (run * each : {&here, &one, &two}) {
        each->config.model = here.config.model;
        each->config.data = here.config.data;
        each->config.steps = 3;
        each->config.layers = "last:1";
        each->config.hidden_states = {state_place::memory, false, 1 << 20, ""};
        if (each != &here) each->config.device = device_name(info.kind);
    }
    const std::vector<double> expected = losses(events_of([&] { train(here.config); }));
    const std::vector<json> events = events_of([&] { series({{one.config, two.config}}); });
    const std::vector<double> found = losses(events);
    CHECK(expected.size() == 3 && found.size() == 6);
    for (size_t i = 0; i < found.size(); i++) {
        CHECK_NEAR(found[i], expected[i % 3], 0.05 * expected[i % 3]);
        CHECK(found[i] == found[i % 3]); // the same run
    }
    std::vector<json> states;
    for (const json & event : events) if (event["event"] == "hidden-states") states.push_back(event);
    CHECK(states.size() == 2 && states[0]["place"] == "memory" && states[0]["reused"] == false && states[1]["reused"] == true);
    CHECK(one.adapter_bytes() == two.adapter_bytes() && one.adapter_bytes() != here.adapter_bytes());

    session open("test", here.config.model, 1);
    const auto place = [&](const std::vector<std::string> & targets, const std::string & layers) {
        const auto lora = adapter::create(open.cpu, open.model, resolve_targets(open.model, targets, parse_block_range(layers, open.model.shape.n_block)), plain_settings(3, 6, 1));
        const std::vector<std::vector<llama_token>> rows = {random_rows(1, open.model.shape.n_vocab, 3)[0].tokens};
        const compute_place made(open, device_name(info.kind), {"auto"}, {}, lora.get(), rows);
        return &made.model();
    };
    std::shared_ptr<placed_base> first;
    events_of([&] {
        place({"attn_q"}, "last:2");
        first = open.placed;
        place({"attn_v"}, "last:1");
        CHECK(first == open.placed);
        place({"attn_v"}, "all"); // asks for transposes that are not there
        CHECK(first != open.placed);
    });
}

void a_device_that_is_not_there_is_refused() {
    const user_error error = refusal([] { choose_device("npu"); });
    CHECK(error.code == exit_usage && says(error.what(), "npu"));
    for (const device_kind kind : {device_kind::cuda, device_kind::vulkan}) {
        const bool is_there = std::any_of(known_devices().begin(), known_devices().end(), [&](const device_info & device) { return device.kind == kind; });
        if (!is_there) CHECK(refusal([&] { choose_device(device_name(kind)); }).code == exit_memory);
    }
    CHECK(choose_device("cpu").kind == device_kind::cpu);
}

void every_tensor_is_placed(const std::string & family) {
    temporary_folder folder;
    const gguf_file file(write_tiny_model(folder.path, family, 7));
    base_model model = load_model(file);
    std::vector<const ggml_tensor *> placed;
    for (ggml_tensor ** slot : tensor_slots(model)) placed.push_back(*slot);
    for (const ggml_tensor * tensor : file.tensors()) CHECK(std::find(placed.begin(), placed.end(), tensor) != placed.end());
}

// Vulkan drivers that know 16-bit arithmetic use it in products of 32-bit numbers, too.
double f32_tolerance(const device_info & info) {
    if (info.kind == device_kind::cpu) return 1e-4;
    if (info.kind == device_kind::vulkan) return std::getenv("GGML_VK_DISABLE_F16") ? 1e-4 : 2e-2;
    return 1e-2; // CUDA: TF32
}

std::vector<subject> subjects() {
    std::vector<subject> all;
    for (const std::string & family : {"llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3"}) {
        subject one;
        one.family = family;
        one.targets = {"all-linear", "output"};
        if (family == "gemma2" || family == "gemma3") one.targets.pop_back(); // their head is the embedding
        all.push_back(one);
    }
    subject one;
    one.what = "label softmax", one.kind = objective_kind::label_softmax;
    all.push_back(one);
    one.what = "pairs", one.kind = objective_kind::pairwise;
    all.push_back(one);
    one = subject();
    one.what = "DoRA", one.has_magnitudes = true;
    all.push_back(one);
    one = subject();
    one.what = "an adapter on the embedding", one.targets = {"attn_q", "token_embd"};
    all.push_back(one);
    return all;
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases = {{"a device that is not there is refused, and the CPU always is", a_device_that_is_not_there_is_refused}};
    for (const std::string & family : {"llama", "qwen2", "qwen3"})
        cases.push_back({family + ": every tensor of the file has its place in the model", [=] { every_tensor_is_placed(family); }});
    for (const device_info & info : known_devices()) { // the CPU is the first
        const device_under_test under_test = {info};
        for (const subject & of : subjects()) {
            const std::string where = under_test.name() + ", " + of.family + ", " + of.what;
            cases.push_back({where + ": with f32 weights as on the CPU", [=] { gradients_are_those_of_the_cpu(under_test, of, GGML_TYPE_F32, f32_tolerance(info)); }});
            if (of.what != subject().what || of.family != "llama") continue;
            cases.push_back({where + ": with f16 weights they stray by the rounding", [=] { gradients_are_those_of_the_cpu(under_test, of, GGML_TYPE_F16, 3e-2); }});
            if (info.kind != device_kind::vulkan) cases.push_back({where + ": with bf16 weights they stray by the rounding", [=] { gradients_are_those_of_the_cpu(under_test, of, GGML_TYPE_BF16, 6e-2); }});
        }
        cases.push_back({under_test.name() + ": gradients that are added up there are those that the host adds up", [=] { sums_on_the_device_are_those_of_the_host(under_test); }});
        if (info.kind != device_kind::cpu)
            cases.push_back({under_test.name() + ": hidden states are computed there, and one copy of the model serves a series", [=] { states_and_model_on_a_device_serve_all_runs(info); }});
        if (info.kind != device_kind::cpu)
            cases.push_back({under_test.name() + ": a run has the losses of the CPU's, and is not resumed elsewhere", [=] { a_run_follows_that_of_the_cpu(info); }});
    }
    if (known_devices().size() == 1)
        cases.push_back({"the same on a device", [] { throw test_skipped("no CUDA or Vulkan device: set RECTUNE_DEVICE_LIBRARIES to the folder of its plug-in"); }});
    return run_tests(cases);
}
