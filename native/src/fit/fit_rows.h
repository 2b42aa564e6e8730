// Rows for which models score items: the same users, histories and candidates that a language model is asked about.
#pragma once
#include "fit/interactions.h"
#include <optional>
#include <string>
#include <vector>

struct fit_row {
    int64_t row;  // its number, of no other row in the file
    int32_t user; // of the log, or NO_USER
    std::vector<int32_t> history; // what is known of the user, oldest first
    std::vector<uint8_t> liked;   // of the history
    std::vector<int32_t> candidates; // empty: all items but those that are excluded
    std::vector<int32_t> excluded;
    std::optional<std::vector<int32_t>> relevant; // of the candidates; nothing: nobody says. Without candidates exactly one

    bool ranks_all() const { return candidates.empty(); }
    user_history known() const { return {user, history.data(), liked.data(), history.size()}; }
};

// Lines of {"row", "user", "history", "liked", "candidates", "excluded", "relevant"} (docs/formats.md), in file order; at least one.
// throws user_error(exit_data) at the first line that is not as it should be
std::vector<fit_row> read_fit_rows(const std::string & path, int32_t n_users, int32_t n_items);
