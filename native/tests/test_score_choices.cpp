// Rows with answers of their own: what is said of each is the plain sum of stock libllama's log-probabilities, token by token.
#include "check.h"
#include "mixed_scoring.h"
#include "reference.h"
#include "refusal.h"
#include "row_scorer.h"
#include <cmath>

namespace {

// log P of each of the last n tokens of a text, by libllama alone.
std::vector<double> log_probabilities(reference_model & model, const std::vector<llama_token> & tokens, size_t n, size_t n_vocab) {
    const std::vector<llama_token> before(tokens.begin(), tokens.end() - 1);
    const std::vector<float> logits = model.logits(before, static_cast<int32_t>(n));
    std::vector<double> found;
    for (size_t i = 0; i < n; i++) {
        const float * at = logits.data() + i * n_vocab;
        double sum = 0;
        for (size_t v = 0; v < n_vocab; v++) sum += std::exp(static_cast<double>(at[v]));
        found.push_back(at[tokens[tokens.size() - n + i]] - std::log(sum));
    }
    return found;
}

// near  of a log-probability
void check_against_libllama(const mixed_scoring & scoring, double near = 2e-4) {
    const std::map<int64_t, json> found = scoring.scores();
    const vocabulary vocab(scoring.config.model);
    reference_model libllama(scoring.config.model, scoring.config.adapter, 1, 200);
    const size_t n_vocab = static_cast<size_t>(vocab.n_tokens());
    for (size_t row = 0; row < scoring.lines.size(); row++) {
        const json & line = scoring.lines[row], & event = found.at(static_cast<int64_t>(row));
        const std::string prompt = line["prompt"];
        // A vocabulary of bytes: the tokens of prompt and answer are those of the prompt, then those of the answer.
        const auto with = [&](const std::string & answer, bool ends) {
            std::vector<llama_token> tokens = vocab.tokenize(prompt + answer, {{prompt.size(), prompt.size() + answer.size()}});
            if (ends) tokens.push_back(vocab.eos());
            return tokens;
        };
        const size_t n_prompt = with("", false).size();
        const bool has_choices = line.contains("choices");
        const std::vector<std::string> answers = has_choices ? line["choices"] : line.contains("labels") ? line["labels"] : json(scoring.config.labels);
        std::vector<std::vector<llama_token>> texts;
        for (const std::string & answer : answers) texts.push_back(with(answer, has_choices));
        size_t shared = n_prompt;
        while (texts.size() > 1 && std::all_of(texts.begin(), texts.end(), [&](const std::vector<llama_token> & text) { return text.size() > shared && text[shared] == texts[0][shared]; })) shared++;
        std::vector<choice_score> expected;
        for (const std::vector<llama_token> & text : texts) {
            const std::vector<double> each = log_probabilities(libllama, text, text.size() - n_prompt, n_vocab);
            double sum = 0;
            for (const double one : each) sum += one;
            if (has_choices) expected.push_back({sum, static_cast<int32_t>(each.size()), each[shared - n_prompt]});
            else expected.push_back({each[shared - n_prompt], 1, each[shared - n_prompt]});
        }
        if (!has_choices && expected.size() == 2) {
            CHECK(!event.contains("choices"));
            CHECK_NEAR(event["logOdds"].get<double>(), expected[0].first - expected[1].first, near);
            CHECK_NEAR(event["labelMass"].get<double>(), std::exp(expected[0].first) + std::exp(expected[1].first), near);
            continue;
        }
        CHECK(!event.contains("logOdds") && event["choices"].size() == expected.size());
        for (size_t i = 0; i < expected.size(); i++) {
            const json & one = event["choices"][i];
            CHECK(one["tokens"] == expected[i].tokens);
            CHECK_NEAR(one["sum"].get<double>(), expected[i].sum, near * expected[i].tokens);
            CHECK_NEAR(one["first"].get<double>(), expected[i].first, near);
        }
    }
}

void scores_are_libllamas() {
    uint64_t seed = 60;
    for (const char * family : {"llama", "qwen3", "gemma2"}) {
        const double near = family == std::string("gemma2") ? 5e-3 : 2e-4; // libllama's GELU is a table of half floats
        mixed_scoring scoring(seed++, 24, family);
        check_against_libllama(scoring, near);
        scoring.add_adapter();
        check_against_libllama(scoring, near);
    }
}

void labels_may_come_from_the_rows_alone() {
    mixed_scoring scoring(71);
    scoring.config.labels.clear();
    const user_error error = refusal([&] { events_of([&] { score(scoring.config); }); });
    CHECK(error.code == exit_data && says(error.what(), "nothing to score") && says(error.where, "row 0"));
    std::ofstream data(scoring.config.data);
    for (json & line : scoring.lines) {
        if (!line.contains("choices")) line["labels"] = {"Yes.", "No."}, line["answer"] = "No.";
        data << line.dump() << "\n";
    }
    data.close();
    check_against_libllama(scoring);
}

void how_rows_are_computed_changes_no_bit() {
    mixed_scoring scoring(81, 40);
    scoring.add_adapter();
    const std::map<int64_t, json> expected = scoring.scores();
    for (const std::optional<int64_t> rows : {std::optional<int64_t>(1), std::optional<int64_t>(3), std::optional<int64_t>(50), std::optional<int64_t>()}) {
        for (const bool share : {true, false}) {
            scoring.config.batch_size = rows;
            scoring.config.share_prefixes = share;
            scoring.config.threads = rows ? 1 : 3;
            CHECK(scoring.scores() == expected);
        }
    }
    scoring.config.share_prefixes = true;
    random_stream chance(4, "skipped");
    for (int64_t row = 0; row < 40; row++) if (chance.below(2)) scoring.config.skip.push_back(row);
    std::map<int64_t, json> left = expected;
    for (const int64_t row : scoring.config.skip) left.erase(row);
    CHECK(scoring.scores() == left);
}

void few_logits_at_once_change_no_bit() {
    const mixed_scoring scoring(91, 30);
    const gguf_file file(scoring.config.model);
    const base_model model = load_model(file);
    backend cpu(1);
    network own(cpu, model, nullptr);
    const vocabulary vocab(scoring.config.model);
    std::vector<scoring_row> rows;
    for (const instruction & row : read_instructions(scoring.config.data)) rows.push_back(tokenize_for_scoring(vocab, row, scoring.config.labels, 0));
    std::vector<const scoring_row *> pointers;
    for (const scoring_row & row : rows) pointers.push_back(&row);
    std::vector<std::vector<double>> expected;
    size_t whole = 0;
    for (const size_t at_once : {LOGITS_AT_ONCE, size_t(1), size_t(1000)}) {
        const row_scorer scorer(pointers, std::nullopt, true, at_once);
        std::vector<std::vector<double>> found(rows.size());
        scorer.score(own, "rows", [&](size_t place, const row_score & score) {
            found[place] = {score.log_odds, score.label_mass};
            for (const choice_score & one : score.choices) found[place].insert(found[place].end(), {one.sum, one.first});
        });
        const row_scorer::bytes bytes = scorer.measure(own);
        if (expected.empty()) expected = found, whole = bytes.logits;
        else CHECK(bytes.logits < whole);
        CHECK(found == expected);
    }
}

void the_prompt_is_computed_once() {
    mixed_scoring scoring(95, 0);
    const std::string prompt = "Seen: " + std::string(100, 'x') + ". Next?";
    json line = json::parse(instruction_line(0, true, prompt));
    line["choices"] = {"abc", "abd", "xyz"};
    line["answer"] = "abd";
    scoring.lines = {line};
    std::ofstream(scoring.config.data) << line.dump() << "\n";
    json data;
    scoring.scores(&data);
    const vocabulary vocab(scoring.config.model);
    const size_t n_prompt = vocab.tokenize(prompt, {}).size();
    CHECK(data["columns"] == n_prompt + 7); // ab c d, xyz: behind the last token of a title the end is read
    CHECK(data["tokens"] == 3 * (n_prompt + 3));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"scores of labels and choices are the sums of libllama's log-probabilities, with an adapter and without", scores_are_libllamas},
        {"rows that name their answers need no labels of the config; a row that names none does", labels_may_come_from_the_rows_alone},
        {"batches, threads, shared prefixes and rows that are left out change no bit of a score", how_rows_are_computed_changes_no_bit},
        {"neither does how many logits stand in memory at once, which then take less", few_logits_at_once_change_no_bit},
        {"the prompt of a row is computed once for all of its choices, and what they share once", the_prompt_is_computed_once},
    });
}
