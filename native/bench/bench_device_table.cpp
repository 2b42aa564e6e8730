// What bench-device, the peer and two training runs said of a device, as one JSON file and one table of Markdown.
//   bench-device-table FOLDER OUT.json
// FOLDER: any *.jsonl of lines with "what"; events-cpu.jsonl and events-DEVICE.jsonl of runs of the same rows. Ends with 3 when ours and the
// peer's loss of the same rows differ by more than two roundings to bf16 can make of them.
#include "error.h"
#include "events.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

const double LOSS_TOLERANCE = 3e-2; // relative

std::vector<json> read_lines(const std::string & path) {
    std::vector<json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
}

struct findings {
    double peak = 0; // teraflops; 0: not measured
    std::vector<json> gradients, profiles;
    std::map<std::string, std::vector<json>> speeds; // by model
    std::map<std::string, std::vector<double>> losses; // of runs, by device
};

findings read_all(const std::string & folder) {
    std::vector<std::string> paths;
    for (const auto & entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".jsonl") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    findings found;
    for (const std::string & path : paths) {
        const std::string name = std::filesystem::path(path).stem().string();
        for (const json & line : read_lines(path)) {
            if (name.rfind("events-", 0) == 0) {
                if (line.at("event") == "step") found.losses[name.substr(7)].push_back(line.at("loss"));
            } else if (line.at("what") == "peak") {
                found.peak = std::max(found.peak, line.at("teraflops").get<double>());
            } else if (line.at("what") == "gradients") {
                found.gradients.push_back(line);
            } else if (line.at("what") == "profile") {
                found.profiles.push_back(line);
            } else if (line.at("what") == "speed") {
                found.speeds[line.at("model")].push_back(line);
            }
        }
    }
    return found;
}

const json * fastest(const std::vector<json> & lines, const std::string & who) {
    const json * best = nullptr;
    for (const json & line : lines) {
        if (line.at("who") == who && (!best || line.at("tokensPerSecond") > best->at("tokensPerSecond"))) best = &line;
    }
    return best;
}

// The largest relative difference between ours and the peer's losses of the same rows; 0 without a peer.
double loss_difference(const std::vector<json> & lines) {
    double worst = 0;
    for (const json & own : lines) {
        for (const json & peer : lines) {
            if (own.at("who") == "peft" || peer.at("who") != "peft" || own.at("rowsAtOnce") != peer.at("rowsAtOnce")) continue;
            const double difference = std::fabs(own.at("loss").get<double>() / peer.at("loss").get<double>() - 1);
            worst = std::isfinite(difference) ? std::max(worst, difference) : 1e300;
        }
    }
    return worst;
}

bool print(const findings & found) {
    std::printf("measured peak: %.3g TFLOP/s (largest bf16 product)\n\n", found.peak);
    std::printf("| model | who | rows at once | tokens/s | share of peak | memory | loss |\n|---|---|---|---|---|---|---|\n");
    bool agree = true;
    for (const auto & [model, lines] : found.speeds) {
        const json * own = fastest(lines, "rectune");
        for (const std::string who : {"rectune", "rectune-ggml", "peft"}) {
            const json * best = fastest(lines, who);
            if (!best) continue;
            // The same rows cost the same necessary operations, whoever computes them.
            const double a_token = own ? own->at("operations").get<double>() / own->at("tokens").get<double>() : 0, speed = best->at("tokensPerSecond");
            std::printf("| %s | %s | %d | %.0f | %.1f %% | %.2f GB | %.4f |\n", model.c_str(), who.c_str(), best->at("rowsAtOnce").get<int>(), speed,
                        found.peak > 0 ? 100 * speed * a_token / found.peak / 1e12 : 0, best->at("memory").get<double>() / 1e9, best->at("loss").get<double>());
        }
        const double difference = loss_difference(lines);
        agree = agree && difference <= LOSS_TOLERANCE;
        std::printf("| | losses of the same rows differ by | | %.1e | | | |\n", difference);
    }
    for (const json & line : found.gradients) {
        std::printf("\n%s: gradients on %s, %d rows: loss %.5f, on the CPU %.5f; relative distance %.1e, worst %.1e (%s)\n", line.at("who").get<std::string>().c_str(), line.at("name").get<std::string>().c_str(), line.at("rows").get<int>(),
                    line.at("loss").get<double>(), line.at("lossOnCpu").get<double>(), line.at("distance").get<double>(), line.at("worst").get<double>(), line.at("worstOf").get<std::string>().c_str());
    }
    for (const json & line : found.profiles) {
        std::printf("\n%s: profile, %d rows: %d operations, %.1f ms a step, %.1f ms node by node\n", line.at("who").get<std::string>().c_str(), line.at("rows").get<int>(), line.at("nodes").get<int>(), 1e3 * line.at("seconds").get<double>(), 1e3 * line.at("sumOfNodes").get<double>());
        for (size_t i = 0; i < std::min<size_t>(12, line.at("kinds").size()); i++) {
            const json & kind = line.at("kinds")[i];
            std::printf("  %-48s %6d times %9.2f ms\n", kind.at("kind").get<std::string>().c_str(), kind.at("nodes").get<int>(), 1e3 * kind.at("seconds").get<double>());
        }
    }
    if (!found.losses.empty()) std::printf("\nTALLRec run, losses:\n");
    for (const auto & [device, losses] : found.losses) {
        std::printf("  %-8s", device.c_str());
        for (const double loss : losses) std::printf(" %.4f", loss);
        std::printf("\n");
    }
    return agree;
}

} // namespace

int main(int argc, char ** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "bench-device-table FOLDER OUT.json\n");
        return exit_usage;
    }
    const findings found = read_all(argv[1]);
    std::ofstream(argv[2]) << json{{"peak", found.peak}, {"speeds", found.speeds}, {"gradients", found.gradients}, {"profiles", found.profiles}, {"losses", found.losses}}.dump(1) << "\n";
    if (print(found)) return exit_done;
    std::fprintf(stderr, "error: losses of the same rows differ by more than %.0e of their size\n", LOSS_TOLERANCE);
    return exit_data;
}
