// Instructions as text: one JSON object a line, written by `rectune build`. Read strictly: an unknown, missing or
// doubled key, a wrong type or a range outside the prompt is an error that names file and line.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Bytes [begin, end) of a UTF-8 text; both ends lie between characters.
struct byte_range { size_t begin, end; };

// A text and the parts of it that were inserted (titles, names): they come from data, not from the template.
struct marked_text {
    std::string text;
    std::vector<byte_range> values; // sorted, not overlapping
};

struct instruction {
    int64_t row; // >= 0
    std::string user;
    std::string item;
    std::optional<bool> label; // none: not known
    std::string prompt;        // not empty
    std::string answer;
    std::vector<byte_range> values;  // of the prompt; sorted, not overlapping
    std::vector<byte_range> history; // of the prompt; oldest first; each one item with the separator after it; not overlapping
    double weight = 1;               // of the row in the loss; above 0
    std::vector<std::string> labels;  // every answer the row allows, its own among them, told apart by their first token; {}: those of the config
    std::vector<std::string> choices; // the same, told apart by their whole likelihood; {}: the row has none
    bool open = false;                // whether text may go on behind a choice: no end token is part of it then
};

// All instructions of a file, in file order; at least one.
// throws user_error(exit_data) at the first line that is not as it should be
std::vector<instruction> read_instructions(const std::string & path);

// The prompt without its n oldest history items, its values moved along. n_oldest <= history.size()
marked_text prompt_without(const instruction & row, size_t n_oldest);
