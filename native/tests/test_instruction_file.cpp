#include "check.h"
#include "error.h"
#include "instruction_file.h"
#include "random.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

static const std::string FILE_PATH = (std::filesystem::temp_directory_path() / ("rectune-instructions-" + std::to_string(getpid()) + ".jsonl")).string();

static std::string written(const std::string & text) {
    std::ofstream(FILE_PATH, std::ios::binary) << text;
    return FILE_PATH;
}

static const std::string GOOD =
    R"({"row":3,"user":"u1","item":"i9","label":true,"prompt":"Liked: Él, Ran, Up. Like Heat?","answer":"Yes.",)"
    R"("values":[[7,10],[12,15],[17,19],[26,30]],"history":[[7,12],[12,17],[17,19]]})";

static std::string good_but(const std::string & part, const std::string & instead) {
    std::string line = GOOD;
    const size_t at = line.find(part);
    CHECK(at != std::string::npos);
    return line.replace(at, part.size(), instead);
}

// Reads the text, which must be refused with these words, at this line (0: the file as a whole).
static void refused(const std::string & text, const std::string & words, size_t line) {
    const std::string path = written(text);
    try {
        read_instructions(path);
    } catch (const user_error & error) {
        if (std::string(error.what()).find(words) == std::string::npos) throw check_failed("the error says: " + std::string(error.what()));
        CHECK(error.code == exit_data);
        CHECK(error.where == (line == 0 ? path : path + ":" + std::to_string(line)));
        CHECK(!error.fix.empty());
        return;
    }
    throw check_failed("accepted: " + text);
}

// Oracle for prompt_without: mark each byte, then keep what is not removed.
static marked_text without_byte_by_byte(const instruction & row, size_t n_oldest) {
    std::vector<int> owner(row.prompt.size(), -1);
    std::vector<bool> removed(row.prompt.size());
    for (size_t v = 0; v < row.values.size(); v++)
        for (size_t i = row.values[v].begin; i < row.values[v].end; i++) owner[i] = int(v);
    for (size_t h = 0; h < n_oldest; h++)
        for (size_t i = row.history[h].begin; i < row.history[h].end; i++) removed[i] = true;
    marked_text kept;
    int last = -1;
    for (size_t i = 0; i < row.prompt.size(); i++) {
        if (removed[i]) continue;
        if (owner[i] >= 0 && owner[i] != last) kept.values.push_back({ kept.text.size(), kept.text.size() });
        last = owner[i] >= 0 ? owner[i] : last;
        kept.text += row.prompt[i];
        if (owner[i] >= 0) kept.values.back().end = kept.text.size();
    }
    return kept;
}

static std::vector<byte_range> random_ranges(random_stream & chance, size_t size, bool empty_too) {
    std::vector<byte_range> ranges;
    for (size_t at = chance.below(4); at < size;) {
        const size_t end = std::min(size, at + chance.below(5) + (empty_too ? 0 : 1));
        ranges.push_back({ at, end });
        at = end + chance.below(4);
        if (ranges.back().begin == ranges.back().end) at++;
    }
    return ranges;
}

