// Who liked what, each pair once: the matrix X of zeros and ones that models of implicit feedback begin with.
#pragma once
#include "fit/interactions.h"
#include <algorithm>

// Sets of whole numbers, each in rising order.
struct number_sets {
    std::vector<size_t> begin = {0};
    std::vector<int32_t> members;

    struct range {
        const int32_t * first, * last;
        const int32_t * begin() const { return first; }
        const int32_t * end() const { return last; }
        size_t size() const { return static_cast<size_t>(last - first); }
        // By halving, without branches that a processor would have to guess: negatives are drawn against it.
        bool holds(int32_t member) const {
            const int32_t * at = first;
            for (size_t n = size(); n > 1; n -= n / 2) at += at[n / 2] <= member ? n / 2 : 0;
            return at != last && *at == member;
        }
    };
    range of(int32_t set) const {
        const size_t at = static_cast<size_t>(set);
        return {members.data() + begin[at], members.data() + begin[at + 1]};
    }
};

// The items of one user that were liked at least once, in rising order.
std::vector<int32_t> liked_items(const user_history & history);

number_sets liked_by_user(const interaction_log & log); // [n_users] sets of items
number_sets users_by_item(const number_sets & items_by_user, int32_t n_items); // [n_items] sets of users: the transpose
