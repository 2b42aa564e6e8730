// Texts against a plain loop of llama_decode, grammars, and what is refused.
#include "check.h"
#include "config.h"
#include "generate.h"
#include "grammar.h"
#include "prompt_file.h"
#include "refusal.h"
#include "stock_model.h"
#include "stop_signal.h"
#include "text_sampler.h"
#include "tiny_model.h"
#include "utf8.h"
#include "vocabulary.h"
#include "whole_verb.h"
#include <atomic>
#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <thread>

namespace {

const std::string CHATML = "{% for message in messages %}<|im_start|>{{ message.role }}...{% endfor %}";

// Each token that can be drawn is one character of ASCII, or special: a text tells its tokens.
std::vector<init_config::token> letter_vocabulary() {
    std::vector<init_config::token> tokens = {{"<unk>", 0, "unknown"}, {"<s>", 0, "control"}, {"</s>", 0, "control"}, {"<|im_start|>", 0, "control"}, {"<|im_end|>", 0, "control"},
                                              {"\n", 0, "normal"}, {"\xE2\x96\x81", 0, "normal"}};
    for (char c = '!'; c <= '~'; c++) tokens.push_back({std::string(1, c), 0, "normal"});
    return tokens;
}

// A generation on a tiny model, whose weights are large enough that it does not say one thing for ever.
struct generation {
    temporary_folder folder;
    generate_config config;

    explicit generation(const std::vector<init_config::token> & tokens = letter_vocabulary(), const std::optional<std::string> & chat_template = CHATML) {
        init_config model = tiny_config(folder.path, "llama", 77);
        model.tokens = tokens;
        write_random_model(model);
        rewrite(model.output, [&](gguf_context * keys, std::vector<stored_tensor> & tensors) {
            for (stored_tensor & tensor : tensors)
                if (tensor.ne.size() == 2) tensor.values = random_values(tensor.name, tensor.ne[0] * tensor.ne[1], 0, 0.5);
            if (chat_template) gguf_set_val_str(keys, "tokenizer.chat_template", chat_template->c_str());
        });
        config.model = model.output;
        config.prompts = folder.path + "/prompts.jsonl";
        config.chat = false;
        config.max_tokens = 40;
        config.sampling = {0, 1, 3};
        config.parallel = 1;
        config.threads = 1;
    }

    void write_prompts(const std::vector<std::string> & prompts, const json & system = nullptr) const {
        std::ofstream file(config.prompts);
        for (size_t i = 0; i < prompts.size(); i++) file << json{{"id", 3 * i + 2}, {"system", system}, {"prompt", prompts[i]}}.dump() << "\n";
    }

    std::vector<json> events() const { return events_of([&] { CHECK(generate(config) == exit_done); }); }

