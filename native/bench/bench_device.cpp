// What a training step costs on a device, and whether it computes what the CPU does. One JSON object a line on stdout.
//   bench-device DEVICE peak [size = 8192]                                   bf16 product of two square matrices
//   bench-device DEVICE adapter MODEL.gguf OUT.gguf TARGETS RANK             an adapter that acts, for us and for the peers
//   bench-device DEVICE gradients MODEL.gguf ROWS.jsonl ADAPTER.gguf [rows = 2]
//   bench-device DEVICE speed MODEL.gguf ROWS.jsonl ADAPTER.gguf 1,2,4 [steps = 3]
//   bench-device DEVICE profile MODEL.gguf ROWS.jsonl ADAPTER.gguf [rows = 8]
// DEVICE: cpu, cuda or vulkan, weights there as training places them; cuda-ggml: without our own kernels; or plain: the CPU with the
// operations of that, to count them. Rows as with --no-share-prefixes. ROWS: lines {"tokens", "answerStart"}. `speed` takes steps of so
// many rows each, all in one pass, until the memory ends or a larger one is no faster; a line is written as soon as it is measured.
// `profile` computes node by node and waits for each, so the sum is more than a step takes.
#include "compute_place.h"
#include "error.h"
#include "events.h"
#include "machine_memory.h"
#include "necessary_operations.h"
#include "network.h"
#include "node_costs.h"
#include "optimizer.h"
#include "peak.h"
#include "random.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>

