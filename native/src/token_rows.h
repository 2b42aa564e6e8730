// Instructions as tokens: what is trained on, and what is scored.
//
// Too long for max_length? History items go, the oldest first, one by one. Answers and labels are never cut.
// A row is measured with the longest answer it could have had, not with the one it has: the tokens of prompt and
// answer and the end token, the most over its own labels or choices, else over all `labels`. So a row loses the same
// history in training and in scoring, and the length of its history says nothing about its label. (Training a row
// that has neither, without `labels`, measures the answer alone.)
//
// No special token is recognised in an answer or a label: they count as inserted text, as titles do.
#pragma once
#include "vocabulary.h"

#include <map>

struct token_row {
    int64_t row;
    std::vector<llama_token> tokens; // prompt and answer as one text, then eos
    int32_t answer_begin;            // first token that the answer changed or added; >= 1
    int32_t dropped_history;         // items

    double weight = 1;                     // of the row in the loss
    std::string user = {};
    int32_t label_at = 0;                  // the first token in which the labels differ; 0: there are no labels, or choices in their place
    std::vector<llama_token> label_tokens = {}; // that token of each label, in the order of the labels
    int32_t own_label = -1;                // index of the row's own; -1: it is none of them
};

struct scoring_row {
    int64_t row;
    std::vector<llama_token> context;      // what all labels share: the longest common prefix of prompt + label; not empty
    std::vector<llama_token> label_tokens; // the next token of each label, in the order of the labels; all different; {}: the row has choices
    int32_t dropped_history;

    // The tokens of each choice behind the context, which is then what prompt and prompt + choice have in common for all of them; eos included, unless the row is open.
    std::vector<std::vector<llama_token>> choices = {};
    size_t shared = 0;                     // of these, how many all choices begin with; 0 for a single choice

    // What tells the row's answers apart at one place: the text before it, and the token of each there. Of a single choice: its own and eos.
    std::vector<llama_token> before_parting() const;
    std::vector<llama_token> at_parting(llama_token eos) const;
};

// A row's tokens with every answer that it could have had, by the number of oldest history items that are dropped. Made once each: a row is
// asked for them again and again, and only its last words are tokenised for each answer.
class answered_row {
public:
    // labels  every answer the task allows, for rows that name none of their own; {}: no others
    answered_row(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels);

    struct shortened_row {
        size_t dropped;
        vocabulary::with_endings tokens; // of each answer, then of none; without eos

        size_t length(size_t answer) const { return tokens.beginning.size() + tokens.endings[answer].size() + 1; } // with eos
        std::vector<llama_token> whole(size_t answer) const;
        size_t common(size_t a, size_t b) const; // tokens with which both answers begin, those of the prompt included
    };

    const instruction & row;
    const vocabulary & vocab;
    const std::vector<std::string> & labels; // told apart by their first token: the row's own or those of the task; {}: it has choices, or there are none
    std::vector<std::string> answers;        // labels or choices first, in their order; the row's own is among them
    size_t own;                              // which of them is its own

    const shortened_row & without(size_t dropped);
    size_t longest(size_t dropped, size_t n_answers); // of the first so many answers, eos included

    // As little dropped as lets the prompt fit with each of the first so many answers.
    // throws user_error(exit_data) when it does not fit without any history
    const shortened_row & within(int32_t max_length, size_t n_answers);

private:
    std::map<size_t, shortened_row> known_;
};

struct index_range { int32_t begin, end; }; // [begin, end)

// max_length  in tokens, eos included; 0: no limit
// labels      every answer the task allows, for rows that name none of their own; {}: no others
// throws      user_error(exit_data) when the row does not fit without any history, when its first token is already
//             one of the answer, so that nothing is there to predict it from, or when no scoring could tell the labels apart
token_row tokenize_for_training(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & labels = {});
token_row tokenize_for_training(answered_row & answered, int32_t max_length);

// The tokens of a row without any history, as max_length counts them: with a lower limit it is refused.
int32_t shortest_length(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels);
int32_t shortest_length(answered_row & answered);

// labels  for rows that name none of their own: two or more, or {}
// throws  user_error(exit_data) when the row does not fit without any history, or two labels begin with the same token,
//         or a label gives no token of its own, or two choices have the same tokens, or there is nothing to choose between
scoring_row tokenize_for_scoring(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels, int32_t max_length);
scoring_row tokenize_for_scoring(answered_row & answered, int32_t max_length);

// A row with titles of which any may be its answer.
struct titled_row {
    int64_t row;
    std::vector<llama_token> context;              // what the prompt and each title behind it have in common; not empty
    std::vector<std::vector<llama_token>> titles;  // the tokens of each behind the context, eos included; some may be alike
    int32_t dropped_history;
};

// The prompt is that of the scoring: as much history goes as max_length asks of the row's own answers, however long the titles are, and more only
// when a title would not fit into what the model was made for.
//
// titles          {}: the row's own choices
// context_length  tokens that the model was made for
// throws          user_error(exit_data) when there are no titles, one of them is empty, or the row does not fit without any history
titled_row tokenize_titles(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & titles, int32_t max_length, int32_t context_length);

// The tokens that carry loss: those of the answer and eos, or all but the first, which nothing predicts.
index_range loss_positions(const token_row & row, bool all);