    // The events that tell a text, by id.
    std::map<int64_t, json> told() const {
        std::map<int64_t, json> found;
        for (const json & event : events())
            if (event["event"] == "generated") CHECK(found.emplace(event["id"], event).second);
        return found;
    }
};

std::vector<std::string> invented_prompts(size_t n, size_t longest) {
    random_stream chance(5, "prompts");
    std::vector<std::string> prompts;
    for (size_t i = 0; i < n; i++) {
        std::string prompt;
        for (size_t length = 1 + chance.below(longest); prompt.size() < length;) prompt += static_cast<char>('a' + chance.below(26));
        prompts.push_back(prompt);
    }
    return prompts;
}

struct plain_text_of {
    std::string text;
    bool ended = false;
    std::vector<std::vector<float>> logits; // of each step
};

// One sequence, one token at a time, the largest logit.
plain_text_of plain_greedy(const generate_config & config, const std::vector<llama_token> & prompt) {
    const stock_model model(config.model, config.adapter);
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 256;
    params.n_threads = params.n_threads_batch = 1;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    const stock_model::context context = model.make_context(params, "");
    const size_t n_vocab = static_cast<size_t>(llama_vocab_n_tokens(model.vocab()));
    plain_text_of made;
    std::vector<llama_token> next = prompt;
    for (int32_t i = 0; i < config.max_tokens; i++) {
        CHECK(llama_decode(context.get(), llama_batch_get_one(next.data(), static_cast<int32_t>(next.size()))) == 0);
        const float * logits = llama_get_logits_ith(context.get(), -1);
        made.logits.emplace_back(logits, logits + n_vocab);
        const llama_token token = static_cast<llama_token>(std::max_element(logits, logits + n_vocab) - logits);
        if (llama_vocab_is_eog(model.vocab(), token)) {
            made.ended = true;
            break;
        }
        char piece[16];
        made.text.append(piece, static_cast<size_t>(llama_token_to_piece(model.vocab(), token, piece, sizeof piece, 0, false)));
        next = {token};
    }
    return made;
}

std::vector<llama_token> tokens_without_specials(const generate_config & config, const std::string & text) {
    return vocabulary(config.model).tokenize(text, {{0, text.size()}});
}

// A llama's adapter with random values, as a file.
std::string write_adapter(const generation & g) {
    const gguf_file file(g.config.model);
    const base_model model = load_model(file);
    backend cpu(1);
    const std::unique_ptr<adapter> lora = plain_adapter(cpu, model, {"attn_q", "ffn_up"}, 4, 8, 3);
    randomise(*lora, 0.3, 4);
    const std::string path = g.folder.path + "/adapter.gguf";
    lora->save(path, model.shape.architecture);
    return path;
}

void check_alone(generation & g) {
    const std::vector<std::string> prompts = invented_prompts(6, 30);
    g.write_prompts(prompts);
    const std::map<int64_t, json> told = g.told();
    CHECK(told.size() == prompts.size());
    std::set<std::string> distinct;
    for (size_t i = 0; i < prompts.size(); i++) {
        const json & event = told.at(static_cast<int64_t>(3 * i + 2));
        const plain_text_of plain = plain_greedy(g.config, tokens_without_specials(g.config, prompts[i]));
        CHECK(event["text"] == plain.text && event["end"] == (plain.ended ? "stop" : "length"));
        CHECK(event["tokens"] == plain.logits.size() - plain.ended);
        distinct.insert(plain.text);
    }
    CHECK(distinct.size() > 3);
}

void one_at_a_time_equals_a_plain_loop() {
    generation g;
    check_alone(g);
    const std::string base = g.told().at(2)["text"];
    g.config.adapter = write_adapter(g);
    check_alone(g);
    CHECK(g.told().at(2)["text"] != base);
}

// In a batch of several columns a matrix product sums in another order, so a tie in all but the last bits may fall the other way; what
// comes after it is another text.
void several_at_once_equal_a_plain_loop_up_to_ties() {
    generation g;
    g.config.parallel = 7;
    const std::vector<std::string> prompts = invented_prompts(10, 200); // more tokens than one batch takes
    g.write_prompts(prompts);
    const std::map<int64_t, json> told = g.told();
    CHECK(told.size() == prompts.size());
    size_t compared = 0;
    for (size_t i = 0; i < prompts.size(); i++) {
        const std::string text = told.at(static_cast<int64_t>(3 * i + 2))["text"];
        const plain_text_of plain = plain_greedy(g.config, tokens_without_specials(g.config, prompts[i]));
        const auto differ = std::mismatch(text.begin(), text.end(), plain.text.begin(), plain.text.end());
        compared += static_cast<size_t>(differ.first - text.begin());
        if (text == plain.text) continue;
        const size_t step = static_cast<size_t>(differ.first - text.begin());
        std::vector<float> logits = plain.logits[step]; // special tokens add no text: they would shift the steps, and fail here
        std::partial_sort(logits.begin(), logits.begin() + 2, logits.end(), std::greater<float>());
        CHECK_NEAR(logits[0] - logits[1], 0, 1e-2);
    }
    CHECK(compared > 200);
}

void bytes_depend_on_the_seed_alone() {
    generation g;
    g.config.parallel = 3;
    g.config.sampling = {1.0, 0.9, 3};
    g.write_prompts(invented_prompts(7, 60));
    const std::map<int64_t, json> first = g.told();
    CHECK(g.told() == first);
    g.config.sampling.seed = 4;
    CHECK(g.told() != first);
    g.config.max_tokens = 8; // two threads take their time where another program has a core
    const std::map<int64_t, json> one_thread = g.told();
    g.config.threads = 2;
    CHECK(g.told() == one_thread);
    g.write_prompts({"same", "same"});
    const std::map<int64_t, json> twice = g.told();
    CHECK(twice.at(2)["text"] != twice.at(5)["text"]); // numbers of their own
}

void skipped_prompts_change_no_byte_of_the_others() {
    generation g;
    g.config.parallel = 3;
    g.config.sampling = {1.0, 0.9, 3};
    g.write_prompts(invented_prompts(8, 60));
    const std::map<int64_t, json> whole = g.told();
    random_stream chance(9, "skipped");
    for (int trial = 0; trial < 12; trial++) {
        std::map<int64_t, json> left = whole;
        g.config.skip.clear();
        for (const auto & [id, event] : whole) {
            if (chance.below(2)) continue;
            g.config.skip.push_back(id);
            left.erase(id);
        }
        CHECK(g.told() == left);
    }
    for (const auto & [id, event] : whole) g.config.skip.push_back(id);
    CHECK(g.told().empty());
}

const std::string OBJECT = "root ::= \"{\\\"a\\\": \\\"\" char{1,12} \"\\\", \\\"b\\\": \" (\"true\" | \"false\" | [1-9] [0-9]?) \"}\"\n"
                           "char ::= [ !#-\\[\\]-\\uD7FF\\uE000-\\U0010FFFF] | \"\\\\\" [\\\\\"nt]\n";

void what_a_grammar_lets_through_parses() {
    generation g(byte_vocabulary());
    g.config.grammar = OBJECT;
    g.config.max_tokens = 120;
    g.config.parallel = 4;
    g.write_prompts(invented_prompts(12, 30));
    std::set<std::string> distinct;
    for (const double temperature : {0.0, 0.7, 3.0}) {
        g.config.sampling = {temperature, 1, 8};
        for (const auto & [id, event] : g.told()) {
            const std::string text = event["text"];
            CHECK(event["end"] == "stop");
            const json value = json::parse(text); // throws on what is no JSON, and on what is no UTF-8
            CHECK(value.size() == 2 && value["a"].is_string() && (value["b"].is_boolean() || value["b"].is_number()));
            size_t characters = 0;
            for (const char c : value["a"].get<std::string>()) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
            CHECK(characters >= 1 && characters <= 12);
            distinct.insert(text);
        }
    }
    CHECK(distinct.size() > 20);
}

void a_text_cut_short_by_max_tokens_says_so() {
    generation g(byte_vocabulary());
    g.config.grammar = OBJECT;
    g.config.max_tokens = 9;
    g.write_prompts({"x"});
    const json event = g.told().at(2);
    CHECK(event["end"] == "length" && event["tokens"] == 9);
}

void a_text_is_whole_utf8_without_a_grammar_too() {
    generation g(byte_vocabulary());
    g.config.sampling = {1.5, 1, 2};
    g.write_prompts(invented_prompts(8, 30));
    size_t beyond_ascii = 0;
    for (const auto & [id, event] : g.told()) {
        const std::string text = event["text"];
        CHECK(text.find("\xEF\xBF\xBD") == std::string::npos); // what stands for bytes that are none
        beyond_ascii += std::any_of(text.begin(), text.end(), [](char c) { return c < 0; });
    }
    CHECK(beyond_ascii > 0);
}

// The table of RFC 3629, section 4, as rules: the code point, and how short it could be written.
std::optional<size_t> slow_whole_characters(const std::string & text) {
    size_t at = 0;
    while (at < text.size()) {
        const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
        const unsigned lead = byte(at);
        const size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
        if (length == 0) return std::nullopt;
        size_t n = std::min(length, text.size() - at);
        for (size_t i = 1; i < n; i++)
            if (byte(at + i) >> 6 != 2) return std::nullopt;
        // The code points that the bytes may become: from all zeros to all ones in those that are missing.
        uint32_t least = length == 1 ? lead : lead & (0x7Fu >> length), most;
        for (size_t i = 1; i < n; i++) least = least << 6 | (byte(at + i) & 0x3Fu);
        most = least;
        for (size_t i = n; i < length; i++) least <<= 6, most = most << 6 | 0x3F;
        const uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
        bool possible = false;
        for (uint64_t code = least; code <= most; code++) possible |= code >= shortest[length] && code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000);
        if (!possible) return std::nullopt;
        if (n < length) return at;
        at += length;
    }
    return at;
}

