// Draws the tokens of one text: greedily, or by temperature and nucleus; a grammar and UTF-8 decide what may come next.
// As llama.cpp's own tools do, it draws from all tokens first, and only when that breaks the grammar again from those that do not: to
// look at every token of a vocabulary takes longer than to compute its logits. For temperature 0 the two are the same.
// Nucleus: Holtzman et al. 2019, arXiv:1904.09751
#pragma once
#include "grammar.h"
#include <cstdint>
#include <llama.h>
#include <optional>
#include <string>
#include <vector>

struct sampling_settings {
    double temperature; // 0: the most probable token
    double top_p;       // (0, 1]
    uint64_t seed;
};

// What each token of a vocabulary adds to a text; nothing for special tokens.
std::vector<std::string> token_texts(const llama_vocab * vocab);

class text_sampler {
  public:
    // grammar  at its beginning, or nullptr; it is copied
    // id       of the prompt: each draws numbers of its own
    // texts    token_texts; must outlive the sampler
    text_sampler(const llama_vocab * vocab, const std::vector<std::string> & texts, const llama_sampler * grammar, const sampling_settings & settings, uint64_t id);

    // The next token, which the text is then taken to go on with; one that ends it (llama_vocab_is_eog) is added to nothing.
    // logits   one for each token of the vocabulary, none of them NaN
    // returns  nothing when no token may come
    std::optional<llama_token> next(const float * logits);

    // What was drawn so far, less the beginning of a character that has no end: always UTF-8.
    std::string text() const { return text_.substr(0, whole_); }

  private:
    std::optional<llama_token> draw(); // from candidates_
    bool fits_text(llama_token token) const;
    bool may_come(llama_token token) const;
    void fill(const float * logits);
    void keep_what_may_come();

    const llama_vocab * vocab_;
    const std::vector<std::string> & texts_;
    sampler_ptr grammar_, chain_;
    std::vector<llama_token_data> candidates_;
    std::string text_;
    size_t whole_ = 0; // bytes of whole characters
};