namespace {

const int THREADS = std::max(1u, std::thread::hardware_concurrency());

const std::string WITHOUT_OWN_KERNELS = "cuda-ggml";

device_info device_of(const std::string & name) { return choose_device(name == "plain" ? "cpu" : name == WITHOUT_OWN_KERNELS ? "cuda" : name); }

struct arguments {
    std::vector<std::string> all;
    const std::string & at(size_t i) const {
        if (i < all.size()) return all[i];
        throw user_error(exit_usage, "an argument is missing", "command line", "bench-device DEVICE peak|adapter|gradients|speed|profile ..., as its source says");
    }
    int number(size_t i, int otherwise) const { return i < all.size() ? std::max(1, std::atoi(all[i].c_str())) : otherwise; }
};

std::vector<std::string> parts_of(const std::string & list) {
    std::vector<std::string> parts;
    std::stringstream stream(list);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

std::vector<token_row> read_token_rows(const std::string & path) {
    std::ifstream file(path);
    std::vector<token_row> rows;
    for (std::string line; std::getline(file, line);) {
        const json row = json::parse(line);
        rows.push_back({static_cast<int64_t>(rows.size()), row.at("tokens").get<std::vector<llama_token>>(), row.at("answerStart").get<int32_t>(), 0});
    }
    if (rows.empty()) throw user_error(exit_data, "there are no rows", path, "give lines {\"tokens\": [...], \"answerStart\": n}");
    return rows;
}

// Model and adapter on the CPU, and on the device when it is another one.
struct bench_place {
    const char * who;
    device_info info;
    gguf_file file;
    base_model host_model;
    backend cpu, device;
    std::unique_ptr<adapter> host_lora, device_lora;
    std::unique_ptr<placed_model> placed;
    std::unique_ptr<gradient_sums> sums;

    bench_place(const std::string & name, const std::string & model, const std::string & lora)
        : who(name == WITHOUT_OWN_KERNELS ? "rectune-ggml" : "rectune"), info(device_of(name)), file(model), host_model(load_model(file)), cpu(THREADS), device(info, THREADS), host_lora(adapter::load(cpu, host_model, lora)) {
        if (name == "cpu") return;
        if (name == "plain" || name == WITHOUT_OWN_KERNELS) device.use_device_operators();
        placed = std::make_unique<placed_model>(device, host_model, info.kind == device_kind::vulkan ? GGML_TYPE_F16 : GGML_TYPE_BF16, host_lora->lowest_block());
        device.use_transposes(placed->transposes());
        device_lora = host_lora->copy_on(device, host_model);
        sums = std::make_unique<gradient_sums>(device, *device_lora);
    }
    const base_model & model() const { return placed ? placed->model() : host_model; }
    const adapter & lora() const { return device_lora ? *device_lora : *host_lora; }
    size_t memory() const {
        if (!placed) return peak_memory();
        size_t free = 0, total = 0;
        ggml_backend_dev_memory(info.handle, &free, &total);
        return total - free;
    }
};

struct pass_result { double loss, operations; lora_values gradients; };

pass_result one_pass(backend & place, const base_model & model, const adapter & lora, const std::vector<token_row> & rows, gradient_sums * sums = nullptr) {
    const token_layout layout = lay_out_for_training(rows, false); // all that they share is their first token
    const std::vector<prediction> predictions = predictions_of(rows, layout, false);
    next_token_objective goal(predictions, 1.0f / static_cast<float>(predictions.size()));
    pass_result result{0, necessary_operations(model, lora, layout, predictions), zeros_like(lora)};
    pass_options options;
    options.sums = sums;
    if (sums) sums->clear();
    result.loss = network(place, model, &lora, options).loss({layout, goal, 0.0f, 0}, &result.gradients);
    if (sums) sums->add_to(result.gradients);
    return result;
}

std::vector<token_row> first_rows(const std::vector<token_row> & rows, size_t n) { return {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(n, rows.size()))}; }

void say(const std::string & what, const device_info & info, json fields, const char * who = "rectune") {
    json line = {{"what", what}, {"who", who}, {"device", device_name(info.kind)}, {"name", info.name}};
    line.update(fields);
    std::cout << line.dump() << std::endl;
}

// The fastest product of a few sizes, W in bf16, through the same operation that training uses.
void peak(const device_info & info, int64_t largest) {
    for (int64_t size = std::max<int64_t>(64, largest / 4); size <= largest; size *= 2) {
        backend device(info, THREADS);
        ggml_init_params params{};
        params.mem_size = ggml_tensor_overhead() * 8 + ggml_graph_overhead();
        params.no_alloc = true;
        const ggml_context_ptr ctx(ggml_init(params)), inputs(ggml_init(params));
        ggml_tensor * w = ggml_new_tensor_2d(inputs.get(), GGML_TYPE_BF16, size, size), * x = ggml_new_tensor_2d(inputs.get(), GGML_TYPE_F32, size, size);
        device.allocate(inputs.get(), "two matrices", "ask for a smaller size");
        std::vector<float> values(static_cast<size_t>(size * size));
        random_stream chance(1, "peak");
        for (float & value : values) value = static_cast<float>(chance.below(256)) / 256 - 0.5f; // a card's clock depends on the values
        std::vector<ggml_bf16_t> half(values.size());
        ggml_fp32_to_bf16_row(values.data(), half.data(), static_cast<int64_t>(values.size()));
        ggml_backend_tensor_set(w, half.data(), 0, ggml_nbytes(w));
        ggml_backend_tensor_set(x, values.data(), 0, ggml_nbytes(x));
        ggml_cgraph * graph = ggml_new_graph(ctx.get());
        ggml_build_forward_expand(graph, ggml_mul_mat(ctx.get(), w, x));
        device.plan(graph);
        double best = 1e300;
        for (int round = 0; round < 12; round++) best = std::min(best, wall_seconds(1, [&] { device.compute(graph); }));
        say("peak", info, {{"size", size}, {"teraflops", 2.0 * std::pow(static_cast<double>(size), 3) / best / 1e12}});
    }
}

void make_adapter(const std::string & model_path, const std::string & out, const std::vector<std::string> & targets, int32_t rank) {
    const gguf_file file(model_path);
    const base_model model = load_model(file);
    backend cpu(THREADS);
    const auto lora = adapter::create(cpu, model, resolve_targets(model, targets, {0, model.shape.n_block}), {rank, 2.0 * rank, lora_scaling::by_rank, lora_init::random, false, 1});
    for (const lora_pair & pair : lora->pairs()) { // B that is not zero: all gradients then count
        random_stream chance(2, pair.tensor_name());
        std::vector<float> values(static_cast<size_t>(ggml_nelements(pair.b)));
        for (float & value : values) value = static_cast<float>(0.02 * chance.normal());
        ggml_backend_tensor_set(pair.b, values.data(), 0, ggml_nbytes(pair.b));
    }
    lora->save(out, model.shape.architecture);
}

// Loss and gradients of the whole model, against the CPU in f32.
void compare_gradients(bench_place & place, const std::vector<token_row> & rows) {
    const pass_result here = one_pass(place.cpu, place.host_model, *place.host_lora, rows), there = one_pass(place.device, place.model(), place.lora(), rows, place.sums.get());
    double distance = 0, size = 0, worst = 0;
    std::string worst_of;
    for (size_t t = 0; t < here.gradients.size(); t++) {
        double own_distance = 0, own_size = 0;
        for (size_t i = 0; i < here.gradients[t].size(); i++) {
            own_distance += std::pow(static_cast<double>(here.gradients[t][i]) - there.gradients[t][i], 2);
            own_size += std::pow(static_cast<double>(here.gradients[t][i]), 2);
        }
        distance += own_distance;
        size += own_size;
        const double relative = own_size > 0 ? std::sqrt(own_distance / own_size) : 0;
        if (relative >= worst) worst = relative, worst_of = ggml_get_name(place.host_lora->trained()[t].tensor);
    }
    say("gradients", place.info, {{"rows", rows.size()}, {"loss", there.loss}, {"lossOnCpu", here.loss}, {"distance", std::sqrt(distance / size)}, {"worst", worst}, {"worstOf", worst_of}}, place.who);
}

void measure_speed(bench_place & place, const std::string & model, const std::vector<token_row> & rows, const std::vector<std::string> & sizes, int steps) {
    adamw optimizer(*place.host_lora, {});
    double fastest = 0;
    for (const std::string & each : sizes) {
        const size_t n = static_cast<size_t>(std::max(1, std::atoi(each.c_str())));
        if (n > rows.size()) break;
        const std::vector<token_row> batch = first_rows(rows, n);
        size_t tokens = 0;
        for (const token_row & row : batch) tokens += row.tokens.size();
        pass_result result{};
        std::vector<double> seconds;
        try {
            for (int step = 0; step <= steps; step++) { // the first pays for memory and plans
                const double took = wall_seconds(1, [&] {
                    result = one_pass(place.device, place.model(), place.lora(), batch, place.sums.get());
                    optimizer.step(*place.host_lora, result.gradients, 1e-12); // to the same place, at the price of any step
                    if (place.device_lora) place.host_lora->copy_values_to(*place.device_lora);
                });
                if (step > 0) seconds.push_back(took);
            }
        } catch (const user_error & error) {
            if (error.code != exit_memory) throw;
            std::fprintf(stderr, "%zu rows at once: %s\n", n, error.what());
            return;
        }
        std::sort(seconds.begin(), seconds.end());
        const double speed = static_cast<double>(tokens) / seconds[seconds.size() / 2];
        say("speed", place.info, {{"model", model}, {"rowsAtOnce", n}, {"tokens", tokens}, {"seconds", seconds[seconds.size() / 2]}, {"tokensPerSecond", speed}, {"loss", result.loss},
                                  {"operations", result.operations}, {"memory", place.memory()}}, place.who);
        if (speed < fastest) return;
        fastest = speed;
    }
}

void show_profile(bench_place & place, const std::vector<token_row> & rows) {
    one_pass(place.device, place.model(), place.lora(), rows, place.sums.get());
    const double whole = wall_seconds(1, [&] { one_pass(place.device, place.model(), place.lora(), rows, place.sums.get()); });
    profile kinds;
    place.device.observe([&](const ggml_tensor & node, double seconds) {
        if (is_view(node)) return;
        total & kind = kinds[kind_of(node)];
        kind.seconds += seconds;
        kind.operations += operations_of(node);
        kind.nodes++;
    });
    one_pass(place.device, place.model(), place.lora(), rows, place.sums.get());
    std::vector<std::pair<std::string, total>> sorted(kinds.begin(), kinds.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto & a, const auto & b) { return a.second.seconds > b.second.seconds; });
    json shown = json::array();
    int64_t nodes = 0;
    double sum = 0;
    for (const auto & [kind, cost] : sorted) {
        nodes += cost.nodes;
        sum += cost.seconds;
        shown.push_back({{"kind", kind}, {"nodes", cost.nodes}, {"seconds", cost.seconds}, {"teraflops", cost.operations / cost.seconds / 1e12}});
    }
    say("profile", place.info, {{"rows", rows.size()}, {"seconds", whole}, {"sumOfNodes", sum}, {"nodes", nodes}, {"kinds", shown}}, place.who);
}

int run(const arguments & given) {
    load_ggml();
    const std::string & device = given.at(1), & verb = given.at(2);
    if (verb == "peak") peak(device_of(device), given.number(3, 8192));
    else if (verb == "adapter") make_adapter(given.at(3), given.at(4), parts_of(given.at(5)), given.number(6, 8));
    else {
        bench_place place(device, given.at(3), given.at(5));
        const std::vector<token_row> rows = read_token_rows(given.at(4));
        if (verb == "gradients") compare_gradients(place, first_rows(rows, static_cast<size_t>(given.number(6, 2))));
        else if (verb == "speed") measure_speed(place, given.at(3), rows, parts_of(given.at(6)), given.number(7, 3));
        else if (verb == "profile") show_profile(place, first_rows(rows, static_cast<size_t>(given.number(6, 8))));
        else throw user_error(exit_usage, "no verb is called \"" + verb + "\"", "command line", "use peak, adapter, gradients, speed or profile");
    }
    return 0;
}

} // namespace

int main(int argc, char ** argv) {
    try {
        return run({{argv, argv + argc}});
    } catch (const user_error & error) {
        std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", error.what(), error.where.c_str(), error.fix.c_str());
        return error.code;
    }
}
