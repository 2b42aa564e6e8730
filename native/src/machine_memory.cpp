#include "machine_memory.h"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// The number behind a word at the beginning of a line ("MemAvailable:", "inactive_file"), or the first of the file without a word.
static std::optional<uint64_t> number_in(const std::string & path, const std::string & word) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.rfind(word, 0) != 0) continue;
        const size_t digit = line.find_first_of("0123456789", word.size());
        if (digit == std::string::npos) return std::nullopt; // "max"
        return std::strtoull(line.c_str() + digit, nullptr, 10);
    }
    return std::nullopt;
}

// What one control group leaves: its limit less what it holds, but for file pages that the kernel would give back.
static uint64_t left_by(const std::string & limit, const std::string & used, const std::string & statistics, const std::string & reclaimable) {
    const std::optional<uint64_t> most = number_in(limit, ""), now = number_in(used, "");
    if (!most || !now) return UINT64_MAX;
    const uint64_t held = *now - std::min(*now, number_in(statistics, reclaimable).value_or(0));
    return *most - std::min(*most, held);
}

uint64_t free_memory() {
    uint64_t free = UINT64_MAX;
    if (const auto available = number_in("/proc/meminfo", "MemAvailable:")) free = *available * 1024;
    // Version 2: the group of this process and those above it; version 1: one group a kind of resource.
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (line.rfind("0::", 0) != 0) continue;
        for (std::filesystem::path group = line.substr(3);; group = group.parent_path()) {
            const std::string folder = "/sys/fs/cgroup" + (group == "/" ? "" : group.string()) + "/memory.";
            free = std::min(free, left_by(folder + "max", folder + "current", folder + "stat", "inactive_file"));
            if (group == "/" || group.empty()) break;
        }
    }
    const std::string old = "/sys/fs/cgroup/memory/memory.";
    return std::min(free, left_by(old + "limit_in_bytes", old + "usage_in_bytes", old + "stat", "total_inactive_file"));
}

void give_back_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static uint64_t most_resident() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return static_cast<uint64_t>(usage.ru_maxrss);
#else
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

uint64_t resident_memory() {
    const std::optional<uint64_t> now = number_in("/proc/self/status", "VmRSS:");
    return now ? *now * 1024 : most_resident();
}

// ru_maxrss outlives exec, so it would tell of the parent's memory; VmHWM does not.
uint64_t peak_memory() {
    const std::optional<uint64_t> most = number_in("/proc/self/status", "VmHWM:");
    return most ? *most * 1024 : most_resident();
}

uint64_t free_disk(const std::string & folder) {
    std::error_code error;
    std::filesystem::path place = std::filesystem::absolute(folder, error);
    while (!std::filesystem::exists(place, error) && place != place.parent_path()) place = place.parent_path();
    const std::filesystem::space_info space = std::filesystem::space(place, error);
    return error ? 0 : space.available;
}
