// Where the time of one training step goes, by kind of node: what holds the step back when it misses its goal.
//   bench-step MODEL.gguf (INSTRUCTIONS.jsonl | random) [rows = 64] [rows at once = 0: as training] [threads = 1] [rounds = 3] [targets = attn_q,attn_v] [rank = 8]
// Times are processor time a thread, so programs that share the cores count little; best of the rounds for each kind.
// GFLOP/s count what is necessary: products with the stored weights among a node's inputs; of attention two products a visible
// pair of tokens forward and four backward, not the scores that are computed again. The peak is multiply-adds on registers only.
// "whole" is the same step as training runs it, all nodes in one go: the difference is what observing costs.
#include "backend.h"
#include "error.h"
#include "kernels/gemm.h"
#include "network.h"
#include "node_costs.h"
#include "peak.h"
#include "rows.h"
#include "step_gradients.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace {

struct step_size {
    int64_t columns = 0;
    int64_t parts = 0;
    int64_t pairs = 0; // of a token and one that it sees, itself among them
};

// One step as training computes it, without the optimiser. at_once: rows of a part; 0: as training chooses
step_size run_step(network & own, const base_model & model, const adapter & lora, std::vector<token_row> rows, int at_once) {
    train_config config{};
    config.objective = objective_kind::next_token;
    config.share_prefixes = true;
    if (at_once > 0) config.micro_batch_size = at_once;
    lora_values gradients = zeros_like(lora);
    const step_plan plan = cut_into_parts(rows, 0, config, limits_of(config, model, lora.layers()), model.shape.n_block);
    batch_objective goal(config.objective, rows, false);
    gradients_of_step(own, plan, goal, 0, [] { return false; }, gradients);
    step_size size;
    size.columns = plan.n_columns();
    size.parts = static_cast<int64_t>(plan.parts.size());
    for (const step_part & part : plan.parts) {
        for (size_t column = 0; column < part.layout.positions.size(); column++) {
            if (!part.given || part.given->source[column] < 0) size.pairs += part.layout.positions[column] + 1;
        }
    }
    if (plan.prefix) {
        for (const int32_t position : plan.prefix->layout().positions) size.pairs += position + 1;
    }
    return size;
}

void print(const profile & kinds, double step, double ceiling) {
    std::vector<std::pair<std::string, total>> sorted(kinds.begin(), kinds.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto & a, const auto & b) { return a.second.seconds > b.second.seconds; });
    double sum = 0;
    for (const auto & [kind, cost] : sorted) {
        sum += cost.seconds;
        if (cost.seconds < 0.001 * step) continue;
        std::printf("%-58s %6lld nodes %9.1f ms %5.1f %%", kind.c_str(), static_cast<long long>(cost.nodes), cost.seconds * 1e3, 100 * cost.seconds / step);
        if (cost.operations > 0) {
            const double speed = cost.operations / cost.seconds / 1e9;
            std::printf(" %6.0f GFLOP/s, %3.0f %% of peak", speed, 100 * speed / ceiling);
        }
        std::printf("\n");
    }
    std::printf("%-58s %25.1f ms\n", "sum", sum * 1e3);
}

int run(int argc, char ** argv) {
    if (argc < 3) throw user_error(exit_usage, "wrong arguments", "command line", "bench-step MODEL.gguf (INSTRUCTIONS.jsonl | random) [rows] [rows at once] [threads] [rounds] [targets] [rank]");
    const auto number = [&](int i, int otherwise) { return argc > i ? std::max(0, std::atoi(argv[i])) : otherwise; };
    const std::string path = argv[1], data = argv[2];
    const int n_rows = number(3, 64), at_once = number(4, 0), threads = std::max(1, number(5, 1)), rounds = std::max(1, number(6, 3));
    std::stringstream list(argc > 7 ? argv[7] : "attn_q,attn_v");
    std::vector<std::string> targets;
    for (std::string target; std::getline(list, target, ',');) targets.push_back(target);

    load_ggml();
    const gguf_file file(path);
    const base_model model = load_model(file);
    backend cpu(threads);
    const std::unique_ptr<adapter> lora = adapter::create(cpu, model, resolve_targets(model, targets, {0, model.shape.n_block}),
        {static_cast<int32_t>(number(8, 8)), 16, lora_scaling::by_rank, lora_init::random, false, 1});
    const std::vector<token_row> rows = data == "random" ? random_rows(static_cast<size_t>(n_rows), model.shape.n_vocab)
                                                         : read_rows(data, path, static_cast<size_t>(n_rows));
    size_t n_tokens = 0;
    for (const token_row & row : rows) n_tokens += row.tokens.size();

    network own(cpu, model, lora.get());
    profile best;
    double whole = 0;
    step_size size;
    for (int round = 0; round <= rounds; round++) { // round 0 warms up
        cpu.observe(nullptr);
        const double seconds = processor_seconds(threads, [&] { size = run_step(own, model, *lora, rows, at_once); });
        profile kinds;
        cpu.observe([&](const ggml_tensor & node, double cost) {
            total & kind = kinds[kind_of(node)];
            kind.seconds += cost;
            kind.operations += operations_of(node);
            kind.nodes++;
        });
        run_step(own, model, *lora, rows, at_once);
        if (round == 0) continue;
        if (round == 1) whole = seconds, best = kinds;
        whole = std::min(whole, seconds);
        for (const auto & [kind, cost] : kinds) best[kind].seconds = std::min(best[kind].seconds, cost.seconds);
    }
    const double product = 2.0 * model.shape.head_dim * model.shape.n_head * static_cast<double>(size.pairs) * model.shape.n_block;
    for (auto & [kind, cost] : best) {
        if (kind.rfind("attention ", 0) == 0) cost.operations = 2 * product;
        if (kind.rfind("attention_back ", 0) == 0) cost.operations = 4 * product;
    }
    double ceiling = 0;
    for (int i = 0; i < 9; i++) ceiling = std::max(ceiling, peak_gflops(1, 2000000, processor_seconds));
    std::printf("%zu rows in %lld parts, %zu tokens, %lld columns, %d threads, kernels %s, register-only f32 peak %.0f GFLOP/s a thread\n", rows.size(), static_cast<long long>(size.parts),
                n_tokens, static_cast<long long>(size.columns), threads, gemm_kernel_name(), ceiling);
    print(best, whole, ceiling * threads);
    std::printf("%-58s %25.1f ms, %.0f tokens/s, %.0f columns/s\n", "whole", whole * 1e3, static_cast<double>(n_tokens) / whole, static_cast<double>(size.columns) / whole);
    return 0;
}

} // namespace

int main(int argc, char ** argv) {
    try {
        return run(argc, argv);
    } catch (const user_error & error) {
        std::fprintf(stderr, "error: %s\n  at:  %s\n  fix: %s\n", error.what(), error.where.c_str(), error.fix.c_str());
        return error.code;
    }
}
