#include "inspect.h"
#include "events.h"
#include "gguf_file.h"
#include "parallel.h"
#include "read_back.h"
#include "session.h"
#include "utf8.h"
#include <algorithm>
#include <cctype>
#include <set>

namespace {

// Rows that are looked at together before they are told.
const size_t ROWS_AT_ONCE = 4096;

std::string quoted_end(const std::string & text) { return "\"" + (text.size() > 40 ? "..." + text.substr(text.size() - 40) : text) + "\""; }

// Does the text hold the beginning of a word behind white space that is not its own beginning? Then more than one word.
bool is_within_a_word(const std::string & text) {
    size_t end = text.size();
    const auto is_space = [&](size_t at) { return std::isspace(static_cast<unsigned char>(text[at])) != 0; };
    while (end > 0 && is_space(end - 1)) end--;
    for (size_t at = 1; at < end; at++) {
        if (is_space(at) && !is_space(at - 1)) return false;
    }
    return true;
}

// That the kept tokens are the text, and that the loss lies on the answer.
void prove(const vocabulary & vocab, const instruction & row, inspected_row & inspected) {
    const token_row & kept = *inspected.kept;
    const std::string prompt = prompt_without(row, static_cast<size_t>(kept.dropped_history)).text;
    const std::string text = prompt + row.answer;
    const read_text read = read_back(vocab, {kept.tokens.begin(), kept.tokens.end() - 1}, text);
    inspected.ends = read.ends;
    if (!read.whole) {
        const size_t at = read.ends.empty() ? 0 : read.ends.back();
        inspected.problems.push_back({"the tokens do not read back as the row's text: they differ behind " + quoted_end(text.substr(0, at)),
                                      "this vocabulary has no tokens for what stands there: change the text, or use another model"});
        return;
    }
    const size_t begin = read.ends[static_cast<size_t>(kept.answer_begin) - 1];
    if (begin > prompt.size()) {
        inspected.problems.push_back({"the first " + std::to_string(begin - prompt.size()) + " bytes of the answer carry no loss", "this is a fault of the program: report it"});
    } else if (!is_within_a_word(prompt.substr(begin))) {
        inspected.problems.push_back({"the answer changes the tokens of " + quoted_end(prompt.substr(begin)) + " before it, so that these carry loss, too",
                                      "let the prompt end in a line break"});
    }
}

// What training refuses, told instead of thrown.
template <typename Work> bool try_to(inspected_row & inspected, Work work) {
    try {
        work();
        return true;
    } catch (const user_error & error) {
        for (const row_problem & known : inspected.problems) {
            if (known.what == error.what()) return false;
        }
        inspected.problems.push_back({error.what(), error.fix});
        return false;
    }
}

json token_of(const vocabulary & vocab, llama_token token) {
    std::string text = vocab.piece(token);
    if (whole_characters(text) != text.size()) { // a part of a character
        std::string bytes;
        for (const char c : text) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned char>(c));
            bytes += name;
        }
        text = bytes;
    }
    return {token, text};
}

json ranges_of(const instruction & row, int32_t dropped) {
    json ranges = json::array();
    for (int32_t i = 0; i < dropped; i++) ranges.push_back({row.history[static_cast<size_t>(i)].begin, row.history[static_cast<size_t>(i)].end});
    return ranges;
}

json told(const vocabulary & vocab, const instruction & row, const inspected_row & inspected, bool pieces) {
    const token_row & shown = inspected.kept ? *inspected.kept : *inspected.full;
    json labels = json::array();
    for (const llama_token token : shown.label_tokens) labels.push_back(token_of(vocab, token));
    json fields = {{"row", row.row},
                   {"tokens", inspected.full->tokens.size()},
                   {"length", inspected.kept ? json(inspected.kept->tokens.size()) : json(nullptr)},
                   {"droppedHistory", shown.dropped_history},
                   {"answerBegin", shown.answer_begin},
                   {"shortest", inspected.shortest},
                   {"labelTokens", labels},
                   {"ends", shown.tokens.back() == vocab.eos()}};
    if (!pieces) return fields;
    json list = json::array(), specials = json::array();
    for (size_t i = 0; i < shown.tokens.size(); i++) {
        const json token = token_of(vocab, shown.tokens[i]);
        const json behind = i < inspected.ends.size() ? json(inspected.ends[i]) : json(nullptr);
        list.push_back({token[0], token[1], behind});
        if (vocab.special(shown.tokens[i])) specials.push_back(i);
    }
    const index_range loss = loss_positions(shown, false);
    fields.update(json{{"pieces", list}, {"specials", specials}, {"loss", {loss.begin, loss.end}}, {"cut", ranges_of(row, shown.dropped_history)}});
    return fields;
}

