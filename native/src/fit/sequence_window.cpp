#include "fit/sequence_window.h"
#include "random.h"
#include <algorithm>

int64_t count_targets(const interaction_log & log) {
    int64_t n = 0;
    for (int32_t user = 0; user < log.n_users(); user++) n += std::max<int64_t>(static_cast<int64_t>(log.of(user).size) - 1, 0);
    return n;
}

std::vector<sequence_window> cut_windows(const interaction_log & log, const window_settings & settings, uint64_t seed, int64_t epoch) {
    random_stream chance(seed, "sequence windows", static_cast<uint64_t>(epoch));
    std::vector<sequence_window> windows;
    for (int32_t user = 0; user < log.n_users(); user++) {
        const user_history history = log.of(user);
        const int64_t size = static_cast<int64_t>(history.size), group = settings.targets_at_once;
        int64_t end = 1 + static_cast<int64_t>(chance.below(static_cast<uint64_t>(group))); // the last target of the first window
        for (int64_t begin = 1; begin < size; begin = end + 1, end += group) {
            const int64_t last = std::min(end, size - 1), first_input = std::max<int64_t>((settings.looks_back_fully ? begin : last) - settings.most_inputs, 0);
            windows.push_back({user, history.items + first_input, static_cast<int32_t>(last - first_input), static_cast<int32_t>(last - begin + 1)});
        }
    }
    return windows;
}

std::vector<std::vector<sequence_window>> deal_batches(std::vector<sequence_window> windows, int64_t n, uint64_t seed, int64_t epoch) {
    int64_t targets = 0, dealt = 0;
    for (const sequence_window & window : windows) targets += window.n_targets;
    std::vector<std::vector<sequence_window>> batches(static_cast<size_t>(n));
    for (const int64_t i : permutation(static_cast<int64_t>(windows.size()), seed, static_cast<uint64_t>(epoch))) {
        const sequence_window & window = windows[static_cast<size_t>(i)];
        batches[static_cast<size_t>(dealt * n / targets)].push_back(window);
        dealt += window.n_targets;
    }
    return batches;
}

sequence_window last_inputs(const user_history & history, int64_t most_inputs) {
    const int64_t n = std::min<int64_t>(static_cast<int64_t>(history.size), most_inputs);
    return {history.user, history.items + (static_cast<int64_t>(history.size) - n), static_cast<int32_t>(n), static_cast<int32_t>(std::min<int64_t>(n, 1))};
}