void characters_are_told_whole_as_rfc_3629_says() {
    const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    random_stream chance(2, "bytes");
    for (int trial = 0; trial < 20000; trial++) {
        std::string text;
        for (size_t length = chance.below(6); text.size() < length;) text += static_cast<char>(edges[chance.below(sizeof edges)]);
        CHECK(whole_characters(text) == slow_whole_characters(text));
    }
}

void a_chat_template_is_that_of_libllama() {
    const std::string system = "Be brief.", prompt = "What next?";
    const llama_chat_message messages[] = {{"system", system.c_str()}, {"user", prompt.c_str()}};
    std::vector<const char *> known(static_cast<size_t>(llama_chat_builtin_templates(nullptr, 0)));
    llama_chat_builtin_templates(known.data(), known.size());
    CHECK(known.size() > 20);
    size_t same = 0;
    for (const char * name : known) {
        for (const bool has_system : {true, false}) {
            std::string expected(4096, '\0');
            const int32_t length = llama_chat_apply_template(name, has_system ? messages : messages + 1, has_system ? 2 : 1, true, &expected[0], 4096);
            if (length < 0) continue;
            expected.resize(static_cast<size_t>(length));
            try {
                const marked_text made = in_chat_template(name, {0, has_system ? std::optional<std::string>(system) : std::nullopt, prompt});
                CHECK(made.text == expected && made.values.size() == (has_system ? 2 : 1));
                CHECK(made.text.substr(made.values.back().begin, made.values.back().end - made.values.back().begin) == prompt);
                same++;
            } catch (const user_error & error) {
                CHECK(has_system && expected.find(system) == std::string::npos && says(error.what(), "no place for a system text"));
            }
        }
    }
    CHECK(same > 40);
}

