// The verb inspect: rows as the model sees them, before any run and without its weights.
//
// Each row is tokenised by the functions of training and of scoring, so that what is told is what they do. What they would refuse is told as a
// problem of the row, and the others go on. Each row is proved, too: its tokens, read back, are its prompt without the dropped history and its
// answer, byte for byte; and those that carry loss begin within the last word of the prompt, or at the answer, and end with it.
#pragma once
#include "config.h"
#include "error.h"
#include "token_rows.h"

struct row_problem { std::string what, fix; };

struct inspected_row {
    int64_t row;
    std::optional<token_row> full; // with all its history; nothing: there is no way to make tokens of it
    std::optional<token_row> kept; // within the limit; nothing: a run would refuse the row
    int32_t shortest;              // length without any history, as the limit counts it
    std::vector<size_t> ends;      // for each kept token but eos: the byte behind it, of the shortened prompt with the answer
    std::vector<row_problem> problems;
};

// max_length  0: no limit
// labels      as tokenize_for_training takes them
inspected_row inspect_row(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & labels);

// Emits "start", "vocabulary", for each row in the order of the data "inspected" and its "problem"s, and "done".
exit_code inspect(const inspect_config & config);
