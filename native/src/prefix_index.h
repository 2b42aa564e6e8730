// A number for each distinct prefix of some rows: 0, 1, ... in the order in which the sorted rows show them.
#pragma once
#include "token_layout.h"
#include <cstdint>
#include <unordered_map>
#include <vector>

class prefix_index {
  public:
    explicit prefix_index(const std::vector<const std::vector<llama_token> *> & rows);

    // How many distinct prefixes some rows have, without an index of them.
    static uint64_t count(const std::vector<const std::vector<llama_token> *> & rows);
    static const uint64_t BYTES = 44; // that each takes in an index: a node of the map with its header, and its share of the buckets

    size_t size() const { return numbers_.size(); }

    // For each column of a layout the number of the prefix that ends there, or -1 when it is unknown.
    std::vector<int64_t> find(const token_layout & layout) const;

  private:
    // A prefix is one token behind a prefix that has a number (-1: the empty one).
    static uint64_t key(int64_t before, llama_token token) { return static_cast<uint64_t>(before + 1) << 32 | static_cast<uint32_t>(token); }

    std::unordered_map<uint64_t, int64_t> numbers_;
};
