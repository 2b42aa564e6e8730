// The rows that benchmarks compute on.
#pragma once
#include "instruction_file.h"
#include "token_rows.h"
#include "vocabulary.h"
#include <random>
#include <string>
#include <vector>

// The first n rows of a file of instruction lines, as training reads them.
inline std::vector<token_row> read_rows(const std::string & data, const std::string & model, size_t n) {
    const vocabulary vocab(model);
    std::vector<token_row> rows;
    for (const instruction & row : read_instructions(data)) {
        if (rows.size() == n) break;
        rows.push_back(tokenize_for_training(vocab, row, 0));
    }
    return rows;
}

// Rows of 220 random tokens of which the first 70 are the same, as TALLRec's movie rows have them; loss on the last two.
inline std::vector<token_row> random_rows(size_t n, int32_t n_vocab) {
    std::mt19937 chance(1);
    std::vector<llama_token> shared(70);
    for (llama_token & token : shared) token = static_cast<llama_token>(chance() % static_cast<uint32_t>(n_vocab));
    std::vector<token_row> rows;
    for (size_t row = 0; row < n; row++) {
        rows.push_back({static_cast<int64_t>(row), shared, 218, 0});
        while (rows.back().tokens.size() < 220) rows.back().tokens.push_back(static_cast<llama_token>(chance() % static_cast<uint32_t>(n_vocab)));
    }
    return rows;
}
