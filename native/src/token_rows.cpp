#include "token_rows.h"

#include "error.h"

#include <algorithm>
#include <map>

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

// Those that the row's answer is told apart from by their first token.
static const std::vector<std::string> & labels_of(const instruction & row, const std::vector<std::string> & labels) {
    static const std::vector<std::string> none;
    return !row.choices.empty() ? none : row.labels.empty() ? labels : row.labels;
}

// All the answers that a row could have had, its own among them: labels and choices first, in their order.
static std::vector<std::string> answers_of(const instruction & row, const std::vector<std::string> & labels) {
    std::vector<std::string> answers = row.choices.empty() ? labels_of(row, labels) : row.choices;
    if (std::find(answers.begin(), answers.end(), row.answer) == answers.end()) answers.push_back(row.answer);
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

// The prompt's tokens that the answers' texts leave as they are.
static size_t kept_of_prompt(const vocabulary & vocab, const marked_text & prompt, const std::vector<std::vector<llama_token>> & with_answers) {
    const std::vector<llama_token> alone = vocab.tokenize(prompt.text, prompt.values);
    size_t kept = alone.size();
    for (const std::vector<llama_token> & tokens : with_answers) kept = std::min(kept, common_prefix(alone, tokens));
    return kept;
}

static void check_predicted(const instruction & row, size_t context, const std::string & what) {
    if (context > 0) return;
    throw user_error(exit_data, what + " with the first token, so that nothing predicts " + (what == "the labels begin" ? "them" : "it"), place(row),
                     "let the template write some text before the answer");
}

token_row tokenize_for_training(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & asked) {
    const std::vector<std::string> & labels = labels_of(row, asked);
    const std::vector<std::string> answers = answers_of(row, asked);
    const size_t own = size_t(std::find(answers.begin(), answers.end(), row.answer) - answers.begin());
    shortened_row shortened = shorten(vocab, row, answers, max_length);

    token_row tokens = { row.row, shortened.tokens[own], 0, int32_t(shortened.dropped) };
    tokens.weight = row.weight;
    tokens.user = row.user;
    if (!labels.empty()) {
        label_split split = split_labels(vocab, row, labels, shortened.tokens);
        tokens.label_at = int32_t(split.shared);
        tokens.label_tokens = std::move(split.next);
        tokens.own_label = own < labels.size() ? int32_t(own) : -1;
    }
    tokens.answer_begin = int32_t(kept_of_prompt(vocab, shortened.prompt, { tokens.tokens }));
    tokens.tokens.push_back(vocab.eos());
    check_predicted(row, size_t(tokens.answer_begin), "the answer begins");
    return tokens;
}

// With the end token behind each, a choice that another one begins with is told from it.
static scoring_row tokenize_choices(const vocabulary & vocab, const instruction & row, int32_t max_length) {
    shortened_row shortened = shorten(vocab, row, row.choices, max_length);
    const size_t begin = kept_of_prompt(vocab, shortened.prompt, shortened.tokens);
    check_predicted(row, begin, "the answer begins");
    const std::vector<llama_token> & first = shortened.tokens[0];
    scoring_row scored = { row.row, { first.begin(), first.begin() + std::ptrdiff_t(begin) }, {}, int32_t(shortened.dropped) };
    for (const std::vector<llama_token> & tokens : shortened.tokens) {
        scored.choices.emplace_back(tokens.begin() + std::ptrdiff_t(begin), tokens.end());
        scored.choices.back().push_back(vocab.eos());
    }
    std::map<std::vector<llama_token>, size_t> known;
    for (size_t i = 0; i < scored.choices.size(); i++) {
        const auto [same, is_new] = known.insert({ scored.choices[i], i });
        if (!is_new)
            throw user_error(exit_data, "choices \"" + row.choices[same->second] + "\" and \"" + row.choices[i] + "\" have the same tokens", place(row), "leave one of them out: this model cannot tell them apart");
    }
    if (scored.choices.size() == 1) return scored;
    scored.shared = scored.choices[0].size();
    for (const std::vector<llama_token> & tokens : scored.choices) scored.shared = std::min(scored.shared, common_prefix(scored.choices[0], tokens));
    return scored;
}

scoring_row tokenize_for_scoring(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & asked, int32_t max_length) {
    if (!row.choices.empty()) return tokenize_choices(vocab, row, max_length);
    const std::vector<std::string> & labels = labels_of(row, asked);
    if (labels.size() < 2)
        throw user_error(exit_data, "the row has no labels and no choices, so there is nothing to score", place(row), "score rows with a list of answers, or give labels for all rows");
    const shortened_row shortened = shorten(vocab, row, labels, max_length);

    const label_split split = split_labels(vocab, row, labels, shortened.tokens);
    check_predicted(row, split.shared, "the labels begin");
    const std::vector<llama_token> & first = shortened.tokens[0];
    return { row.row, { first.begin(), first.begin() + std::ptrdiff_t(split.shared) }, split.next, int32_t(shortened.dropped) };
}

std::vector<llama_token> scoring_row::before_parting() const {
    std::vector<llama_token> tokens = context;
    if (!choices.empty()) tokens.insert(tokens.end(), choices[0].begin(), choices[0].begin() + std::ptrdiff_t(shared));
    return tokens;
}

std::vector<llama_token> scoring_row::at_parting(llama_token eos) const {
    if (choices.empty()) return label_tokens;
    std::vector<llama_token> tokens;
    for (const std::vector<llama_token> & choice : choices) tokens.push_back(choice[shared]);
    if (tokens.size() == 1) tokens.push_back(eos);
    return tokens;
}

index_range loss_positions(const token_row & row, bool all) {
    return { all ? 1 : row.answer_begin, int32_t(row.tokens.size()) };
}
