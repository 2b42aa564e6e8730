// A batch of token rows as columns. With shared prefixes it is the token trie of the rows: each distinct prefix
// stands once, so a wrapper text that all rows begin with is computed once and not once a row. Exact: a column sees
// what its token sees in the row alone (segment.h says how).
#pragma once
#include "segment.h"
#include "token_rows.h"

struct token_layout {
    std::vector<llama_token> tokens;           // [n_columns]
    std::vector<int32_t> positions;            // [n_columns], place in the row, from 0
    std::vector<segment> segments;             // depth-first; children in the order in which the rows show them
    std::vector<std::vector<int32_t>> columns; // for each row, the column of each of its tokens
};

// What lay_out and pack take of rows that stand side by side. The rows must outlive it.
std::vector<const std::vector<llama_token> *> pointers_to(const std::vector<std::vector<llama_token>> & rows);

// share_prefixes  false: one root segment a row. An empty row has no segment
token_layout lay_out(const std::vector<const std::vector<llama_token> *> & rows, bool share_prefixes);

// The layout of training rows: each without its last token, after which nothing is predicted.
token_layout lay_out_for_training(const std::vector<token_row> & batch, bool share_prefixes);

// At `column`, the model should say `target`. Rows that share a column may want different targets.
struct prediction {
    int32_t column;
    llama_token target;
    int32_t row; // index in the batch
};

// All that a batch is trained on, row by row, then by position.
//
// layout  of lay_out_for_training on the same batch
// all     loss on every token but the first; false: on the answer
std::vector<prediction> predictions_of(const std::vector<token_row> & batch, const token_layout & layout, bool all);
