#include "instruction_file.h"

#include "error.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

using nlohmann::json;

namespace {

const std::string KEYS[] = { "row", "user", "item", "label", "prompt", "answer", "values", "history" };
const std::string WEIGHT = "weight", LABELS = "labels", CHOICES = "choices", OPEN = "open"; // these may be missing
const std::string BUILD_AGAIN = "build the dataset version again: rectune build";

// One line while it is read: it knows where it stands, so every complaint can say so.
class line_reader {
public:
    line_reader(const std::string & path, size_t number) : where(path + ":" + std::to_string(number)) {}

    instruction read(const char * begin, const char * end, bool cut_off) const {
        const json line = parse(begin, end, cut_off);
        instruction row;
        row.row    = whole_number(line["row"], "\"row\"");
        row.user   = string(line, "user");
        row.item   = string(line, "item");
        row.label  = label(line["label"]);
        row.prompt = string(line, "prompt");
        row.answer = string(line, "answer");
        if (row.prompt.empty()) fail("\"prompt\" is empty", "give the template some text: a model needs at least one token to answer to");
        row.values  = ranges(line, "values", row.prompt);
        row.history = ranges(line, "history", row.prompt);
        check_values(row.values);
        check_history(row.history);
        if (line.contains(WEIGHT)) row.weight = weight(line[WEIGHT]);
        if (line.contains(LABELS)) row.labels = answers(line[LABELS], LABELS, 2, row.answer);
        if (line.contains(CHOICES)) row.choices = answers(line[CHOICES], CHOICES, 1, row.answer);
        if (line.contains(OPEN)) row.open = flag(line[OPEN], row.choices);
        if (!row.labels.empty() && !row.choices.empty()) fail("the row has \"labels\" and \"choices\"", "keep one: labels are told apart by their first token, choices by all of them");
        return row;
    }

private:
    std::string where;

    [[noreturn]] void fail(const std::string & what, const std::string & fix) const {
        throw user_error(exit_data, what, where, fix);
    }

    json parse(const char * begin, const char * end, bool cut_off) const {
        std::vector<std::string> keys;
        const auto collect_keys = [&](int depth, json::parse_event_t event, json & parsed) {
            if (depth == 1 && event == json::parse_event_t::key) keys.push_back(parsed.get<std::string>());
            return true;
        };
        json line;
        try {
            line = json::parse(begin, end, collect_keys);
        } catch (const json::exception & error) {
            if (cut_off) fail("the last line is cut off in the middle", "the file was not written to its end; " + BUILD_AGAIN);
            const auto * at = dynamic_cast<const json::parse_error *>(&error);
            fail("the line is not valid JSON" + (at ? ": unexpected text at its byte " + std::to_string(at->byte) : std::string()),
                 "write one JSON object a line; " + BUILD_AGAIN);
        }
        if (!line.is_object()) fail("the line is " + shown(line) + ", not an object", "write one JSON object a line; " + BUILD_AGAIN);
        std::sort(keys.begin(), keys.end());
        for (size_t i = 0; i < keys.size(); i++) {
            if (keys[i] != WEIGHT && keys[i] != LABELS && keys[i] != CHOICES && keys[i] != OPEN && std::find(std::begin(KEYS), std::end(KEYS), keys[i]) == std::end(KEYS))
                fail("unknown key " + shown(keys[i]), "remove it; the keys are row, user, item, label, prompt, answer, values, history and, if wanted, weight, and labels or choices, these with open");
            if (i > 0 && keys[i] == keys[i - 1]) fail("key " + shown(keys[i]) + " stands twice", "keep one of the two");
        }
        for (const std::string & key : KEYS)
            if (!line.contains(key)) fail("key \"" + key + "\" is missing", BUILD_AGAIN);
        return line;
    }

    // A value for people: short, ASCII. Arrays and objects by name only, as printing them would recurse as deep as they are.
    static std::string shown(const json & value) {
        if (value.is_structured()) return std::string("an ") + value.type_name();
        const std::string text = value.dump(-1, ' ', true);
        return text.size() <= 60 ? text : text.substr(0, 57) + "...";
    }

    int64_t whole_number(const json & value, const std::string & name) const {
        const bool too_large = value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max());
        if (!value.is_number_integer() || too_large || value.get<int64_t>() < 0) fail(name + " is " + shown(value), "write a whole number of 0 or more");
        return value.get<int64_t>();
    }

    std::string string(const json & line, const std::string & key) const {
        if (!line[key].is_string()) fail("\"" + key + "\" is " + shown(line[key]), "write a string");
        return line[key].get<std::string>();
    }

    std::optional<bool> label(const json & value) const {
        if (value.is_null()) return std::nullopt;
        if (!value.is_boolean()) fail("\"label\" is " + shown(value), "write true, false or null");
        return value.get<bool>();
    }

    double weight(const json & value) const {
        if (!value.is_number() || !(value.get<double>() > 0)) fail("\"weight\" is " + shown(value), "write a number above 0; a row that is not to count is left out");
        return value.get<double>();
    }

    bool flag(const json & value, const std::vector<std::string> & choices) const {
        if (!value.is_boolean()) fail("\"open\" is " + shown(value), "write true or false");
        if (choices.empty()) fail("the row has \"open\" and no \"choices\"", "leave it out: only choices end with an end token");
        return value.get<bool>();
    }

