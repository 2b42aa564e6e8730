#include "prompt_file.h"
#include "error.h"
#include "events.h"
#include <algorithm>
#include <fstream>
#include <limits>
#include <llama.h>
#include <unordered_set>

static text_prompt read_prompt(const std::string & line, const std::string & where) {
    const std::string form = "write {\"id\": whole number, \"system\": string or null, \"prompt\": string}, one a line";
    const auto wrong = [&](const std::string & what) { return user_error(exit_data, what, where, form); };
    const json value = json::parse(line, nullptr, false);
    if (value.is_discarded()) throw wrong("the line is not JSON");
    if (!value.is_object()) throw wrong("the line is not an object");
    for (const char * key : {"id", "system", "prompt"})
        if (!value.contains(key)) throw wrong("the key \"" + std::string(key) + "\" is missing");
    for (const auto & item : value.items())
        if (item.key() != "id" && item.key() != "system" && item.key() != "prompt") throw wrong("unknown key \"" + item.key() + "\"");
    const json &id = value["id"], &system = value["system"], &prompt = value["prompt"];
    if (!id.is_number_unsigned() || id.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) throw wrong("\"id\" is not a whole number of 0 or more");
    if (!system.is_null() && !system.is_string()) throw wrong("\"system\" is neither a string nor null");
    if (!prompt.is_string()) throw wrong("\"prompt\" is not a string");
    if (prompt.get<std::string>().empty()) throw wrong("\"prompt\" is empty");
    return {id.get<int64_t>(), system.is_null() ? std::nullopt : std::optional<std::string>(system.get<std::string>()), prompt.get<std::string>()};
}

std::vector<text_prompt> read_prompts(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<text_prompt> prompts;
    std::unordered_set<int64_t> ids;
    for (std::string line; std::getline(file, line);) {
        const std::string where = path + ":" + std::to_string(prompts.size() + 1);
        prompts.push_back(read_prompt(line, where));
        if (!ids.insert(prompts.back().id).second) throw user_error(exit_data, "the id " + std::to_string(prompts.back().id) + " stands twice", where, "give each prompt an id of its own");
    }
    if (!file.eof() || file.bad()) throw user_error(exit_data, "cannot read the prompts", path, "check the path and its permissions");
    if (prompts.empty()) throw user_error(exit_data, "the file has no prompts", path, "write one prompt a line");
    return prompts;
}

marked_text plain_text(const text_prompt & prompt) {
    if (!prompt.system) return {prompt.prompt, {{0, prompt.prompt.size()}}};
    const std::string text = *prompt.system + "\n\n" + prompt.prompt;
    return {text, {{0, prompt.system->size()}, {text.size() - prompt.prompt.size(), text.size()}}};
}

// Messages that no template has in its own text: where they stand is where the texts go.
static const std::string SYSTEM_PLACE = "\x01system\x01", PROMPT_PLACE = "\x01prompt\x01";

static std::string applied_template(const std::string & chat_template, bool has_system) {
    std::vector<llama_chat_message> messages;
    if (has_system) messages.push_back({"system", SYSTEM_PLACE.c_str()});
    messages.push_back({"user", PROMPT_PLACE.c_str()});
    std::string text(1024, '\0');
    const auto apply = [&] { return llama_chat_apply_template(chat_template.c_str(), messages.data(), messages.size(), true, &text[0], static_cast<int32_t>(text.size())); };
    int32_t length = apply();
    if (length < 0) {
        throw user_error(exit_data, "libllama does not know the model's chat template", "tokenizer.chat_template",
                         "use a model with one of the templates that llama.cpp knows, or generate without the chat template (--no-chat)");
    }
    if (static_cast<size_t>(length) > text.size()) {
        text.resize(static_cast<size_t>(length));
        length = apply();
    }
    text.resize(static_cast<size_t>(length));
    return text;
}

marked_text in_chat_template(const std::string & chat_template, const text_prompt & prompt) {
    struct part { const std::string & place, & text; };
    std::vector<part> parts;
    if (prompt.system) parts.push_back({SYSTEM_PLACE, *prompt.system});
    parts.push_back({PROMPT_PLACE, prompt.prompt});
    const std::string around = applied_template(chat_template, prompt.system.has_value());
    marked_text made;
    size_t at = 0;
    for (const part & one : parts) {
        const size_t found = around.find(one.place, at);
        if (found == std::string::npos) {
            throw user_error(exit_data, "the model's chat template has no place for a " + std::string(&one == &parts.back() ? "prompt" : "system text"), "tokenizer.chat_template",
                             "put all of it into the prompt, or generate without the chat template (--no-chat)");
        }
        made.text.append(around, at, found - at);
        if (!one.text.empty()) made.values.push_back({made.text.size(), made.text.size() + one.text.size()});
        made.text += one.text;
        at = found + one.place.size();
    }
    made.text.append(around, at, std::string::npos);
    return made;
}