std::vector<const instruction *> chosen_rows(const inspect_config & config, const std::vector<instruction> & all) {
    std::vector<const instruction *> chosen;
    std::set<int64_t> asked;
    if (config.rows) asked.insert(config.rows->begin(), config.rows->end());
    for (const instruction & row : all) {
        if (!config.rows || asked.erase(row.row) > 0) chosen.push_back(&row);
    }
    if (asked.empty()) return chosen;
    throw user_error(exit_usage, "row " + std::to_string(*asked.begin()) + " is not in the data", config.data, "choose rows of this split");
}

} // namespace

inspected_row inspect_row(const vocabulary & vocab, const instruction & row, int32_t max_length, const std::vector<std::string> & labels) {
    inspected_row inspected = {row.row, {}, {}, 0, {}, {}};
    answered_row answered(vocab, row, labels);
    try_to(inspected, [&] { inspected.shortest = shortest_length(answered); });
    try_to(inspected, [&] { inspected.kept = tokenize_for_training(answered, max_length); });
    if (inspected.kept && inspected.kept->dropped_history == 0) inspected.full = inspected.kept;
    else try_to(inspected, [&] { inspected.full = tokenize_for_training(answered, 0); });
    if (!inspected.full) { // answers that cannot be told apart: the row's own has tokens all the same
        instruction alone = row;
        alone.labels.clear();
        alone.choices.clear();
        try_to(inspected, [&] { inspected.full = tokenize_for_training(vocab, alone, 0); });
    }
    if (!inspected.kept) return inspected;
    if (!row.choices.empty()) {
        try_to(inspected, [&] { tokenize_for_scoring(answered, max_length); });
    } else if (!inspected.kept->label_tokens.empty() && inspected.kept->label_at == 0) {
        inspected.problems.push_back({"the labels begin with the first token, so that nothing predicts them", "let the template write some text before the answer"});
    }
    prove(vocab, row, inspected);
    return inspected;
}

exit_code inspect(const inspect_config & config) {
    announce("inspect", config.threads);
    const int32_t limit = [&] {
        const gguf_file file(config.model);
        return length_limit(config.max_length, read_shape(file));
    }();
    const vocabulary vocab(config.model);
    const std::vector<instruction> all = read_instructions(config.data);
    const std::vector<const instruction *> rows = chosen_rows(config, all);
    emit("vocabulary", {{"rows", rows.size()}, {"limit", limit}, {"begin", vocab.add_bos() ? token_of(vocab, vocab.bos()) : json(nullptr)}, {"end", token_of(vocab, vocab.eos())}});
    for (size_t begin = 0; begin < rows.size(); begin += ROWS_AT_ONCE) {
        const size_t n = std::min(ROWS_AT_ONCE, rows.size() - begin);
        std::vector<inspected_row> inspected(n);
        for_each_index(n, config.threads, [&](size_t i) { inspected[i] = inspect_row(vocab, *rows[begin + i], limit, config.labels); });
        for (size_t i = 0; i < n; i++) {
            if (inspected[i].full) emit("inspected", told(vocab, *rows[begin + i], inspected[i], config.pieces));
            for (const row_problem & problem : inspected[i].problems) emit("problem", {{"row", inspected[i].row}, {"what", problem.what}, {"fix", problem.fix}});
        }
    }
    announce_done("inspect", std::nullopt);
    return exit_done;
}