    // Every answer that a row allows, its own among them.
    std::vector<std::string> answers(const json & value, const std::string & key, size_t least, const std::string & own) const {
        const std::string fix = "write an array of " + std::string(least == 1 ? "one text" : "two texts") + " or more, all different, none empty, the row's answer among them";
        if (!value.is_array() || value.size() < least) fail("\"" + key + "\" is " + (value.is_array() ? "an array of " + std::to_string(value.size()) : shown(value)), fix);
        std::vector<std::string> texts;
        std::set<std::string> known;
        for (const json & text : value) {
            if (!text.is_string() || text.get<std::string>().empty()) fail("\"" + key + "\"[" + std::to_string(texts.size()) + "] is " + shown(text), fix);
            texts.push_back(text.get<std::string>());
            if (!known.insert(texts.back()).second) fail("\"" + key + "\" has " + shown(text) + " twice", fix);
        }
        if (known.count(own) == 0) fail("\"" + key + "\" lacks the row's answer, " + shown(own), fix);
        return texts;
    }

    std::vector<byte_range> ranges(const json & line, const std::string & key, const std::string & prompt) const {
        if (!line[key].is_array()) fail("\"" + key + "\" is " + shown(line[key]), "write an array of [begin, end) byte ranges of the prompt");
        std::vector<byte_range> ranges;
        for (const json & pair : line[key]) {
            const std::string name = "\"" + key + "\"[" + std::to_string(ranges.size()) + "]";
            if (!pair.is_array() || pair.size() != 2) fail(name + " is not a pair", "write [begin, end), two byte positions of the prompt");
            const uint64_t begin = whole_number(pair[0], name + "[0]"), end = whole_number(pair[1], name + "[1]");
            const std::string range = name + " is [" + std::to_string(begin) + ", " + std::to_string(end) + ")";
            if (begin > end || end > prompt.size())
                fail(range + ", but the prompt has " + std::to_string(prompt.size()) + " bytes", "count bytes of UTF-8, not characters; begin <= end");
            for (const uint64_t position : { begin, end })
                if (position < prompt.size() && (uint8_t(prompt[position]) & 0xC0) == 0x80)
                    fail(range + ", and byte " + std::to_string(position) + " is inside a character", "count bytes of UTF-8, not characters");
            ranges.push_back({ size_t(begin), size_t(end) });
        }
        return ranges;
    }

    void check_values(const std::vector<byte_range> & values) const {
        for (size_t i = 1; i < values.size(); i++)
            if (values[i].begin < values[i - 1].end)
                fail("\"values\"[" + std::to_string(i) + "] begins before the end of the one before it", "sort the ranges and let none overlap");
    }

    void check_history(std::vector<byte_range> history) const { // a copy: a template may list the newest item first
        std::sort(history.begin(), history.end(), [](const byte_range & a, const byte_range & b) { return a.begin < b.begin; });
        for (size_t i = 0; i < history.size(); i++) {
            if (history[i].begin == history[i].end)
                fail("\"history\" holds an empty range at byte " + std::to_string(history[i].begin), "let each range cover one item and its separator");
            if (i > 0 && history[i].begin < history[i - 1].end)
                fail("two ranges of \"history\" overlap at byte " + std::to_string(history[i].begin), "let each range cover one item and its separator");
        }
    }
};

std::string read_whole(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    std::vector<char> chunk(1 << 20);
    while (file.read(chunk.data(), std::streamsize(chunk.size())) || file.gcount() > 0) text.append(chunk.data(), size_t(file.gcount()));
    if (!file.eof() || file.bad()) throw user_error(exit_data, "cannot read the instructions", path, "check the path and its permissions");
    return text;
}

} // namespace

std::vector<instruction> read_instructions(const std::string & path) {
    const std::string text = read_whole(path);
    if (text.empty()) throw user_error(exit_data, "the file is empty", path, "it must hold one instruction a line; " + BUILD_AGAIN);
    std::vector<instruction> rows;
    for (size_t begin = 0; begin < text.size();) {
        const size_t newline = text.find('\n', begin);
        const bool cut_off = newline == std::string::npos;
        const size_t end = cut_off ? text.size() : newline;
        rows.push_back(line_reader(path, rows.size() + 1).read(text.data() + begin, text.data() + end, cut_off));
        begin = end + 1;
    }
    return rows;
}

marked_text prompt_without(const instruction & row, size_t n_oldest) {
    std::vector<byte_range> removed(row.history.begin(), row.history.begin() + std::ptrdiff_t(n_oldest));
    std::sort(removed.begin(), removed.end(), [](const byte_range & a, const byte_range & b) { return a.begin < b.begin; });

    marked_text shortened;
    size_t kept = 0;
    for (const byte_range & range : removed) {
        shortened.text.append(row.prompt, kept, range.begin - kept);
        kept = range.end;
    }
    shortened.text.append(row.prompt, kept, std::string::npos);

    const auto moved = [&](size_t position) {
        size_t gone = 0;
        for (const byte_range & range : removed)
            if (range.begin < position) gone += std::min(range.end, position) - range.begin;
        return position - gone;
    };
    for (const byte_range & value : row.values) {
        const byte_range left = { moved(value.begin), moved(value.end) };
        if (left.begin < left.end) shortened.values.push_back(left); // an empty value marks nothing
    }
    return shortened;
}
