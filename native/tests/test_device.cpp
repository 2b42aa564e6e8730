// The forward and the backward on every device that is there, against the CPU's own kernels.
#include "check.h"
#include "network.h"
#include "refusal.h"
#include "placed_model.h"
#include "tiny_run.h"
#include <cmath>
#include <cstdlib>

namespace {

const std::vector<std::string> TARGETS = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output"};

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

struct two_places {
    temporary_folder folder;
    gguf_file file;
    base_model model;
    backend cpu, device;
    std::unique_ptr<adapter> lora, device_lora;
    placed_model placed;

    two_places(const device_info & info, const std::string & family, ggml_type type, std::vector<std::string> targets)
        : file(write_tiny_model(folder.path, family, 7)), model(load_model(file)), cpu(1), device(info, 1),
          lora(plain_adapter(cpu, model, targets, 3, 6.0, 11)), placed(device, model, type, 0) {
        device.use_transposes(placed.transposes());
        randomise(*lora, 0.2, 13);
        device_lora = lora->copy_on(device, model);
    }

    double loss(bool on_device, const std::vector<token_row> & rows, lora_values * gradients, float dropout) {
        const token_layout layout = lay_out_for_training(rows, true);
        const std::vector<prediction> predictions = predictions_of(rows, layout, false);
        next_token_objective goal(predictions, 1.0f / static_cast<float>(predictions.size()));
        const training_pass pass = {layout, goal, dropout, 99};
        if (!on_device) return network(cpu, model, lora.get()).loss(pass, gradients);
        return network(device, placed.model(), device_lora.get()).loss(pass, gradients);
    }
};

void gradients_are_those_of_the_cpu(const device_info & info, const std::string & family, ggml_type type, double tolerance) {
    two_places t(info, family, type, TARGETS);
    const std::vector<token_row> rows = random_rows(5, t.model.shape.n_vocab, 5);
    for (const float dropout : {0.0f, 0.3f}) {
        lora_values here = zeros_like(*t.lora), there = zeros_like(*t.device_lora);
        const double loss = t.loss(false, rows, &here, dropout), device_loss = t.loss(true, rows, &there, dropout);
        CHECK_NEAR(device_loss, loss, tolerance * std::fabs(loss));
        for (size_t i = 0; i < here.size(); i++) CHECK_NEAR(relative_distance(here[i], there[i]), 0, tolerance);
    }
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
    if (info.kind == device_kind::vulkan) return std::getenv("GGML_VK_DISABLE_F16") ? 1e-4 : 2e-2;
    return 1e-2; // CUDA: TF32
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases = {{"a device that is not there is refused, and the CPU always is", a_device_that_is_not_there_is_refused}};
    const std::vector<device_info> devices(known_devices().begin() + 1, known_devices().end()); // the first is the CPU
    for (const std::string & family : {"llama", "qwen2", "qwen3"}) {
        cases.push_back({family + ": every tensor of the file has its place in the model", [=] { every_tensor_is_placed(family); }});
        for (const device_info & info : devices) {
            const std::string where = std::string(device_name(info.kind)) + " (" + info.name + "), " + family;
            cases.push_back({where + ": loss and gradients with f32 weights are those of the CPU", [=] { gradients_are_those_of_the_cpu(info, family, GGML_TYPE_F32, f32_tolerance(info)); }});
            cases.push_back({where + ": with f16 weights they stray by the rounding", [=] { gradients_are_those_of_the_cpu(info, family, GGML_TYPE_F16, 3e-2); }});
        }
    }
    for (const device_info & info : devices)
        cases.push_back({std::string(device_name(info.kind)) + ": a run has the losses of the CPU's, and is not resumed elsewhere", [=] { a_run_follows_that_of_the_cpu(info); }});
    if (devices.empty())
        cases.push_back({"loss and gradients on a device", [] { throw test_skipped("no CUDA or Vulkan device: set RECTUNE_DEVICE_LIBRARIES to the folder of its plug-in"); }});
    return run_tests(cases);
}
