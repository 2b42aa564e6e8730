#include "token_rows.h"

#include "error.h"

#include <algorithm>
#include <stdexcept>

static std::string place(const instruction & row) { return "row " + std::to_string(row.row); }

static size_t common_prefix(const std::vector<llama_token> & a, const std::vector<llama_token> & b) {
    return size_t(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

static std::vector<llama_token> tokenize_with(const vocabulary & vocab, const marked_text & prompt, const std::string & answer) {
    std::vector<byte_range> values = prompt.values;
    values.push_back({ prompt.text.size(), prompt.text.size() + answer.size() });
    return vocab.tokenize(prompt.text + answer, values);
}

struct shortened_row {
    marked_text prompt;
    size_t dropped;
    std::vector<std::vector<llama_token>> tokens; // of the prompt with each answer, without eos
    size_t length;                                // of the longest of them, eos included
};

// The prompt without its oldest history, with every one of the answers; length: the longest of them with eos.
static shortened_row without_history(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & answers, size_t dropped) {
    shortened_row shortened = { prompt_without(row, dropped), dropped, {}, 0 };
    for (const std::string & answer : answers) {
        shortened.tokens.push_back(tokenize_with(vocab, shortened.prompt, answer));
        shortened.length = std::max(shortened.length, shortened.tokens.back().size() + 1);
    }
    return shortened;
}

// All the answers that a row could have had, its own among them.
static std::vector<std::string> answers_of(const instruction & row, const std::vector<std::string> & labels) {
    std::vector<std::string> answers = labels;
    if (std::find(labels.begin(), labels.end(), row.answer) == labels.end()) answers.push_back(row.answer);
    return answers;
}

int32_t shortest_length(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels) {
    return int32_t(without_history(vocab, row, answers_of(row, labels), row.history.size()).length);
}

// Drops as little history as lets the prompt fit with every one of the answers.
static shortened_row shorten(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & answers, int32_t max_length) {
    for (size_t dropped = 0;; dropped++) {
        shortened_row shortened = without_history(vocab, row, answers, dropped);
        const size_t length = shortened.length;
        if (max_length == 0 || length <= size_t(max_length)) return shortened;
        if (dropped == row.history.size())
            throw user_error(exit_data, "the row has " + std::to_string(length) + " tokens without any history, and the limit is " +
                             std::to_string(max_length), place(row), "raise --max-length to at least " + std::to_string(length) + ", or shorten the template");
    }
}

// What one row's prompt has in common with all labels behind it, and the token that each label gives next.
struct label_split { size_t shared; std::vector<llama_token> next; };

// tokens  of the prompt with each label, in their order; what stands behind them is not looked at
static label_split split_labels(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels,
                                const std::vector<std::vector<llama_token>> & tokens) {
    label_split split = { tokens[0].size(), {} };
    for (size_t i = 0; i < labels.size(); i++) split.shared = std::min(split.shared, common_prefix(tokens[0], tokens[i]));
    for (size_t i = 0; i < labels.size(); i++) {
        if (tokens[i].size() == split.shared)
            throw user_error(exit_data, "label \"" + labels[i] + "\" has no token that the other labels do not begin with", place(row),
                             "choose label words that start with different tokens under this model");
        const llama_token token = tokens[i][split.shared];
        const auto same = std::find(split.next.begin(), split.next.end(), token);
        if (same != split.next.end())
            throw user_error(exit_data, "labels \"" + labels[size_t(same - split.next.begin())] + "\" and \"" + labels[i] +
                             "\" both begin with token " + std::to_string(token) + " (\"" + vocab.piece(token) + "\")", place(row),
                             "choose label words that start with different tokens under this model");
        split.next.push_back(token);
    }
    return split;
}

token_row tokenize_for_training(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & labels) {
    const size_t own = size_t(std::find(labels.begin(), labels.end(), row.answer) - labels.begin());
    shortened_row shortened = shorten(vocab, row, answers_of(row, labels), max_length);

    token_row tokens = { row.row, shortened.tokens[own], 0, int32_t(shortened.dropped) };
    tokens.weight = row.weight;
    tokens.user = row.user;
    if (!labels.empty()) {
        label_split split = split_labels(vocab, row, labels, shortened.tokens);
        tokens.label_at = int32_t(split.shared);
        tokens.label_tokens = std::move(split.next);
        tokens.own_label = own < labels.size() ? int32_t(own) : -1;
    }
    tokens.answer_begin = int32_t(common_prefix(tokens.tokens, vocab.tokenize(shortened.prompt.text, shortened.prompt.values)));
    tokens.tokens.push_back(vocab.eos());
    if (tokens.answer_begin == 0)
        throw user_error(exit_data, "the answer begins with the first token, so that nothing predicts it", place(row),
                         "let the template write some text before the answer");
    return tokens;
}

scoring_row tokenize_for_scoring(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels, int32_t max_length) {
    if (labels.size() < 2) throw std::invalid_argument("scoring needs two labels or more"); // config has checked it
    const shortened_row shortened = shorten(vocab, row, labels, max_length);

    const label_split split = split_labels(vocab, row, labels, shortened.tokens);
    if (split.shared == 0)
        throw user_error(exit_data, "the labels begin with the first token, so that nothing predicts them", place(row),
                         "let the template write some text before the answer");
    const std::vector<llama_token> & first = shortened.tokens[0];
    return { row.row, { first.begin(), first.begin() + std::ptrdiff_t(split.shared) }, split.next, int32_t(shortened.dropped) };
}

index_range loss_positions(const token_row & row, bool all) {
    return { all ? 1 : row.answer_begin, int32_t(row.tokens.size()) };
}
