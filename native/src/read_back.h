// Tokens read back as the text that they were made from: the proof that a model sees what a template wrote.
//
// SentencePiece writes a space as U+2581, in front of a text too, and after a special token; a character without a token of its own is
// written as bytes. Both are undone here. White space that a special token strips counts as read.
#pragma once
#include "vocabulary.h"

struct read_text {
    std::vector<size_t> ends; // for each token up to the first that is not in the text there: the byte of the text behind it
    bool whole;               // all tokens were read, and nothing of the text is left
};

// tokens  of the whole text; a begin token may stand in front
read_text read_back(const vocabulary & vocab, const std::vector<llama_token> & tokens, const std::string & text);
