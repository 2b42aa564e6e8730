#include "check.h"
#include "random.h"
#include "refusal.h"
#include "token_rows.h"

#include <gguf.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <unistd.h>

namespace fs = std::filesystem;

// A byte-pair vocabulary that every machine has: ASCII, and the merges "ab", "Yes" and "Ye". No bos.
static std::string small_vocabulary() {
    std::vector<std::string> tokens = { "<unk>", "<s>", "</s>" };
    for (char c = '!'; c <= '~'; c++) tokens.push_back(std::string(1, c));
    for (const char * text : { "\xC4\xA0", "\xC4\x8A", "ab", "Ye", "Yes" }) tokens.push_back(text); // space, newline
    std::vector<const char *> merges = { "a b", "Y e", "Ye s" };
    std::vector<const char *> texts;
    std::vector<int32_t> types;
    for (const std::string & token : tokens) {
        types.push_back(texts.size() == 0 ? LLAMA_TOKEN_TYPE_UNKNOWN : texts.size() < 3 ? LLAMA_TOKEN_TYPE_CONTROL : LLAMA_TOKEN_TYPE_NORMAL);
        texts.push_back(token.c_str());
    }
    gguf_context * file = gguf_init_empty();
    gguf_set_val_str(file, "general.architecture", "llama");
    gguf_set_val_str(file, "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str(file, "tokenizer.ggml.pre", "gpt-2");
    gguf_set_arr_str(file, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(file, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    gguf_set_arr_str(file, "tokenizer.ggml.merges", merges.data(), merges.size());
    gguf_set_val_u32(file, "tokenizer.ggml.eos_token_id", 2);
    gguf_set_val_bool(file, "tokenizer.ggml.add_bos_token", false);
    const std::string path = (fs::temp_directory_path() / ("rectune-token-rows-" + std::to_string(getpid()) + ".gguf")).string();
    CHECK(gguf_write_to_file(file, path.c_str(), true));
    gguf_free(file);
    return path;
}

// The small vocabulary, and the real ones laid beside the repository where there are any.
static const std::vector<std::string> & models() {
    static const std::vector<std::string> paths = [] {
        std::vector<std::string> found = { small_vocabulary() };
        const char * named = std::getenv("RECTUNE_SHARED");
        const fs::path shared = named ? fs::path(named) : fs::absolute(__FILE__).parent_path() / "../../../shared";
        for (const char * file : { "tokenizers/ggml-vocab-llama-spm.gguf", "smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf",
                                   "stories260K/stories260K.gguf" })
            if (fs::exists(shared / "models" / file)) found.push_back((shared / "models" / file).string());
        return found;
    }();
    return paths;
}

static const std::vector<std::string> LABELS = { "Yes.", "No, I think not." };

// A row of titles as the builder renders it, every title a value, each with its comma in a history range.
static instruction make_row(random_stream & chance, size_t n_history, const std::string & answer) {
    static const char * const titles[] = { "Heat", "The Lord of the Rings", "Up", "a", "</s>", "2001: A Space Odyssey", "Ran" };
    instruction row = {};
    row.row = int64_t(chance.below(1000));
    row.prompt = "Liked: ";
    for (size_t i = 0; i < n_history; i++) {
        const std::string title = titles[chance.below(std::size(titles))];
        row.history.push_back({ row.prompt.size(), row.prompt.size() + title.size() + 2 });
        row.values.push_back({ row.prompt.size(), row.prompt.size() + title.size() });
        row.prompt += title + ", ";
    }
    row.prompt += "and now?\nAnswer:\n";
    row.answer = answer;
    return row;
}

static std::vector<byte_range> with_answer(const instruction & row) {
    std::vector<byte_range> values = row.values;
    values.push_back({ row.prompt.size(), row.prompt.size() + row.answer.size() });
    return values;
}

static instruction plain_row(const std::string & prompt, const std::string & answer) {
    instruction row = {};
    row.row = 17;
    row.prompt = prompt;
    row.answer = answer;
    return row;
}

// The words of the error that must come, about the one row of a test.
static std::string words_of_refusal(const std::function<void()> & body) {
    const user_error error = refusal(body);
    CHECK(error.code == exit_data && error.where == "row 17" && !error.fix.empty());
    return error.what();
}

int main() {
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    const char * libraries = std::getenv("RECTUNE_LLAMA_LIBRARIES");
    ggml_backend_load_all_from_path(libraries ? libraries : RECTUNE_LLAMA_LIBRARIES);

    const int code = run_tests({
        { "a training row is prompt and answer as one text, then eos; the answer begins where it changes the prompt's tokens", [] {
            for (const std::string & path : models()) {
                const vocabulary vocab(path);
                random_stream chance(1, "test");
                for (int round = 0; round < 300; round++) {
                    const instruction row = make_row(chance, chance.below(6), chance.below(2) ? LABELS[0] : "ab</s>");
                    const token_row tokens = tokenize_for_training(vocab, row, 0);
                    auto expected = vocab.tokenize(row.prompt + row.answer, with_answer(row));
                    const auto prompt = vocab.tokenize(row.prompt, row.values);
                    size_t begin = 0;
                    while (begin < prompt.size() && begin < expected.size() && prompt[begin] == expected[begin]) begin++;
                    expected.push_back(vocab.eos());
                    CHECK(tokens.tokens == expected && tokens.answer_begin == int32_t(begin));
                    CHECK(tokens.row == row.row && tokens.dropped_history == 0);
                }
            }
        } },
        { "the answer takes its first token where it merges with the prompt", [] {
            const vocabulary vocab(models()[0]);
            const token_row row = tokenize_for_training(vocab, plain_row("xa", "bc"), 0);
            CHECK(row.tokens.size() == 4 && row.answer_begin == 1 && vocab.piece(row.tokens[1]) == "ab");
            CHECK(tokenize_for_training(vocab, plain_row("xa", "c"), 0).answer_begin == 2);
        } },
        { "an empty answer leaves the end token to learn", [] {
            const vocabulary vocab(models()[0]);
            const token_row row = tokenize_for_training(vocab, plain_row("xy", ""), 0);
            CHECK(row.answer_begin == 2 && row.tokens.size() == 3 && row.tokens[2] == vocab.eos());
        } },
        { "a special token in an answer or a label is text", [] {
            const vocabulary vocab(models()[0]);
            const token_row row = tokenize_for_training(vocab, plain_row("x", "</s>"), 0);
            CHECK(std::count(row.tokens.begin(), row.tokens.end(), vocab.eos()) == 1);
            const scoring_row scoring = tokenize_for_scoring(vocab, plain_row("x", ""), { "</s>", "No" }, 0);
            CHECK(vocab.piece(scoring.label_tokens[0]) == "<");
        } },
        { "loss lies on the answer and eos, or on all but the first token", [] {
            const vocabulary vocab(models()[0]);
            const token_row row = tokenize_for_training(vocab, plain_row("xyz", "ok"), 0);
            CHECK(loss_positions(row, false).begin == 3 && loss_positions(row, false).end == 6);
            CHECK(loss_positions(row, true).begin == 1 && loss_positions(row, true).end == 6);
        } },
        { "a row too long loses its oldest items, no more than it must", [] {
            for (const std::string & path : models()) {
                const vocabulary vocab(path);
                random_stream chance(2, "test");
                for (int round = 0; round < 200; round++) {
                    const instruction row = make_row(chance, chance.below(8), LABELS[chance.below(2)]);
                    const size_t full = tokenize_for_training(vocab, row, 0).tokens.size();
                    const auto limit = int32_t(1 + chance.below(full + 3));
                    size_t needed = 0; // oracle: build each shorter row as a row of its own
                    for (; needed <= row.history.size(); needed++) {
                        const marked_text prompt = prompt_without(row, needed);
                        instruction shorter = plain_row(prompt.text, row.answer);
                        shorter.values = prompt.values;
                        if (tokenize_for_training(vocab, shorter, 0).tokens.size() <= size_t(limit)) break;
                    }
                    if (needed > row.history.size()) {
                        bool thrown = false;
                        try { tokenize_for_training(vocab, row, limit); } catch (const user_error &) { thrown = true; }
                        CHECK(thrown);
                    } else {
                        const token_row tokens = tokenize_for_training(vocab, row, limit);
                        CHECK(tokens.dropped_history == int32_t(needed) && tokens.tokens.size() <= size_t(limit));
                    }
                }
            }
        } },
        { "a row loses the same history whether it is trained, with either label, or scored", [] {
            for (const std::string & path : models()) {
                const vocabulary vocab(path);
                random_stream chance(3, "test");
                int dropped = 0;
                for (int round = 0; round < 200; round++) {
                    const instruction yes = make_row(chance, 1 + chance.below(8), LABELS[0]);
                    instruction no = yes;
                    no.answer = LABELS[1]; // the longer
                    const auto full = tokenize_for_training(vocab, no, 0).tokens.size();
                    const auto least = tokenize_for_training(vocab, plain_row(prompt_without(no, no.history.size()).text, LABELS[1]), 0).tokens.size();
                    if (full < least) continue;
                    const auto limit = int32_t(least + chance.below(full - least + 1));
                    const int32_t scored = tokenize_for_scoring(vocab, yes, LABELS, limit).dropped_history;
                    CHECK(tokenize_for_training(vocab, yes, limit, LABELS).dropped_history == scored);
                    CHECK(tokenize_for_training(vocab, no, limit, LABELS).dropped_history == scored);
                    CHECK(tokenize_for_training(vocab, no, limit).dropped_history == scored); // the longest label needs no list
                    CHECK(tokenize_for_training(vocab, yes, limit).dropped_history <= scored);
                    dropped += scored > 0;
                }
                CHECK(dropped > 50);
            }
        } },
        { "a row with answers of its own loses the same history whichever of them it has, trained or scored", [] {
            for (const std::string & path : models()) {
                const vocabulary vocab(path);
                random_stream chance(6, "own answers");
                int dropped = 0;
                for (int round = 0; round < 100; round++) {
                    const std::vector<std::string> answers = { "Heat", "The Lord of the Rings", "Up" };
                    instruction row = make_row(chance, 1 + chance.below(8), answers[0]);
                    (chance.below(2) ? row.labels : row.choices) = answers;
                    const size_t full = tokenize_for_training(vocab, row, 0).tokens.size();
                    const int32_t limit = int32_t(full - chance.below(12) + 6);
                    std::set<int32_t> found;
                    try {
                        found.insert(tokenize_for_scoring(vocab, row, {}, limit).dropped_history);
                        for (const std::string & answer : answers) {
                            row.answer = answer;
                            const token_row trained = tokenize_for_training(vocab, row, limit, LABELS);
                            found.insert(trained.dropped_history);
                            CHECK(row.choices.empty() == (trained.label_tokens.size() == 3)); // LABELS are those of other rows
                            CHECK(row.choices.empty() ? trained.own_label >= 0 : trained.label_at == 0 && trained.own_label == -1);
                        }
                    } catch (const user_error & error) {
                        CHECK(says(error.what(), "without any history"));
                        continue;
                    }
                    CHECK(found.size() == 1);
                    dropped += *found.begin() > 0;
                }
                CHECK(dropped > 20);
            }
        } },
        { "choices begin where any of them changes the prompt's tokens, and end with the end token", [] {
            const vocabulary vocab(models()[0]);
            instruction row = plain_row("xa", "c");
            row.choices = { "c", "bc", "cc" }; // "ab" is one token
            const scoring_row scored = tokenize_for_scoring(vocab, row, {}, 0);
            CHECK(scored.context.size() == 1 && scored.shared == 0 && scored.label_tokens.empty());
            CHECK(scored.choices[0].size() == 3 && scored.choices[1].size() == 3 && scored.choices[2].size() == 4);
            CHECK(vocab.piece(scored.choices[1][0]) == "ab" && scored.choices[2].back() == vocab.eos());
            row.choices = { "c", "cc" };
            CHECK(tokenize_for_scoring(vocab, row, {}, 0).shared == 1);
            row.choices = { "c" };
            CHECK(tokenize_for_scoring(vocab, row, {}, 0).shared == 0);
            row.open = true;
            row.choices = { "c", "bc", "cc" };
            const scoring_row open = tokenize_for_scoring(vocab, row, {}, 0);
            CHECK(open.choices[0].size() == 2 && open.choices[1].size() == 2 && open.choices[2].size() == 3);
            CHECK(open.choices[2].back() != vocab.eos() && open.shared == 0);
            row.choices = { "c", "cc" };
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, row, {}, 0); }), "every choice begins with the open choice \"c\""));
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("x", "y"), {}, 0); }), "nothing to score"));
        } },
        { "a row that does not fit without any history is an error with its length and the limit", [] {
            const vocabulary vocab(models()[0]);
            const std::string words = "the row has 7 tokens without any history, and the limit is 6";
            CHECK(says(words_of_refusal([&] { tokenize_for_training(vocab, plain_row("xyz", "123"), 6); }), words));
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("xyz", "1"), { "4", "123" }, 6); }), words));
            CHECK(tokenize_for_training(vocab, plain_row("xyz", "123"), 7).tokens.size() == 7);
        } },
        { "labels are scored where they part", [] {
            for (const std::string & path : models()) {
                const vocabulary vocab(path);
                random_stream chance(4, "test");
                for (int round = 0; round < 100; round++) {
                    const instruction row = make_row(chance, chance.below(6), "");
                    const scoring_row scoring = tokenize_for_scoring(vocab, row, LABELS, 0);
                    for (size_t label = 0; label < LABELS.size(); label++) {
                        instruction answered = row;
                        answered.answer = LABELS[label];
                        const token_row trained = tokenize_for_training(vocab, answered, 0);
                        CHECK(std::equal(scoring.context.begin(), scoring.context.end(), trained.tokens.begin()));
                        CHECK(trained.tokens[scoring.context.size()] == scoring.label_tokens[label]);
                        CHECK(trained.label_at == 0 && trained.own_label == -1); // trained without labels: it has no place for them
                        const token_row labelled = tokenize_for_training(vocab, answered, 0, LABELS);
                        CHECK(labelled.label_at == int32_t(scoring.context.size()) && labelled.label_tokens == scoring.label_tokens);
                        CHECK(labelled.own_label == int32_t(label) && labelled.user == row.user && labelled.weight == row.weight);
                    }
                    CHECK(scoring.row == row.row && scoring.label_tokens.size() == 2 && scoring.label_tokens[0] != scoring.label_tokens[1]);
                }
            }
        } },
        { "three labels of which two begin alike are an error that names the two", [] {
            const vocabulary vocab(models()[0]);
            const std::string words = words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("x", ""), { "Maybe", "No.", "Nothing" }, 0); });
            CHECK(says(words, "\"No.\" and \"Nothing\"") && says(words, "(\"N\")"));
        } },
        { "a label that is the beginning of the others is an error", [] {
            const vocabulary vocab(models()[0]);
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("x", ""), { "Yes!", "Yes" }, 0); }), "label \"Yes\" has no token"));
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("x", ""), { "No", "No" }, 0); }), "label \"No\" has no token"));
        } },
        { "labels that no scoring could tell apart are an error before training too", [] {
            const vocabulary vocab(models()[0]);
            CHECK(says(words_of_refusal([&] { tokenize_for_training(vocab, plain_row("x", "Yes"), 0, { "Yes!", "Yes" }); }), "label \"Yes\" has no token"));
            CHECK(says(words_of_refusal([&] { tokenize_for_training(vocab, plain_row("x", "No."), 0, { "Maybe", "No.", "Nothing" }); }), "(\"N\")"));
            CHECK(tokenize_for_training(vocab, plain_row("x", "No."), 0, { "Yes.", "No." }).tokens.size() == 5);
        } },
        { "labels that share a first token are scored at the next", [] {
            const vocabulary vocab(models()[0]);
            const scoring_row scoring = tokenize_for_scoring(vocab, plain_row("x", ""), { "1a", "1c" }, 0);
            CHECK(scoring.context.size() == 2 && vocab.piece(scoring.label_tokens[0]) == "a" && vocab.piece(scoring.label_tokens[1]) == "c");
        } },
        { "an answer that begins in the first token is an error, as nothing predicts it", [] {
            const vocabulary vocab(models()[0]);
            CHECK(says(words_of_refusal([&] { tokenize_for_training(vocab, plain_row("a", "b"), 0); }), "nothing predicts it"));
            CHECK(says(words_of_refusal([&] { tokenize_for_scoring(vocab, plain_row("a", ""), { "b", "c" }, 0); }), "nothing predicts them"));
        } },
    });
    fs::remove(models()[0]);
    return code;
}
