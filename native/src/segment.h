// A batch of token rows laid out as a forest of segments: each distinct prefix stands once.
//
// A segment is an edge of the token trie: a run of consecutive columns [begin, end) of the batch. A token sees all
// tokens of its ancestor segments, and the tokens of its own segment up to itself. Segments stand in depth-first
// order: a parent's index is smaller than its children's, and columns run on without a gap. Rows that share nothing
// are roots (parent -1). A batch without sharing is simply one root per row.
#pragma once
#include <cstdint>

struct segment {
    int32_t parent; // index of the parent segment, -1 for a root
    int32_t begin;  // first column
    int32_t end;    // one past the last column
};
