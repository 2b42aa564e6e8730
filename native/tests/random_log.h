// A log of random likes and dislikes, some items far more popular than others, with users who like nothing, all, or the same item twice.
#pragma once
#include "fit/interactions.h"
#include "random.h"
#include <cmath>

inline interaction_log random_log(int32_t n_users, int32_t n_items, size_t most, uint64_t seed) {
    random_stream chance(seed, "random log");
    interaction_log log;
    log.n_items = n_items;
    for (int32_t user = 0; user < n_users; user++) {
        const size_t n = user == 1 ? 0 : 1 + chance.below(most);
        for (size_t i = 0; i < n; i++) {
            const double u = chance.uniform();
            log.items.push_back(static_cast<int32_t>(u * u * n_items));
            log.liked.push_back(user == 2 ? 0 : chance.below(4) > 0);
        }
        log.begin.push_back(log.items.size());
    }
    return log;
}
