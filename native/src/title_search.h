// The most probable titles of a trie behind a prompt, by beam search with stock libllama. The probability of a title is that of its tokens over the whole
// vocabulary, its end included, as the verb score tells it: what the trie forbids takes nothing away and gives nothing. No beam is ever without a title to
// complete, so there are always as many titles as beams, or all.
//
// Deterministic: equal log-probabilities are ordered by beam, then token; threads change no bit.
#pragma once
#include "stock_model.h"
#include "title_trie.h"
#include "token_batch.h"
#include <vector>

struct ranked_title {
    std::vector<int32_t> titles; // that have these tokens, ascending
    double log_probability;      // nats
};

struct title_ranking {
    std::vector<ranked_title> best; // falling
    size_t certain;                 // of these, the first so many are the best of all titles: no prefix that was given up was as probable
};

class title_search {
  public:
    // beams           prefixes that are followed at once
    // longest_prompt  in tokens, of all that will be asked; longest_title too, its end included
    // throws user_error(exit_memory)
    title_search(const stock_model & model, size_t beams, size_t longest_prompt, size_t longest_title, int32_t n_threads);

    // top     titles that are wanted, at most as many as beams
    // throws  user_error: memory, or diverged when a log-probability is not finite
    title_ranking best(const std::vector<llama_token> & prompt, const title_trie & titles, size_t top);

  private:
    struct beam {
        size_t node;
        double log_probability;
        size_t sequence;   // of the context; 0: the prompt's own
        int32_t place = 0; // in the last batch
    };
    struct step { size_t beam; llama_token token; size_t node; double log_probability; };

    int32_t decode_prompt(const std::vector<llama_token> & prompt);
    void take(const std::vector<beam> & beams, const title_trie & titles, std::vector<step> & open, std::vector<ranked_title> & whole);
    std::vector<beam> follow(const std::vector<beam> & beams, const std::vector<step> & steps, int32_t position);

    const size_t beams_, n_vocab_;
    stock_model::context context_;
    token_batch batch_;
};
