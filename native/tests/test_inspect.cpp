// Rows as the model sees them, against the functions of training, and the proof of the mask against rows made to break it.
#include "check.h"
#include "inspect.h"
#include "random.h"
#include "read_back.h"
#include "refusal.h"
#include "tiny_model.h"
#include "whole_verb.h"
#include <cstdlib>

namespace {

// SentencePiece of letters, a few words and no bytes, or of bytes alone.
std::vector<init_config::token> word_vocabulary() {
    std::vector<init_config::token> tokens = {{"<unk>", 0, "unknown"}, {"<s>", 0, "control"}, {"</s>", 0, "control"}, {"<|end|>", 0, "control"}, {"\n", -9, "normal"}, {"\xE2\x96\x81", -9, "normal"}};
    for (char c = '!'; c <= '~'; c++) tokens.push_back({std::string(1, c), -9, "normal"});
    for (const char * word : {"Ye", "Yes", "No", "\xE2\x96\x81Y", "\xE2\x96\x81Ye", "\xE2\x96\x81Yes", "ab", ":\xE2\x96\x81"}) tokens.push_back({word, -1, "normal"});
    return tokens;
}

std::string model_of(const temporary_folder & folder, const std::vector<init_config::token> & tokens, const std::string & name) {
    init_config config = tiny_config(folder.path, "llama", 3);
    config.output = folder.path + "/" + name + ".gguf";
    config.tokens = tokens;
    write_random_model(config);
    return config.output;
}

// Vocabularies that every machine has, and real ones laid beside the repository where there are any.
std::vector<std::string> models(const temporary_folder & folder) {
    std::vector<std::string> found = {model_of(folder, word_vocabulary(), "words"), model_of(folder, byte_vocabulary(), "bytes")};
    const char * named = std::getenv("RECTUNE_SHARED");
    const std::filesystem::path shared = named ? std::filesystem::path(named) : std::filesystem::absolute(__FILE__).parent_path() / "../../../shared";
    for (const char * file : {"smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", "tokenizers/ggml-vocab-llama-spm.gguf"})
        if (std::filesystem::exists(shared / "models" / file)) found.push_back((shared / "models" / file).string());
    return found;
}

const std::vector<std::string> LABELS = {"Yes.", "No."};

instruction plain_row(const std::string & prompt, const std::string & answer) {
    instruction row = {};
    row.row = 17;
    row.prompt = prompt;
    row.answer = answer;
    return row;
}

instruction random_row(random_stream & chance, size_t n_history) {
    static const char * const titles[] = {"Heat", "The Lord of the Rings", "Up", " a", "</s>", "<|end|>", "ab ab", "2001: A Space Odyssey"};
    instruction row = plain_row(chance.below(4) == 0 ? "<|end|>Liked:  " : "Liked: ", LABELS[chance.below(2)]);
    for (size_t i = 0; i < n_history; i++) {
        const std::string title = titles[chance.below(std::size(titles))];
        row.history.push_back({row.prompt.size(), row.prompt.size() + title.size() + 2});
        row.values.push_back({row.prompt.size(), row.prompt.size() + title.size()});
        row.prompt += title + ", ";
    }
    row.prompt += chance.below(2) ? "and now?\nAnswer:\n" : "and now? Answer: ";
    return row;
}

bool tells(const inspected_row & row, const std::string & words) {
    return std::any_of(row.problems.begin(), row.problems.end(), [&](const row_problem & problem) { return problem.what.find(words) != std::string::npos && !problem.fix.empty(); });
}

} // namespace

