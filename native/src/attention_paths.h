// A forest of segments as rectangles, for devices that compute attention by plain matrix products.
//
// Each leaf of the forest is one path from its root, padded at its end to the longest. A column that several paths share is
// computed once per path in attention alone (a small part of a pass); its output is taken from the first path, and what the
// paths say of its key and value is added up by a product with zeros and ones.
#pragma once
#include "segment.h"
#include <cstdint>
#include <vector>

struct attention_paths {
    int32_t n_columns;
    int32_t length;  // of the longest path
    int32_t n_paths;
    int32_t n_sharers; // most columns that stand at one depth
    bool shares;       // some column has several paths
    bool is_identity;  // every place is the column of its number: rows of one length that share nothing

    std::vector<int32_t> gather; // [length, n_paths]: the column of a place, 0 for padding
    std::vector<float> first;    // [length, n_paths]: 1 at the first place of each column, else 0
    std::vector<int32_t> place;  // [n_columns]: depth + length * first path
    std::vector<float> sum;      // [n_paths, n_sharers, length]: 1 where the path goes through the sharer at that depth
    std::vector<int32_t> sharer; // [n_columns]: sharer + n_sharers * depth
};

// Every segment must be followed by its descendants without a gap (segment.h).
attention_paths lay_out_paths(const std::vector<segment> & segments);
