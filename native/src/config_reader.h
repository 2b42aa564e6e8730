// The keys of a JSON config, one by one: a missing key, a wrong type, an unknown key is an error that names it.
#pragma once
#include "error.h"
#include "events.h"
#include "ggml.h"
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Takes keys out of one JSON object; `finish` refuses what was not asked for.
class config_reader {
  public:
    config_reader(const json & object, std::string where) : object_(object), where_(std::move(where)) {}

    template <typename T> T take(const std::string & key) {
        used_.insert(key);
        const auto found = object_.find(key);
        if (found == object_.end()) throw wrong("the key \"" + key + "\" is missing");
        return as<T>(key, *found);
    }

    template <typename T> std::optional<T> take_or_null(const std::string & key) {
        used_.insert(key);
        const auto found = object_.find(key);
        if (found == object_.end()) throw wrong("the key \"" + key + "\" is missing");
        if (found->is_null()) return std::nullopt;
        return as<T>(key, *found);
    }

    // One of a few words.
    template <typename T> using choices = std::vector<std::pair<std::string, T>>;

    template <typename T> T take_choice(const std::string & key, const choices<T> & known) { return chosen(key, take<std::string>(key), known); }

    template <typename T> std::optional<T> take_choice_or_null(const std::string & key, const choices<T> & known) {
        const std::optional<std::string> word = take_or_null<std::string>(key);
        return word ? std::optional<T>(chosen(key, *word, known)) : std::nullopt;
    }

    void finish() const {
        for (const auto & item : object_.items()) {
            if (!used_.count(item.key())) throw wrong("unknown key \"" + item.key() + "\"");
        }
    }

    user_error wrong(const std::string & what) const {
        return user_error(exit_usage, what, where_, "write the config as docs/protocol.md describes it");
    }

  private:
    template <typename T> T chosen(const std::string & key, const std::string & word, const choices<T> & known) const {
        std::string list;
        for (const auto & [name, value] : known) {
            if (name == word) return value;
            list += (list.empty() ? "" : ", ") + name;
        }
        throw wrong("\"" + key + "\" is " + word + ", but must be one of " + list);
    }

    template <typename T> T as(const std::string & key, const json & value) const {
        try {
            if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
                if (!value.is_array()) throw wrong("\"" + key + "\" must be a list of whole numbers");
                T values;
                for (const json & one : value) values.push_back(as<int64_t>(key, one)); // one by one, so that 1.5 does not become 1
                return values;
            } else if constexpr (std::is_same_v<T, bool>) {
                if (!value.is_boolean()) throw wrong("\"" + key + "\" must be true or false");
            } else if constexpr (std::is_integral_v<T>) {
                if (!value.is_number_integer()) throw wrong("\"" + key + "\" must be a whole number");
                const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<T>::max())
                                                             : std::is_signed_v<T> && value.get<int64_t>() >= static_cast<int64_t>(std::numeric_limits<T>::min());
                if (!fits) throw wrong("\"" + key + "\" is " + value.dump() + ", which is out of range");
            } else if constexpr (std::is_floating_point_v<T>) {
                if (!value.is_number()) throw wrong("\"" + key + "\" must be a number");
            }
            return value.get<T>();
        } catch (const nlohmann::json::exception &) {
            throw wrong("\"" + key + "\" has the wrong type: " + value.dump());
        }
    }

    const json & object_;
    std::string where_;
    std::set<std::string> used_;
};

// The file's object. throws user_error(exit_usage) when it is none, or nested too deep
json read_object(const std::string & path);

// Takes the key "protocol". throws user_error(exit_usage) when it is not ours
void check_protocol(config_reader & reader);

template <typename T> void require(const config_reader & reader, bool condition, const std::string & key, T value, const std::string & rule) {
    if (condition) return;
    std::ostringstream text;
    text << "\"" << key << "\" is " << value << ", but must be " << rule;
    throw reader.wrong(text.str());
}

// What several verbs ask for in the same words.
void require_threads(const config_reader & reader, int32_t threads);
void require_batch(const config_reader & reader, int64_t rows);
std::string take_precision(config_reader & reader);
ggml_type take_merged_type(config_reader & reader, const std::string & key);
std::optional<ggml_type> take_merged_type_or_null(config_reader & reader, const std::string & key);

// The config of one verb.
// take   its keys, but for the protocol; the others are refused then
// check  what its values must be
template <typename Config, typename Take, typename Check> Config read_config(const std::string & path, Take take, Check check) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    Config config;
    take(reader, config);
    reader.finish();
    check(reader, config);
    return config;
}