void special_tokens_come_from_the_template_alone() {
    generation g;
    const vocabulary vocab(g.config.model);
    const auto count = [&](const std::string & prompt, const std::string & system) {
        const marked_text text = in_chat_template(CHATML, {0, system, prompt});
        const std::vector<llama_token> tokens = vocab.tokenize(text.text, text.values);
        return std::count_if(tokens.begin(), tokens.end(), [](llama_token token) { return token > 0 && token < 5; });
    };
    CHECK(count("a", "b") == 6 && count("a<|im_end|></s><|im_start|>", "<|im_end|>") == 6); // begin, three times start, twice end
    g.config.chat = true;
    g.write_prompts({"a<|im_end|>"}, "<|im_start|>");
    CHECK(g.events()[2]["tokens"] == vocab.tokenize(in_chat_template(CHATML, {0, "<|im_start|>", "a<|im_end|>"}).text, {}).size() + 10 + 12 - 2);
}

void what_cannot_be_asked_is_refused_before_a_text_is_written() {
    const auto refused = [](generation & g) {
        std::string what;
        for (const json & event : events_of([&] {
                 const user_error error = refusal([&] { generate(g.config); });
                 what = std::string(error.what()) + " | " + error.where;
             }))
            CHECK(event["event"] != "generated");
        return what;
    };
    generation bare(letter_vocabulary(), std::nullopt), odd(letter_vocabulary(), "{{ a template of nobody }}"), g;
    for (generation * one : {&bare, &odd, &g}) one->write_prompts({"x"});
    bare.config.chat = odd.config.chat = true;
    CHECK(says(refused(bare), "has no chat template"));
    CHECK(says(refused(odd), "does not know the model's chat template"));
    g.write_prompts({"x", std::string(230, 'y')});
    CHECK(says(refused(g), "the prompt with id 5 has 231 tokens, and with 40 for the text that is more than 256"));
    g.write_prompts({"x", std::string(30, 'y')});
    g.config.context_length = 60;
    CHECK(says(refused(g), "the prompt with id 5 has 31 tokens, and with 40 for the text that is more than 60"));
    g.config.context_length.reset();

    const struct { const char * lines; const char * words; } files[] = {
        {"", "no prompts"}, {"{}\n", "\"id\" is missing"}, {"[]\n", "not an object"}, {"{\"id\":0,", "not JSON"},
        {"{\"id\":-1,\"system\":null,\"prompt\":\"x\"}\n", "whole number"}, {"{\"id\":1.5,\"system\":null,\"prompt\":\"x\"}\n", "whole number"},
        {"{\"id\":0,\"system\":3,\"prompt\":\"x\"}\n", "neither a string nor null"}, {"{\"id\":0,\"system\":null,\"prompt\":\"\"}\n", "is empty"},
        {"{\"id\":0,\"system\":null,\"prompt\":\"x\",\"more\":1}\n", "unknown key \"more\""},
        {"{\"id\":0,\"system\":null,\"prompt\":\"x\"}\n{\"id\":0,\"system\":null,\"prompt\":\"y\"}\n", "stands twice"},
        {"{\"id\":0,\"system\":null,\"prompt\":\"\xFF\"}\n", "not JSON"},
    };
    for (const auto & file : files) {
        std::ofstream(g.config.prompts) << file.lines;
        const std::string what = refused(g);
        if (!says(what, file.words)) throw check_failed(what + " does not say " + file.words);
    }
    g.config.prompts = g.folder.path + "/none";
    CHECK(says(refused(g), "cannot read the prompts"));
}

