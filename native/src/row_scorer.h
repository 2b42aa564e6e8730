// Log-odds of the labels at the answer position of some rows: packed and laid out once, computed as often as there are adapters.
#pragma once
#include "network.h"
#include "packing.h"
#include "token_rows.h"
#include <functional>
#include <vector>

class row_scorer {
  public:
    // rows  must outlive it; at_once: rows computed at once, nothing: by columns (packing.h)
    row_scorer(std::vector<const scoring_row *> rows, std::optional<int64_t> at_once, bool share_prefixes);

    int64_t n_tokens() const { return n_tokens_; }
    int64_t n_columns() const { return n_columns_; }

    // For each row, in the order in which they are computed: its place in `rows`, its log-odds (first label against the second) and its
    // logits, n_vocab of them.
    // goes_on  asked before each part; false: the rest is left out
    // returns  false when something was left out
    // throws   user_error(exit_diverged) when a row's log-odds are not finite
    using visitor = std::function<void(size_t place, double log_odds, const float * logits)>;
    bool score(network & own, size_t n_vocab, const std::string & file, const visitor & visit, const std::function<bool()> & goes_on = [] { return true; }) const;

    // Bytes that the largest part takes while it is computed: intermediate tensors, and the logits beside them.
    struct bytes { size_t tensors = 0, logits = 0; };
    bytes measure(const network & own, size_t n_vocab) const;

  private:
    struct part { std::vector<size_t> places; token_layout layout; };

    std::vector<const scoring_row *> rows_;
    std::vector<part> parts_;
    int64_t n_tokens_ = 0, n_columns_ = 0;
};
