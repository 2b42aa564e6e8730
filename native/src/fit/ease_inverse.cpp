#include "fit/ease_inverse.h"
#include "fit/liked_items.h"
#include "fit/symmetric_inverse.h"
#include "machine_memory.h"
#include "parallel.h"
#include <new>
#include <stdexcept>

static std::vector<float> zeros(const interaction_log & log, size_t n) {
    const uint64_t bytes = 4 * static_cast<uint64_t>(n) * n, free = free_memory();
    const auto refusal = [&] {
        const auto count = [](int32_t number, const char * what) { return std::to_string(number) + " " + what; };
        return user_error(exit_memory, "EASE takes " + std::to_string(bytes >> 20) + " MiB for " + count(log.n_users(), "users") + " and " + count(log.n_items, "items") + ", " + std::to_string(free >> 20) + " MiB are free",
                          "model \"ease\"", "leave this model out, or keep fewer users or fewer items (those with more interactions)");
    };
    if (bytes > free) throw refusal(); // a system may promise memory that it does not have
    try {
        return std::vector<float>(n * n, 0.0f);
    } catch (const std::bad_alloc &) {
        throw refusal();
    }
}

std::vector<float> ease_inverse(const interaction_log & log, ease_form form, const ease_settings & settings, const fit_context & context) {
    const number_sets items = liked_by_user(log), users = users_by_item(items, log.n_items);
    const bool is_by_users = form == ease_form::by_users;
    const number_sets &own = is_by_users ? items : users, &other = is_by_users ? users : items; // of a row of the matrix, and of what it shares with others
    const size_t n = own.begin.size() - 1;
    std::vector<float> matrix = zeros(log, n);
    for_each_index(n, context.threads, [&](size_t i) { // counts are exact up to 2^24
        float * line = &matrix[i * n];
        for (const int32_t shared : own.of(static_cast<int32_t>(i)))
            for (const int32_t j : other.of(shared)) line[j]++;
        line[i] += static_cast<float>(settings.l2);
    });
    try {
        invert_symmetric(matrix, static_cast<int64_t>(n), context.threads, context.between_batches);
    } catch (const std::domain_error &) {
        throw too_small_for_ease(settings.l2);
    }
    return matrix;
}

user_error too_small_for_ease(double l2) {
    return user_error(exit_usage, "X'X + l2 I cannot be inverted in single precision with \"l2\" " + std::to_string(l2), "model \"ease\"", "give it a larger l2");
}
