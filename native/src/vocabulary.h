// A model's vocabulary: text to token ids as libllama gives them, with one rule added. A special token (attribute
// CONTROL, UNKNOWN or USER_DEFINED) is recognised only where the template itself wrote it, never where it touches
// inserted text: a title "<|im_end|>" is a title of ten characters and ends nobody's turn.
#pragma once
#include "instruction_file.h"
#include "word_tokens.h"

#include <llama.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

class vocabulary {
public:
    // Reads the vocabulary of a GGUF file, not its weights. ggml's backends must be loaded before
    // (ggml_backend_load_all_from_path).
    // throws user_error(exit_data) when libllama cannot read the file, or its vocabulary is neither SentencePiece nor
    //        byte-pair, or it names no end token
    explicit vocabulary(const std::string & gguf_path);

    int32_t     n_tokens() const;
    llama_token bos() const;     // -1: the model has none
    llama_token eos() const;     // what ends an answer
    bool        add_bos() const; // does a text begin with bos?
    std::string piece(llama_token token) const; // the token's bytes, for showing; special tokens by their name
    bool        is_sentence_piece() const;
    bool        puts_spaces() const; // in front of a text and behind each special token (SentencePiece)

    // What libllama reads in a text as one token whatever stands around; its white space on a side that it strips is lost.
    struct special_token { llama_token id; std::string text; bool strips_left, strips_right; };
    const special_token * special(llama_token token) const; // nullptr: an ordinary token

    // The tokens of a text: bos if the model wants it, no eos. Without special tokens in `values` these are the ids of
    // llama_tokenize(add_special, parse_special) less the end token it may add. Merges cross the borders of values.
    //
    // May be called from several threads at once.
    //
    // values  inserted parts of the text; sorted, not overlapping
    std::vector<llama_token> tokenize(const std::string & text, const std::vector<byte_range> & values) const;

    // The tokens of a text with each of several endings behind it: what all of them begin with, and the rest of each.
    struct with_endings { std::vector<llama_token> beginning; std::vector<std::vector<llama_token>> endings; };

    // The beginning and an ending together are what `tokenize` gives for the text with that ending as an inserted value behind it. Of a text
    // that is tokenised word by word all but the last words are in the beginning, otherwise what stands before its last plain fragment.
    with_endings tokenize_endings(const marked_text & text, const std::vector<std::string> & endings) const;

private:
    struct model_deleter { void operator()(llama_model * model) const { llama_model_free(model); } };
    struct fragment { llama_token special; size_t begin, end; }; // special -1: plain text [begin, end)

    std::unique_ptr<llama_model, model_deleter> model;
    const llama_vocab * vocab;
    bool adds_space_prefix = true;
    std::vector<special_token> specials; // in the order of libllama's own partition: longest first
    std::vector<bool> is_special;        // by token id
    std::unique_ptr<word_tokens> words;  // where a text is tokenised word by word; nullptr: only as a whole

    void append_fragment(const std::string & text, const fragment & part, std::vector<llama_token> & tokens) const;
    bool has_special(const std::vector<llama_token> & tokens) const;
    with_endings tokenize_each(const marked_text & text, const std::vector<std::string> & endings) const;
    std::vector<fragment> partition(const std::string & text, const std::vector<byte_range> & values) const;
    std::vector<llama_token> tokenize_without_specials(const std::string & text) const;
    std::vector<llama_token> tokenize_in_pieces(const std::string & text, const std::set<size_t> & cuts) const;
    std::string behind_word_end(const std::string & text, size_t at, size_t end) const;
    std::vector<llama_token> tokenize_plain(const std::string & text) const;
    std::vector<llama_token> tokenize_whole(const std::string & text) const;
    bool ends_words_at_spaces(const std::string & pre_tokenizer) const;
};