int main() {
    const int code = run_tests({
        { "a good line gives every field", [] {
            const auto rows = read_instructions(written(GOOD + "\n" + good_but("\"label\":true", "\"label\":null") + "\r\n" + good_but("true", "false")));
            CHECK(rows.size() == 3);
            CHECK(rows[0].row == 3 && rows[0].user == "u1" && rows[0].item == "i9" && rows[0].answer == "Yes.");
            CHECK(rows[0].prompt == "Liked: Él, Ran, Up. Like Heat?");
            CHECK(rows[0].label == true && !rows[1].label.has_value() && rows[2].label == false);
            CHECK(rows[0].values.size() == 4 && rows[0].prompt.substr(rows[0].values[0].begin, 3) == "Él");
            CHECK(rows[0].history.size() == 3 && rows[0].history[1].begin == 12 && rows[0].history[1].end == 17);
            CHECK(rows[0].weight == 1 && read_instructions(written(good_but("\"row\":3,", "\"row\":3,\"weight\":2.5,")))[0].weight == 2.5);
            CHECK(rows[0].labels.empty() && rows[0].choices.empty());
            const auto labelled = read_instructions(written(good_but("\"row\":3,", "\"row\":3,\"labels\":[\"No.\",\"Yes.\",\"Él\"],")));
            CHECK((labelled[0].labels == std::vector<std::string>{ "No.", "Yes.", "Él" }) && labelled[0].choices.empty());
            CHECK((read_instructions(written(good_but("\"row\":3,", "\"row\":3,\"choices\":[\"Yes.\"],")))[0].choices == std::vector<std::string>{ "Yes." }));
        } },
        { "what is wrong is said, with file and line", [] {
            const struct { std::string line, words; } cases[] = {
                { "", "the line is not valid JSON" },
                { "[1,2]", "the line is an array, not an object" },
                { "7", "the line is 7, not an object" },
                { good_but("\"row\":3", "\"row\":-1"), "\"row\" is -1" },
                { good_but("\"row\":3", "\"row\":3.0"), "\"row\" is 3.0" },
                { good_but("\"row\":3", "\"row\":\"3\""), "\"row\" is \"3\"" },
                { good_but("\"row\":3", "\"row\":9223372036854775808"), "\"row\" is 9223372036854775808" },
                { good_but("\"row\":3", "\"row\":99999999999999999999"), "\"row\" is 1e+20" },
                { good_but("\"row\":3,", ""), "key \"row\" is missing" },
                { good_but("\"row\":3,", "\"row\":3,\"row\":4,"), "key \"row\" stands twice" },
                { good_but("\"row\":3,", "\"row\":3,\"wait\":1,"), "unknown key \"wait\"" },
                { good_but("\"row\":3,", "\"row\":3,\"weight\":0,"), "\"weight\" is 0" },
                { good_but("\"row\":3,", "\"row\":3,\"weight\":null,"), "\"weight\" is null" },
                { good_but("\"row\":3,", "\"row\":3,\"weight\":1,\"weight\":2,"), "key \"weight\" stands twice" },
                { good_but("\"row\":3,", "\"row\":3,\"labels\":[\"Yes.\"],"), "\"labels\" is an array of 1" },
                { good_but("\"row\":3,", "\"row\":3,\"choices\":[],"), "\"choices\" is an array of 0" },
                { good_but("\"row\":3,", "\"row\":3,\"choices\":null,"), "\"choices\" is null" },
                { good_but("\"row\":3,", "\"row\":3,\"labels\":[\"Yes.\",7],"), "\"labels\"[1] is 7" },
                { good_but("\"row\":3,", "\"row\":3,\"labels\":[\"Yes.\",\"\"],"), "\"labels\"[1] is \"\"" },
                { good_but("\"row\":3,", "\"row\":3,\"labels\":[\"Yes.\",\"No\",\"No\"],"), "\"labels\" has \"No\" twice" },
                { good_but("\"row\":3,", "\"row\":3,\"choices\":[\"No.\"],"), "\"choices\" lacks the row's answer, \"Yes.\"" },
                { good_but("\"row\":3,", "\"row\":3,\"labels\":[\"Yes.\",\"No.\"],\"choices\":[\"Yes.\"],"), "the row has \"labels\" and \"choices\"" },
                { good_but("\"u1\"", "null"), "\"user\" is null" },
                { good_but("\"i9\"", "9"), "\"item\" is 9" },
                { good_but("true", "1"), "\"label\" is 1" },
                { good_but("\"Yes.\"", "{}"), "\"answer\" is an object" },
                { good_but("\"Liked: Él, Ran, Up. Like Heat?\"", "\"\""), "\"prompt\" is empty" },
                { good_but("\"Yes.\"", "\"Yes\\ud800\""), "the line is not valid JSON" },
                { good_but("Yes.", "Yes\xC3"), "the line is not valid JSON" },
                { good_but("[7,10],", "[8,10],"), "byte 8 is inside a character" },
                { good_but("[26,30]", "[26,32]"), "\"values\"[3] is [26, 32), but the prompt has 31 bytes" },
                { good_but("[26,30]", "[30,26]"), "\"values\"[3] is [30, 26)" },
                { good_but("[26,30]", "[26]"), "\"values\"[3] is not a pair" },
                { good_but("[26,30]", "[26,-1]"), "\"values\"[3][1] is -1" },
                { good_but("[12,15]", "[7,15]"), "\"values\"[1] begins before the end" },
                { good_but("[[7,12],", "[[7,13],"), "two ranges of \"history\" overlap at byte 12" },
                { good_but("[[7,12],", "[[7,7],"), "\"history\" holds an empty range at byte 7" },
                { good_but("[[7,12],[12,17],[17,19]]", "5"), "\"history\" is 5" },
            };
            for (const auto & one : cases) {
                refused(one.line + "\n", one.words, 1);
                refused(GOOD + "\n" + GOOD + "\n" + one.line + "\n" + GOOD + "\n", one.words, 3);
            }
        } },
        { "a last line cut off anywhere is an error", [] {
            for (size_t length = 1; length < GOOD.size(); length++) refused(GOOD + "\n" + GOOD.substr(0, length), "the last line is cut off in the middle", 2);
        } },
        { "an empty file, a missing file and a folder are errors", [] {
            refused("", "the file is empty", 0);
            for (const std::string path : { "/nowhere/at/all.jsonl", "/tmp" }) {
                bool thrown = false;
                try { read_instructions(path); } catch (const user_error & error) { thrown = error.code == exit_data && error.where == path; }
                CHECK(thrown);
            }
        } },
        { "a line nested a million deep is an error and not a crash", [] {
            refused(std::string(1000000, '[') + "\n", "the line is not valid JSON", 1);
            refused(std::string(1000000, '[') + std::string(1000000, ']') + "\n", "not an object", 1);
            refused(good_but("\"u1\"", std::string(1000000, '[') + std::string(1000000, ']')) + "\n", "\"user\" is an array", 1);
        } },
        { "history may come newest first in the prompt", [] {
            const auto rows = read_instructions(written(good_but("[[7,12],[12,17],[17,19]]", "[[17,19],[12,17],[7,12]]")));
            CHECK(prompt_without(rows[0], 1).text == "Liked: Él, Ran, . Like Heat?");
            CHECK(prompt_without(rows[0], 2).text == "Liked: Él, . Like Heat?");
        } },
        { "the prompt without its oldest items keeps the others and their ranges", [] {
            const auto rows = read_instructions(written(GOOD));
            const marked_text shortened = prompt_without(rows[0], 2);
            CHECK(shortened.text == "Liked: Up. Like Heat?");
            CHECK(shortened.values.size() == 2);
            CHECK(shortened.text.substr(shortened.values[0].begin, 2) == "Up" && shortened.text.substr(shortened.values[1].begin, 4) == "Heat");
            CHECK(prompt_without(rows[0], 0).text == rows[0].prompt);
        } },
        { "the shortened prompt is the one made byte by byte, for any ranges", [] {
            random_stream chance(1, "test");
            for (int round = 0; round < 3000; round++) {
                instruction row = {};
                for (size_t i = 0, size = 1 + chance.below(40); i < size; i++) row.prompt += char('a' + chance.below(26));
                row.values  = random_ranges(chance, row.prompt.size(), true);
                row.history = random_ranges(chance, row.prompt.size(), false);
                const auto order = permutation(int64_t(row.history.size()), uint64_t(round), 0);
                std::vector<byte_range> shuffled;
                for (const int64_t i : order) shuffled.push_back(row.history[size_t(i)]);
                row.history = shuffled;
                for (size_t n = 0; n <= row.history.size(); n++) {
                    const marked_text actual = prompt_without(row, n), expected = without_byte_by_byte(row, n);
                    CHECK(actual.text == expected.text);
                    CHECK(actual.values.size() == expected.values.size());
                    for (size_t i = 0; i < actual.values.size(); i++)
                        CHECK(actual.values[i].begin == expected.values[i].begin && actual.values[i].end == expected.values[i].end);
                }
            }
        } },
        { "a damaged file is read or refused, never a crash", [] {
            const std::string pieces[] = { "[", "]", "{", "}", "\"", ",", ":", "-1", "1e999", "null", "\\u0000", "\n", "\xC3", "\xFF",
                                           "18446744073709551615", "\\", "[7,12]" };
            int read = 0, refused_files = 0;
            for (uint64_t round = 0; round < 5000; round++) {
                random_stream chance(round, "fuzz");
                std::string text = GOOD + "\n" + GOOD + "\n";
                for (uint64_t change = 0, n = 1 + chance.below(3); change < n; change++) {
                    const size_t at = chance.below(text.size());
                    switch (chance.below(4)) {
                        case 0: text[at] = char(chance.below(256)); break;
                        case 1: text.erase(at, 1 + chance.below(20)); break;
                        case 2: text.insert(at, pieces[chance.below(std::size(pieces))]); break;
                        case 3: text.insert(at, text.substr(chance.below(text.size()), chance.below(30))); break;
                    }
                    if (text.empty()) text = "x";
                }
                try {
                    for (const instruction & row : read_instructions(written(text)))
                        for (size_t n = 0; n <= row.history.size(); n++) prompt_without(row, n);
                    read++;
                } catch (const user_error & error) {
                    CHECK(error.code == exit_data);
                    refused_files++;
                }
            }
            CHECK(read > 100 && refused_files > 2500);
        } },
    });
    std::filesystem::remove(FILE_PATH);
    return code;
}
