// The rows of a file that a verb is asked for.
#pragma once
#include "instruction_file.h"
#include <optional>

// rows   their numbers, in the order wanted; nothing: all, in file order
// throws user_error(exit_data) when the file cannot be read, or one is not there
std::vector<instruction> wanted_rows(const std::string & data, const std::optional<std::vector<int64_t>> & rows);
