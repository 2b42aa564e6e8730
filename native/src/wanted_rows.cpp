#include "wanted_rows.h"
#include "error.h"
#include <map>

std::vector<instruction> wanted_rows(const std::string & data, const std::optional<std::vector<int64_t>> & rows) {
    std::vector<instruction> all = read_instructions(data);
    if (!rows) return all;
    std::map<int64_t, size_t> places;
    for (size_t i = 0; i < all.size(); i++) places[all[i].row] = i;
    std::vector<instruction> wanted;
    for (const int64_t row : *rows) {
        const auto found = places.find(row);
        if (found == places.end()) throw user_error(exit_data, "there is no row " + std::to_string(row), data, "name rows that the file has");
        wanted.push_back(all[found->second]);
    }
    return wanted;
}
