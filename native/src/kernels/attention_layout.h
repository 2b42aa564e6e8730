// How attention cuts a forest of segments into work: blocks of queries, the runs of keys each sees, chunks of blocks.
//
// Depth-first order makes this simple. The depth of a column is the number of columns it sees besides itself, so the keys
// of a query of depth d stand at depths 0..d of its chain and its scores fill a row of d + 1 without gaps. And those who
// see a segment in full are one run of columns: its descendants. So "block of queries x segment" is one matrix product.
// With a window the row begins at the least depth that any query of the block sees, and spans lose the keys that none sees.
#pragma once
#include "segment.h"
#include <cstdint>
#include <vector>

// Queries [query_begin, query_end) of a block see the keys [key_begin, key_end), the first of which has depth `depth`;
// those among the keys' own columns see them only up to themselves, and with a window some see them only from their own on.
struct attention_span {
    int32_t key_begin, key_end, depth;
    int32_t query_begin, query_end;
    int32_t run; // of the chunk's key runs, the one that holds these keys
};

struct attention_key_run { int32_t begin, end; }; // columns of one segment

// A window hides whole steps of a segment's keys, so that they can be packed in panels once for blocks that see from different
// keys on: a multiple of every instruction set's tile_rows.
constexpr int32_t attention_key_step = 48;

// A run of query columns.
struct attention_block {
    int32_t begin, end;
    int32_t first_depth; // at most the least depth of a key in the spans; a multiple of softmax_block, so that sums over depth are cut alike in every block
    int32_t row_length;  // greatest depth + 1 - first_depth
    std::vector<attention_span> spans; // ancestors before descendants
};

// A run of blocks whose gradients one thread adds up (for one key/value head). Keys before `begin` belong to other
// chunks: their gradients go to rows of their own, one for each depth below `depth`, and are folded in afterwards.
struct attention_chunk {
    int32_t begin, end;
    int32_t depth;      // of column `begin`
    int64_t outer_row;  // first of the `depth` rows
    std::vector<attention_span> outer_keys; // the chain above `begin`; the other fields unused
    std::vector<attention_key_run> key_runs; // what its blocks see, each segment once
    std::vector<attention_block> blocks;
};

struct attention_layout {
    std::vector<attention_chunk> chunks;
    std::vector<int32_t> depth; // of each column
    int64_t outer_rows;         // over all chunks
};

// The layout depends on the segments, the window (0: none) and the heads a key serves, never on threads: it fixes the
// order of the sums.
attention_layout lay_out_attention(const std::vector<segment> & segments, int32_t window, int32_t heads_per_kv);