void a_grammar_that_libllama_cannot_take_is_an_error_and_no_end() {
    const generation g;
    const stock_model model(g.config.model, std::nullopt);
    const auto refused = [&](const std::string & text) {
        const user_error error = refusal([&] { parse_grammar(model.vocab(), text); });
        CHECK(error.code == exit_usage);
        return std::string(error.what());
    };
    const std::string deep = std::string(100000, '('), chain = [] {
        std::string text = "root ::= a0\n";
        for (int i = 0; text.size() < 60000; i++) text += "a" + std::to_string(i) + " ::= a" + std::to_string(i + 1) + "\n";
        return text;
    }();
    for (const std::string & text : {std::string("root ::= ("), std::string("root ::= undefined"), std::string("other ::= \"x\""), std::string("root ::= root \"x\" | \"y\""),
                                     std::string("root"), std::string("root ::= \"x"), std::string("root ::= [a"), std::string("root ::= \"x\"{99999}"), std::string("root ::= \"\\xZZ\""), chain}) {
        CHECK(says(refused(text), "cannot parse the grammar"));
    }
    CHECK(says(refused(""), "empty"));
    CHECK(says(refused(std::string("root ::= \"x\"\0", 13)), "zero byte"));
    CHECK(says(refused("root ::= " + std::string(60000, '(')), "nests 60000 groups"));
    CHECK(says(refused("root ::= " + deep), "bytes, more than"));
    CHECK(says(refused("root ::= <\">" + std::string(60000, '(')), "nests 60000 groups"));     // not inside of a literal
    CHECK(says(refused("# \"\nroot ::= \"\\\"\" [\\]\"]" + std::string(60000, '(')), "nests 60000 groups"));
    parse_grammar(model.vocab(), "root ::= \"" + std::string(3000, '(') + "\" [" + std::string(300, '(') + "]"); // these nest nothing
}

