#include "token_rows.h"

#include "error.h"

#include <algorithm>

static std::string place(const instruction & row) { return "row " + std::to_string(row.row); }

static size_t common_prefix(const std::vector<llama_token> & a, const std::vector<llama_token> & b) {
    return size_t(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Those that the row's answer is told apart from by their first token.
static const std::vector<std::string> & labels_of(const instruction & row, const std::vector<std::string> & labels) {
    static const std::vector<std::string> none;
    return !row.choices.empty() ? none : row.labels.empty() ? labels : row.labels;
}

answered_row::answered_row(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & asked)
    : row(row), vocab(vocab), labels(labels_of(row, asked)), answers(row.choices.empty() ? labels : row.choices),
      own(size_t(std::find(answers.begin(), answers.end(), row.answer) - answers.begin())) {
    if (own == answers.size()) answers.push_back(row.answer);
}

std::vector<llama_token> answered_row::shortened_row::whole(size_t answer) const {
    std::vector<llama_token> all = tokens.beginning;
    all.insert(all.end(), tokens.endings[answer].begin(), tokens.endings[answer].end());
    return all;
}

size_t answered_row::shortened_row::common(size_t a, size_t b) const {
    return tokens.beginning.size() + common_prefix(tokens.endings[a], tokens.endings[b]);
}

const answered_row::shortened_row & answered_row::without(size_t dropped) {
    const auto found = known_.find(dropped);
    if (found != known_.end()) return found->second;
    std::vector<std::string> endings = answers;
    endings.emplace_back(); // none: the prompt alone
    return known_.insert({ dropped, { dropped, vocab.tokenize_endings(prompt_without(row, dropped), endings) } }).first->second;
}

size_t answered_row::longest(size_t dropped, size_t n_answers) {
    const shortened_row & shortened = without(dropped);
    size_t length = 0;
    for (size_t i = 0; i < n_answers; i++) length = std::max(length, shortened.length(i));
    return length;
}

const answered_row::shortened_row & answered_row::within(int32_t max_length, size_t n_answers) {
    for (size_t dropped = 0;; dropped++) {
        const size_t length = longest(dropped, n_answers);
        if (max_length == 0 || length <= size_t(max_length)) return without(dropped);
        if (dropped == row.history.size())
            throw user_error(exit_data, "the row has " + std::to_string(length) + " tokens without any history, and the limit is " +
                             std::to_string(max_length), place(row), "raise --max-length to at least " + std::to_string(length) + ", or shorten the template");
    }
}

int32_t shortest_length(answered_row & answered) { return int32_t(answered.longest(answered.row.history.size(), answered.answers.size())); }

int32_t shortest_length(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels) {
    answered_row answered(vocab, row, labels);
    return shortest_length(answered);
}

// What one row's prompt has in common with all labels behind it, and the token that each label gives next.
struct label_split { size_t shared; std::vector<llama_token> next; };

static label_split split_labels(const answered_row & answered, const answered_row::shortened_row & shortened) {
    const std::vector<std::string> & labels = answered.labels;
    label_split split = { shortened.length(0) - 1, {} };
    for (size_t i = 0; i < labels.size(); i++) split.shared = std::min(split.shared, shortened.common(0, i));
    for (size_t i = 0; i < labels.size(); i++) {
        if (shortened.length(i) - 1 == split.shared)
            throw user_error(exit_data, "label \"" + labels[i] + "\" has no token that the other labels do not begin with", place(answered.row),
                             "choose label words that start with different tokens under this model");
        const llama_token token = shortened.tokens.endings[i][split.shared - shortened.tokens.beginning.size()];
        const auto same = std::find(split.next.begin(), split.next.end(), token);
        if (same != split.next.end())
            throw user_error(exit_data, "labels \"" + labels[size_t(same - split.next.begin())] + "\" and \"" + labels[i] +
                             "\" both begin with token " + std::to_string(token) + " (\"" + answered.vocab.piece(token) + "\")", place(answered.row),
                             "choose label words that start with different tokens under this model");
        split.next.push_back(token);
    }
    return split;
}

// The prompt's tokens that the answers' texts leave as they are.
static size_t kept_of_prompt(const answered_row::shortened_row & shortened, size_t first, size_t end) {
    const size_t none = shortened.tokens.endings.size() - 1;
    size_t kept = shortened.length(none) - 1;
    for (size_t i = first; i < end; i++) kept = std::min(kept, shortened.common(none, i));
    return kept;
}

static void check_predicted(const instruction & row, size_t context, const std::string & what) {
    if (context > 0) return;
    throw user_error(exit_data, what + " with the first token, so that nothing predicts " + (what == "the labels begin" ? "them" : "it"), place(row),
                     "let the template write some text before the answer");
}

token_row tokenize_for_training(answered_row & answered, int32_t max_length) {
    const instruction & row = answered.row;
    const answered_row::shortened_row & shortened = answered.within(max_length, answered.answers.size());
    token_row tokens = { row.row, shortened.whole(answered.own), 0, int32_t(shortened.dropped) };
    tokens.weight = row.weight;
    tokens.user = row.user;
    if (!answered.labels.empty()) {
        label_split split = split_labels(answered, shortened);
        tokens.label_at = int32_t(split.shared);
        tokens.label_tokens = std::move(split.next);
        tokens.own_label = answered.own < answered.labels.size() ? int32_t(answered.own) : -1;
    }
    tokens.answer_begin = int32_t(kept_of_prompt(shortened, answered.own, answered.own + 1));
    tokens.tokens.push_back(answered.vocab.eos());
    check_predicted(row, size_t(tokens.answer_begin), "the answer begins");
    return tokens;
}

token_row tokenize_for_training(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & labels) {
    answered_row answered(vocab, row, labels);
    return tokenize_for_training(answered, max_length);
}

// With the end token behind each, a choice that another one begins with is told from it; open ones have none.
static scoring_row tokenize_choices(answered_row & answered, int32_t max_length) {
    const instruction & row = answered.row;
    const size_t n_choices = row.choices.size();
    const answered_row::shortened_row & shortened = answered.within(max_length, n_choices);
    const size_t begin = kept_of_prompt(shortened, 0, n_choices);
    check_predicted(row, begin, "the answer begins");
    scoring_row scored = { row.row, {}, {}, int32_t(shortened.dropped) };
    std::map<std::vector<llama_token>, size_t> known;
    for (size_t i = 0; i < n_choices; i++) {
        const std::vector<llama_token> tokens = shortened.whole(i);
        if (i == 0) scored.context.assign(tokens.begin(), tokens.begin() + std::ptrdiff_t(begin));
        scored.choices.emplace_back(tokens.begin() + std::ptrdiff_t(begin), tokens.end());
        if (!row.open) scored.choices.back().push_back(answered.vocab.eos());
        const auto [same, is_new] = known.insert({ scored.choices[i], i });
        if (!is_new)
            throw user_error(exit_data, "choices \"" + row.choices[same->second] + "\" and \"" + row.choices[i] + "\" have the same tokens", place(row), "leave one of them out: this model cannot tell them apart");
    }
    if (scored.choices.size() == 1) return scored;
    scored.shared = scored.choices[0].size();
    for (const std::vector<llama_token> & tokens : scored.choices) scored.shared = std::min(scored.shared, common_prefix(scored.choices[0], tokens));
    for (size_t i = 0; i < n_choices; i++) {
        if (scored.choices[i].size() == scored.shared) // of an open row: nothing is left of it where the choices part
            throw user_error(exit_data, "every choice begins with the open choice \"" + row.choices[i] + "\"", place(row), "leave it out, or let choices end: write \"open\": false");
    }
    return scored;
}

scoring_row tokenize_for_scoring(answered_row & answered, int32_t max_length) {
    const instruction & row = answered.row;
    if (!row.choices.empty()) return tokenize_choices(answered, max_length);
    if (answered.labels.size() < 2)
        throw user_error(exit_data, "the row has no labels and no choices, so there is nothing to score", place(row), "score rows with a list of answers, or give labels for all rows");
    const answered_row::shortened_row & shortened = answered.within(max_length, answered.labels.size());
    label_split split = split_labels(answered, shortened);
    check_predicted(row, split.shared, "the labels begin");
    std::vector<llama_token> context = shortened.whole(0);
    context.resize(split.shared);
    return { row.row, std::move(context), std::move(split.next), int32_t(shortened.dropped) };
}

scoring_row tokenize_for_scoring(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & labels, int32_t max_length) {
    answered_row answered(vocab, row, labels);
    return tokenize_for_scoring(answered, max_length);
}

titled_row tokenize_titles(const vocabulary & vocab, const instruction & row, const std::vector<std::string> & titles, int32_t max_length, int32_t context_length) {
    const std::vector<std::string> none;
    instruction titled = row;
    if (!titles.empty()) titled.choices = titles;
    const size_t n_titles = titled.choices.size();
    if (n_titles == 0)
        throw user_error(exit_data, "the row has no choices, so there are no titles that it may be answered with", place(row), "rank rows whose answers are titles, or give titles for all rows");
    for (const std::string & title : titled.choices)
        if (title.empty()) throw user_error(exit_data, "one of the titles is empty", place(row), "leave it out");
    answered_row own(vocab, row, none), answered(vocab, titled, none);
    size_t dropped = own.within(max_length, row.choices.empty() ? own.answers.size() : row.choices.size()).dropped;
    while (answered.longest(dropped, n_titles) > size_t(context_length)) {
        if (dropped == row.history.size())
            throw user_error(exit_data, "the row and its longest title have " + std::to_string(answered.longest(dropped, n_titles)) + " tokens without any history, and the model takes " +
                             std::to_string(context_length), place(row), "shorten the template, or leave out that title");
        dropped++;
    }
    const answered_row::shortened_row & shortened = answered.without(dropped);
    const size_t begin = kept_of_prompt(shortened, 0, n_titles);
    check_predicted(row, begin, "the answer begins");
    titled_row made = { row.row, shortened.whole(0), {}, int32_t(dropped) };
    made.context.resize(begin);
    for (size_t i = 0; i < n_titles; i++) {
        const std::vector<llama_token> tokens = shortened.whole(i);
        made.titles.emplace_back(tokens.begin() + std::ptrdiff_t(begin), tokens.end());
        made.titles.back().push_back(vocab.eos());
    }
    return made;
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
