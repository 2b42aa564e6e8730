// The titles that an answer may be, as paths of tokens: what may be written next, and when a title is whole. It fails closed: from every node some
// title can be completed, nothing else can be written, and a set without titles is an error and not a set that lets everything through.
#pragma once
#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <vector>

class title_trie {
  public:
    struct child { llama_token token; size_t node; };
    struct node {
        std::vector<child> children;  // by token, ascending
        std::vector<int32_t> titles;  // that end here, ascending: more than one when they have the same tokens; {}: none does
    };

    // paths  tokens of each title, its end token at the end and nowhere else: so a title that another one begins with is told from it
    // throws user_error(exit_data) for no paths, or one that is not so
    title_trie(const std::vector<std::vector<llama_token>> & paths, llama_token end);

    static const size_t ROOT = 0;
    const node & at(size_t place) const { return nodes_[place]; }
    bool is_whole(size_t place) const { return !nodes_[place].titles.empty(); }
    size_t size() const { return nodes_.size(); }
    size_t longest() const { return longest_; } // path, in tokens

  private:
    std::vector<node> nodes_;
    size_t longest_ = 0;
};
