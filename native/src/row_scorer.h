// What a model says of the answers of some rows: packed and laid out once, computed as often as there are adapters. The prompt of a row is computed
// once for all of its answers, and the output head where it is read alone.
#pragma once
#include "network.h"
#include "packing.h"
#include "token_rows.h"
#include <algorithm>
#include <functional>
#include <map>
#include <vector>

// Of one answer, in nats; P over the whole vocabulary.
struct choice_score {
    double sum;     // log P of its tokens behind what the row's answers are told apart from; of a label the one token
    int32_t tokens; // how many these are
    double first;   // log P of the first token in which it differs from what all answers share; of a single choice the first
};

struct row_score {
    double log_odds = 0;   // of two labels: the first against the second
    double label_mass = 0; // of two labels: P of both together
    std::vector<choice_score> choices = {}; // of more labels, or of choices, in their order
};

// Logits that stand in memory at once: a choice has many columns, and a vocabulary many tokens.
const size_t LOGITS_AT_ONCE = 1 << 24;

class row_scorer {
  public:
    // rows            must outlive it
    // at_once         rows computed at once, of choices one for each; nothing: by columns (packing.h)
    // logits_at_once  the fewest are those of one column
    row_scorer(std::vector<const scoring_row *> rows, std::optional<int64_t> at_once, bool share_prefixes, size_t logits_at_once = LOGITS_AT_ONCE);

    int64_t n_tokens() const { return n_tokens_; }
    int64_t n_columns() const { return n_columns_; }

    // For each row, once all of it is computed: its place in `rows`, and its score.
    // goes_on  asked before each part; false: the rest is left out
    // returns  false when something was left out
    // throws   user_error(exit_diverged) when a row's score is not finite
    using visitor = std::function<void(size_t place, const row_score & score)>;
    bool score(network & own, const std::string & file, const visitor & visit, const std::function<bool()> & goes_on = [] { return true; }) const;

    // Bytes that the largest part takes while it is computed: intermediate tensors, and the logits beside them.
    struct bytes { size_t tensors = 0, logits = 0; };
    bytes measure(const network & own) const;

  private:
    // What is computed for one row, or for one of its choices: the tokens whose logits say what comes next.
    struct sequence { size_t place, choice; std::vector<llama_token> tokens; };
    struct part { std::vector<size_t> sequences; token_layout layout; };

    // A logit that a part is asked for, and where it stands.
    struct reading { int32_t column; llama_token token; size_t sequence, at; float logit; double log_probability; };
    size_t columns_at_once(const model_shape & shape) const { return std::max<size_t>(1, logits_at_once_ / static_cast<size_t>(shape.n_vocab)); }
    std::vector<reading> readings_of(const part & one) const;
    void read(network & own, const part & one, std::vector<reading> & readings) const;

    std::vector<const scoring_row *> rows_;
    const size_t logits_at_once_;
    std::vector<sequence> sequences_;
    std::vector<part> parts_;
    int64_t n_tokens_ = 0, n_columns_ = 0;
};
