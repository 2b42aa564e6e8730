#include "fit/fit_rows.h"
#include "fit/data_line.h"
#include <algorithm>
#include <limits>
#include <unordered_set>

static bool holds(const std::vector<int32_t> & list, int32_t item) { return std::find(list.begin(), list.end(), item) != list.end(); }

static void check_once(const data_line & line, const std::string & key, std::vector<int32_t> items) {
    std::sort(items.begin(), items.end());
    const auto twice = std::adjacent_find(items.begin(), items.end());
    if (twice != items.end()) throw line.wrong("\"" + key + "\" holds the item " + std::to_string(*twice) + " twice");
}

static fit_row read_row(data_line & line, int32_t n_users, int32_t n_items) {
    fit_row row;
    row.row = line.take_number("row", 0, std::numeric_limits<int64_t>::max());
    row.user = line.is_null("user") ? NO_USER : static_cast<int32_t>(line.take_number("user", 0, n_users - 1));
    row.history = line.take_items("history", n_items);
    row.liked = line.is_null("liked") ? std::vector<uint8_t>(row.history.size(), 1) : line.take_flags("liked", row.history.size());
    const bool ranks_all = line.is_null("candidates");
    if (!ranks_all) row.candidates = line.take_items("candidates", n_items);
    if (!ranks_all && row.candidates.empty()) throw line.wrong("\"candidates\" is empty");
    if (!line.is_null("excluded")) row.excluded = line.take_items("excluded", n_items);
    if (!ranks_all && !row.excluded.empty()) throw line.wrong("\"excluded\" stands beside \"candidates\"");
    if (!line.is_null("relevant")) row.relevant = line.take_items("relevant", n_items);
    check_once(line, "candidates", row.candidates);
    if (row.relevant) check_once(line, "relevant", *row.relevant);
    if (ranks_all && (!row.relevant || row.relevant->size() != 1)) throw line.wrong("\"relevant\" must be one item where all items are ranked");
    for (const int32_t item : row.relevant.value_or(std::vector<int32_t>{})) {
        const std::string named = "\"relevant\" holds the item " + std::to_string(item);
        if (!ranks_all && !holds(row.candidates, item)) throw line.wrong(named + ", which is no candidate");
        if (ranks_all && holds(row.excluded, item)) throw line.wrong(named + ", which is excluded");
    }
    return row;
}

std::vector<fit_row> read_fit_rows(const std::string & path, int32_t n_users, int32_t n_items) {
    std::vector<fit_row> rows;
    std::unordered_set<int64_t> numbers;
    for_each_line(path, [&](data_line & line) {
        rows.push_back(read_row(line, n_users, n_items));
        if (!numbers.insert(rows.back().row).second) throw line.wrong("the row " + std::to_string(rows.back().row) + " stands twice");
    });
    if (rows.empty()) throw user_error(exit_data, "the file has no rows", path, "write one row a line");
    return rows;
}
