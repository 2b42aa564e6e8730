#include "fit/liked_items.h"

std::vector<int32_t> liked_items(const user_history & history) {
    std::vector<int32_t> items;
    for (size_t i = 0; i < history.size; i++)
        if (history.liked[i]) items.push_back(history.items[i]);
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

number_sets liked_by_user(const interaction_log & log) {
    number_sets sets;
    for (int32_t user = 0; user < log.n_users(); user++) {
        const std::vector<int32_t> items = liked_items(log.of(user));
        sets.members.insert(sets.members.end(), items.begin(), items.end());
        sets.begin.push_back(sets.members.size());
    }
    return sets;
}

number_sets users_by_item(const number_sets & items_by_user, int32_t n_items) {
    number_sets sets;
    sets.begin.assign(static_cast<size_t>(n_items) + 1, 0);
    for (const int32_t item : items_by_user.members) sets.begin[static_cast<size_t>(item) + 1]++;
    for (size_t i = 1; i < sets.begin.size(); i++) sets.begin[i] += sets.begin[i - 1];
    sets.members.resize(items_by_user.members.size());
    std::vector<size_t> next(sets.begin.begin(), sets.begin.end() - 1);
    for (int32_t user = 0; user + 1 < static_cast<int32_t>(items_by_user.begin.size()); user++)
        for (const int32_t item : items_by_user.of(user)) sets.members[next[static_cast<size_t>(item)]++] = user;
    return sets;
}