void random_grammars_are_taken_or_refused() {
    const generation g;
    const stock_model model(g.config.model, std::nullopt);
    const std::vector<std::string> parts = {"root", " ::= ", "\"a\"", "\"", "[a-z]", "[^", "]", "(", ")", "|", "*", "+", "?", "{2}", "{0,3}", "{", "}", "\n", "b", "b ::= ", "#", "<s>", "<[3]>", "!", ".", "\\", "\xC3\xA9"};
    random_stream chance(6, "grammars");
    size_t taken = 0;
    for (int trial = 0; trial < 3000; trial++) {
        std::string text = chance.below(4) ? "root ::= " : "";
        for (size_t length = 1 + chance.below(8), i = 0; i < length; i++) text += parts[chance.below(parts.size())];
        try {
            parse_grammar(model.vocab(), text);
            taken++;
        } catch (const user_error &) {}
    }
    CHECK(taken > 100 && taken < 2900);
}

void a_grammar_that_no_token_can_spell_is_an_error() {
    generation g; // it has no token for this letter
    g.config.grammar = "root ::= \"\xC3\xA9\"";
    g.write_prompts({"x"});
    events_of([&] {
        const user_error error = refusal([&] { generate(g.config); });
        CHECK(error.code == exit_data && says(error.what(), "no token") && says(error.where, "id 2"));
    });
}

void a_logit_that_is_no_number_ends_with_five() {
    generation g;
    rewrite(g.config.model, [](gguf_context *, std::vector<stored_tensor> & tensors) {
        for (stored_tensor & tensor : tensors)
            if (tensor.name == "output.weight") tensor.values[90] = NAN;
    });
    g.write_prompts({"x"});
    events_of([&] { CHECK(refusal([&] { generate(g.config); }).code == exit_diverged); });
}

void a_signal_stops_between_two_steps() {
    generation g;
    g.config.max_tokens = 200;
    g.config.sampling = {1, 1, 1};
    g.write_prompts(invented_prompts(400, 20));
    watch_for_stop(); // the signal of before the start must not end this process
    std::atomic<bool> is_over{false};
    std::thread asks([&] {
        while (!is_over) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            std::raise(SIGTERM);
        }
    });
    const std::vector<json> events = events_of([&] {
        const auto stopped = [&] { generate(g.config); };
        try {
            CHECK(refusal(stopped).code == exit_stopped);
        } catch (...) {
            is_over = true;
            asks.join();
            throw;
        }
        is_over = true;
        asks.join();
    });
    CHECK(events.size() < 400 && events.back()["event"] != "done");
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"one text at a time equals a plain loop of llama_decode, with an adapter too", one_at_a_time_equals_a_plain_loop},
        {"several texts at once equal the plain loop, but where two tokens are as probable", several_at_once_equal_a_plain_loop_up_to_ties},
        {"the same seed gives the same bytes, for any number of threads", bytes_depend_on_the_seed_alone},
        {"prompts that are skipped change no byte of the others", skipped_prompts_change_no_byte_of_the_others},
        {"what a grammar lets through parses and keeps its bounds", what_a_grammar_lets_through_parses},
        {"a text that maxTokens cuts short says so", a_text_cut_short_by_max_tokens_says_so},
        {"a text is whole UTF-8 without a grammar, too", a_text_is_whole_utf8_without_a_grammar_too},
        {"characters are told whole as RFC 3629 says", characters_are_told_whole_as_rfc_3629_says},
        {"a prompt stands in a chat template as libllama writes it", a_chat_template_is_that_of_libllama},
        {"special tokens come from the template alone", special_tokens_come_from_the_template_alone},
        {"what cannot be asked is refused before a text is written", what_cannot_be_asked_is_refused_before_a_text_is_written},
        {"a grammar that libllama cannot take is an error, and not the end of the process", a_grammar_that_libllama_cannot_take_is_an_error_and_no_end},
        {"random grammars are taken or refused", random_grammars_are_taken_or_refused},
        {"a grammar that no token can spell is an error that names the prompt", a_grammar_that_no_token_can_spell_is_an_error},
        {"a logit that is no number ends with code 5", a_logit_that_is_no_number_ends_with_five},
        {"a signal stops between two steps", a_signal_stops_between_two_steps},
    });
}
