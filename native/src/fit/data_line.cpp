#include "fit/data_line.h"
#include <algorithm>
#include <fstream>

using nlohmann::json;

static const size_t MOST_SHOWN = 60; // bytes of a wrong value
static const int MOST_DEPTH = 8;     // to copy or print a value takes a stack as deep as it is

static std::string shown(const json & value) {
    const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    return text.size() <= MOST_SHOWN ? text : text.substr(0, MOST_SHOWN) + "...";
}

data_line::data_line(const std::string & text, std::string where) : where_(std::move(where)) {
    std::set<std::string> keys;
    const auto look = [&](int depth, json::parse_event_t event, json & parsed) {
        if (depth > MOST_DEPTH) throw wrong("the line is nested deeper than " + std::to_string(MOST_DEPTH) + " levels");
        if (depth == 1 && event == json::parse_event_t::key && !keys.insert(parsed.get<std::string>()).second) throw wrong("the key " + shown(parsed) + " stands twice");
        return true;
    };
    try {
        object_ = json::parse(text, look);
    } catch (const json::exception &) {
        throw wrong("the line is not JSON");
    }
    if (!object_.is_object()) throw wrong("the line is not an object");
}

user_error data_line::wrong(const std::string & what) const {
    return user_error(exit_data, what, where_, "write the file as docs/formats.md describes it (\"Files of the verb fit\")");
}

const json & data_line::take(const std::string & key) {
    const auto found = object_.find(key);
    if (found == object_.end()) throw wrong("the key \"" + key + "\" is missing");
    taken_.insert(key);
    return *found;
}

bool data_line::is_null(const std::string & key) { return take(key).is_null(); }

int64_t data_line::whole(const json & value, const std::string & key, int64_t least, int64_t most) const {
    const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX) : value.is_number_integer();
    if (!fits || value.get<int64_t>() < least || value.get<int64_t>() > most)
        throw wrong("\"" + key + "\" holds " + shown(value) + ", which is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value.get<int64_t>();
}

int64_t data_line::take_number(const std::string & key, int64_t least, int64_t most) { return whole(take(key), key, least, most); }

std::vector<int32_t> data_line::take_items(const std::string & key, int32_t n_items) {
    const json & list = take(key);
    if (!list.is_array()) throw wrong("\"" + key + "\" is " + shown(list) + ", not a list of items");
    std::vector<int32_t> items;
    items.reserve(list.size());
    for (const json & one : list) items.push_back(static_cast<int32_t>(whole(one, key, 0, n_items - 1)));
    return items;
}

std::vector<uint8_t> data_line::take_flags(const std::string & key, size_t size) {
    const json & list = take(key);
    if (!list.is_array()) throw wrong("\"" + key + "\" is " + shown(list) + ", not a list of true and false");
    if (list.size() != size) throw wrong("\"" + key + "\" holds " + std::to_string(list.size()) + " values for " + std::to_string(size) + " items");
    std::vector<uint8_t> flags;
    flags.reserve(size);
    for (const json & one : list) {
        if (!one.is_boolean()) throw wrong("\"" + key + "\" holds " + shown(one) + ", which is neither true nor false");
        flags.push_back(one.get<bool>());
    }
    return flags;
}

void data_line::finish() const {
    for (const auto & item : object_.items())
        if (!taken_.count(item.key())) throw wrong("unknown key " + shown(item.key()));
}

void for_each_line(const std::string & path, const std::function<void(data_line &)> & body) {
    std::ifstream file(path, std::ios::binary);
    size_t number = 0;
    for (std::string text; std::getline(file, text);) {
        const std::string where = path + ":" + std::to_string(++number);
        if (file.eof()) throw user_error(exit_data, "the last line has no end", where, "the file was not written to its end; write it again");
        data_line line(text, where);
        body(line);
        line.finish();
    }
    if (!file.eof() || file.bad()) throw user_error(exit_data, "cannot read the file", path, "check the path and its permissions");
}
