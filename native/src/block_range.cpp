#include "block_range.h"
#include "error.h"
#include <optional>

// A whole number of at most nine digits.
static std::optional<int32_t> parse_number(const std::string & text) {
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return std::stoi(text);
}

// The form alone: what it names may lie outside the model.
static std::optional<block_range> read_range(const std::string & text, int32_t n_block) {
    if (text == "all") return block_range{0, n_block};
    const size_t colon = text.find(':'), dash = text.find('-');
    if (colon != std::string::npos) {
        const std::string side = text.substr(0, colon);
        const std::optional<int32_t> count = parse_number(text.substr(colon + 1));
        if (!count || (side != "last" && side != "first")) return std::nullopt;
        return side == "last" ? block_range{n_block - *count, n_block} : block_range{0, *count};
    }
    if (dash == std::string::npos) return std::nullopt;
    const std::optional<int32_t> first = parse_number(text.substr(0, dash)), last = parse_number(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    return block_range{*first, *last + 1};
}

block_range parse_block_range(const std::string & text, int32_t n_block) {
    const std::optional<block_range> range = read_range(text, n_block);
    const std::string blocks = std::to_string(n_block) + " blocks, 0-" + std::to_string(n_block - 1);
    if (!range) throw user_error(exit_usage, "\"" + text + "\" names no blocks", "layers", "use all, last:N, first:N or A-B");
    if (range->first < 0 || range->first >= range->end || range->end > n_block) {
        throw user_error(exit_usage, "\"" + text + "\" does not fit the model", "layers", "name some of its " + blocks);
    }
    return *range;
}
