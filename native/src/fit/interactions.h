// What ID models learn from: for each user the items met, oldest first. Items and users are numbers from 0.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

const int32_t NO_USER = -1; // a user of whom the log knows nothing

// Consecutive interactions of one user; a view of vectors that live elsewhere.
struct user_history {
    int32_t user = NO_USER;
    const int32_t * items = nullptr; // [size], oldest first; an item may come twice
    const uint8_t * liked = nullptr; // [size], 1 or 0; of a log without judgements all 1
    size_t size = 0;
};

struct interaction_log {
    int32_t n_items = 0;
    std::vector<size_t> begin = {0}; // [n_users + 1]: where a user's interactions begin in the two below
    std::vector<int32_t> items;
    std::vector<uint8_t> liked;

    int32_t n_users() const { return static_cast<int32_t>(begin.size() - 1); }
    size_t size() const { return items.size(); }
    user_history of(int32_t user) const {
        const size_t first = begin[static_cast<size_t>(user)];
        return {user, items.data() + first, liked.data() + first, begin[static_cast<size_t>(user) + 1] - first};
    }
};

// A file of JSON lines, the user of line n (from 0) being n: {"items": [3, 17], "liked": [true, false]}, "liked" null when all are.
// n_items  every item is below it
// throws user_error(exit_data) at the first line that is not as it should be, and when no user has an interaction
interaction_log read_interactions(const std::string & path, int32_t n_items);