int main() {
    load_ggml();
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    return run_tests({
        {"a row is told with the tokens that training gives it, within the limit and without one", [] {
             const temporary_folder folder;
             for (const std::string & path : models(folder)) {
                 const vocabulary vocab(path);
                 random_stream chance(1, "inspect");
                 int shortened = 0, refused = 0;
                 for (int round = 0; round < 200; round++) {
                     const instruction row = random_row(chance, chance.below(7));
                     const token_row full = tokenize_for_training(vocab, row, 0, LABELS);
                     const int32_t limit = static_cast<int32_t>(1 + chance.below(full.tokens.size() + 4)), least = shortest_length(vocab, row, LABELS);
                     const inspected_row told = inspect_row(vocab, row, limit, LABELS);
                     CHECK(told.full && told.full->tokens == full.tokens && told.shortest == least);
                     CHECK(told.kept.has_value() == (least <= limit || tokenize_for_training(vocab, row, 0, LABELS).tokens.size() <= static_cast<size_t>(limit)));
                     if (!told.kept) {
                         refused++;
                         CHECK(told.problems.size() == 1 && tells(told, "without any history"));
                         continue;
                     }
                     const token_row kept = tokenize_for_training(vocab, row, limit, LABELS);
                     CHECK(told.kept->tokens == kept.tokens && told.kept->dropped_history == kept.dropped_history && told.kept->answer_begin == kept.answer_begin);
                     CHECK(told.problems.empty());
                     shortened += kept.dropped_history > 0;
                 }
                 CHECK(shortened > 20 && refused > 20);
             }
         }},
        {"tokens read back are the text, byte for byte, with the byte behind each", [] {
             const temporary_folder folder;
             for (const std::string & path : models(folder)) {
                 const vocabulary vocab(path);
                 random_stream chance(2, "texts");
                 for (int round = 0; round < 300; round++) {
                     std::string text;
                     static const char * const parts[] = {" ", "  ", "a", "ab", "Yes", "\n", "<|end|>", "</s>", ": ", "1989"};
                     for (size_t i = chance.below(9) + 1; i > 0; i--) text += parts[chance.below(std::size(parts))];
                     const std::vector<llama_token> tokens = vocab.tokenize(text, {});
                     const read_text read = read_back(vocab, tokens, text);
                     CHECK(read.whole && read.ends.size() == tokens.size() && read.ends.back() == text.size());
                     CHECK(std::is_sorted(read.ends.begin(), read.ends.end()));
                     std::string other = text; // one byte is another
                     const size_t at = chance.below(text.size());
                     other[at] = other[at] == 'z' ? 'y' : 'z';
                     const read_text wrong = read_back(vocab, tokens, other);
                     CHECK(!wrong.whole && (wrong.ends.empty() || wrong.ends.back() <= at + 7));
                     CHECK(!read_back(vocab, tokens, text + "x").whole && !read_back(vocab, tokens, text.substr(0, text.size() - 1)).whole);
                 }
             }
         }},
        {"a text that the vocabulary has no tokens for is a problem, and no end of the program", [] {
             const temporary_folder folder;
             const vocabulary vocab(model_of(folder, word_vocabulary(), "words"));
             const inspected_row told = inspect_row(vocab, plain_row("Liked: caf\xC3\xA9\nAnswer:\n", "Yes."), 0, LABELS);
             CHECK(told.problems.size() == 1 && (tells(told, "no tokens for some characters") || tells(told, "do not read back")));
         }},
        {"labels that share their first token are a problem, and the row's tokens are told all the same", [] {
             const temporary_folder folder;
             const vocabulary vocab(model_of(folder, word_vocabulary(), "words"));
             const inspected_row told = inspect_row(vocab, plain_row("x\n", "Yes, a"), 0, {"Yes, a", "Yes, a b"});
             CHECK(told.full && !told.kept && told.problems.size() == 1 && tells(told, "no token that the other labels do not begin with"));
             const inspected_row shared = inspect_row(vocab, plain_row("x\n", "Yes"), 0, {"Yes", "Ye"});
             CHECK(shared.problems.empty()); // told apart by whole tokens
         }},
        {"an answer that begins with the first token has nothing to predict it from", [] {
             const temporary_folder folder;
             init_config config = tiny_config(folder.path, "llama", 3);
             config.tokens = word_vocabulary();
             write_random_model(config);
             rewrite(config.output, [](gguf_context * keys, std::vector<stored_tensor> &) {
                 gguf_set_val_bool(keys, "tokenizer.ggml.add_bos_token", false);
                 gguf_set_val_bool(keys, "tokenizer.ggml.add_space_prefix", false);
             });
             const inspected_row told = inspect_row(vocabulary(config.output), plain_row("a", "b"), 0, {});
             CHECK(!told.kept && tells(told, "the answer begins with the first token"));
         }},
        {"the verb tells each row in the order of the data, the same for any number of threads", [] {
             const temporary_folder folder;
             inspect_config config = {model_of(folder, word_vocabulary(), "words"), folder.path + "/rows.jsonl", LABELS, {}, 60, true, 1};
             std::ofstream file(config.data);
             for (int row = 0; row < 40; row++) {
                 const std::string first = "Heat, ", prompt = "Liked: " + first + std::string(static_cast<size_t>(row), 'x') + (row % 10 == 9 ? "\xC3\xA9" : "") + "\nAnswer:\n";
                 file << instruction_line(row, row % 2 == 0, prompt, {{7, 7 + first.size()}});
             }
             file.close();
             const auto without_time = [&](int32_t threads) {
                 config.threads = threads;
                 std::vector<json> events = events_of([&] { CHECK(inspect(config) == exit_done); });
                 CHECK(events.front()["event"] == "start" && events.back()["event"] == "done");
                 return std::vector<json>(events.begin() + 1, events.end() - 1);
             };
             const std::vector<json> one = without_time(1);
             CHECK(one == without_time(3) && one[0]["event"] == "vocabulary" && one[0]["rows"] == 40 && one[0]["limit"] == 60 && one[0]["end"] == json({2, "</s>"}));
             const vocabulary vocab(config.model);
             const std::vector<instruction> rows = read_instructions(config.data);
             int64_t last = -1;
             size_t n_cut = 0, n_problems = 0;
             for (const json & event : one) {
                 if (event["event"] == "problem") n_problems++;
                 if (event["event"] != "inspected") continue;
                 CHECK(event["row"] > last);
                 last = event["row"];
                 if (event["length"].is_null()) continue;
                 const token_row expected = tokenize_for_training(vocab, rows[static_cast<size_t>(last)], 60, LABELS);
                 CHECK(event["pieces"].size() == expected.tokens.size() && event["loss"] == json({expected.answer_begin, expected.tokens.size()}) && event["ends"] == true);
                 for (size_t i = 0; i < expected.tokens.size(); i++) CHECK(event["pieces"][i][0] == expected.tokens[i]);
                 CHECK(event["labelTokens"].size() == 2 && event["labelTokens"][0][0] == expected.label_tokens[0]);
                 CHECK(event["cut"] == (expected.dropped_history ? json::array({{7, 13}}) : json::array()));
                 n_cut += event["cut"].size();
             }
             CHECK(n_cut > 0 && n_problems >= 4);
         }},
        {"rows are chosen by their numbers; one that is not there is named", [] {
             const temporary_folder folder;
             inspect_config config = {model_of(folder, byte_vocabulary(), "bytes"), folder.path + "/rows.jsonl", LABELS, std::vector<int64_t>{2, 0}, 0, false, 1};
             std::ofstream(config.data) << instruction_line(0, true, "a") << instruction_line(1, true, "a") << instruction_line(2, true, "a");
             std::vector<int64_t> rows;
             for (const json & event : events_of([&] { inspect(config); }))
                 if (event["event"] == "inspected") {
                     rows.push_back(event["row"]);
                     CHECK(!event.contains("pieces"));
                 }
             CHECK(rows == (std::vector<int64_t>{0, 2}));
             config.rows = {7};
             std::string what;
             try { events_of([&] { inspect(config); }); } catch (const user_error & error) { what = error.what(); }
             CHECK(what == "row 7 is not in the data");
         }},
    });
}
