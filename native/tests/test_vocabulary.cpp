#include "check.h"
#include "error.h"
#include "parallel.h"
#include "random.h"
#include "vocabulary.h"

#include <gguf.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;

// The folder of real models that is laid beside the repository on some machines.
static fs::path shared_folder() {
    const char * named = std::getenv("RECTUNE_SHARED");
    return named ? fs::path(named) : fs::absolute(__FILE__).parent_path() / "../../../shared";
}

static std::vector<std::string> real_models() {
    std::vector<std::string> paths;
    for (const char * folder : { "tokenizers", "smollm2-135m-instruct", "stories260K" }) {
        if (!fs::is_directory(shared_folder() / "models" / folder)) continue;
        for (const auto & file : fs::directory_iterator(shared_folder() / "models" / folder))
            if (file.path().extension() == ".gguf") paths.push_back(file.path().string());
    }
    std::sort(paths.begin(), paths.end());
    if (paths.empty()) throw test_skipped("no GGUF models in " + shared_folder().string() + "; set RECTUNE_SHARED");
    return paths;
}

static const fs::path SMALL_MODELS = fs::temp_directory_path() / ("rectune-vocabulary-" + std::to_string(getpid()));

struct small_token { std::string text; llama_token_type type; };

// A GGUF file with a vocabulary and nothing else.
static std::string write_vocabulary(const std::string & kind, const std::string & pre, const std::string & model_name,
                                    const std::vector<small_token> & tokens, const std::vector<std::string> & merges = {}, bool puts_spaces = true) {
    std::vector<const char *> texts, merge_texts;
    std::vector<int32_t> types;
    std::vector<float> scores;
    for (size_t i = 0; i < tokens.size(); i++) {
        texts.push_back(tokens[i].text.c_str());
        types.push_back(tokens[i].type);
        scores.push_back(-float(i));
    }
    for (const std::string & merge : merges) merge_texts.push_back(merge.c_str());
    gguf_context * file = gguf_init_empty();
    gguf_set_val_str(file, "general.architecture", "llama");
    gguf_set_val_str(file, "general.name", model_name.c_str());
    gguf_set_val_str(file, "tokenizer.ggml.model", kind.c_str());
    if (!pre.empty()) gguf_set_val_str(file, "tokenizer.ggml.pre", pre.c_str());
    gguf_set_arr_str(file, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(file, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
    gguf_set_arr_data(file, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    if (kind == "gpt2") gguf_set_arr_str(file, "tokenizer.ggml.merges", merge_texts.data(), merge_texts.size());
    if (!puts_spaces) gguf_set_val_bool(file, "tokenizer.ggml.add_space_prefix", false);
    gguf_set_val_u32(file, "tokenizer.ggml.bos_token_id", 1);
    gguf_set_val_u32(file, "tokenizer.ggml.eos_token_id", 2);
    gguf_set_val_u32(file, "tokenizer.ggml.unknown_token_id", 0);
    fs::create_directories(SMALL_MODELS);
    const std::string path = (SMALL_MODELS / (kind + "-" + model_name + ".gguf")).string();
    CHECK(gguf_write_to_file(file, path.c_str(), true));
    gguf_free(file);
    return path;
}

// SentencePiece: bytes, letters, two user-defined tokens, and merges that end in a control token ("<" + "/s>").
// The name makes libllama strip the space right of special tokens, as in phi-3.
static std::string small_spm(const std::string & model_name) {
    std::vector<small_token> tokens = { { "<unk>", LLAMA_TOKEN_TYPE_UNKNOWN }, { "<s>", LLAMA_TOKEN_TYPE_CONTROL }, { "</s>", LLAMA_TOKEN_TYPE_CONTROL } };
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", byte);
        tokens.push_back({ text, LLAMA_TOKEN_TYPE_BYTE });
    }
    for (const char * text : { "<|endoftext|>", "<|user|>" }) tokens.push_back({ text, LLAMA_TOKEN_TYPE_CONTROL });
    for (const char * text : { "[TAG]", "[TAG][TAG]", "==>", "é" }) tokens.push_back({ text, LLAMA_TOKEN_TYPE_USER_DEFINED });
    for (const char * text : { "\xE2\x96\x81", "<", ">", "/", "s", "/s", "/s>", "a", "b", "ab", "[", "]", "T", "A", "G", "TA", "TAG", "[TAG", "=", "==",
                               "\xE2\x96\x81" "a" })
        tokens.push_back({ text, LLAMA_TOKEN_TYPE_NORMAL });
    return write_vocabulary("llama", "", model_name, tokens);
}

// Byte-pair with the one pre-tokenizer whose "<mask>" eats the space left of it.
static std::string small_bpe() {
    std::vector<small_token> tokens = { { "<unk>", LLAMA_TOKEN_TYPE_UNKNOWN }, { "<s>", LLAMA_TOKEN_TYPE_CONTROL }, { "</s>", LLAMA_TOKEN_TYPE_CONTROL } };
    for (const char * text : { "<mask>", "[TAG]", "  " }) tokens.push_back({ text, LLAMA_TOKEN_TYPE_USER_DEFINED });
    for (char c = '!'; c <= '~'; c++) tokens.push_back({ std::string(1, c), LLAMA_TOKEN_TYPE_NORMAL });
    for (const char * text : { "\xC4\xA0", "\xC4\x8A", "ab", "\xC4\xA0" "a" }) tokens.push_back({ text, LLAMA_TOKEN_TYPE_NORMAL }); // space, newline
    return write_vocabulary("gpt2", "jina-v2-code", "small", tokens, { "a b", "\xC4\xA0 a" });
}

// Byte-pair with a pre-tokenizer that ends a word at a space, so that a text is tokenised word by word; or one that seems to: with a
// token that reaches over the space.
static std::string small_words(const std::string & pre, const std::string & user_defined) {
    std::vector<small_token> tokens = { { "<unk>", LLAMA_TOKEN_TYPE_UNKNOWN }, { "<s>", LLAMA_TOKEN_TYPE_CONTROL }, { "</s>", LLAMA_TOKEN_TYPE_CONTROL } };
    tokens.push_back({ user_defined, LLAMA_TOKEN_TYPE_USER_DEFINED });
    const std::vector<std::string> merges = { "a b", "\xC4\xA0 a", "\xC4\xA0 \"", "1 9", ") ,", "b \xC4\xA0", "\xC4\xA0 \xC4\xA0", "\xC4\x8A \xC4\x8A", "' s" }; // one over a space, which never comes about
    std::vector<std::string> texts;
    int hidden = 0;
    for (int byte = 0; byte < 256; byte++) { // as GPT-2 shows bytes
        const bool is_shown = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
        const int shown = is_shown ? byte : 256 + hidden++;
        texts.push_back(shown < 128 ? std::string(1, char(shown)) : std::string({ char(0xC0 | shown >> 6), char(0x80 | (shown & 0x3F)) }));
    }
    for (std::string merge : merges) texts.push_back(merge.erase(merge.find(' '), 1));
    for (const std::string & text : texts) tokens.push_back({ text, LLAMA_TOKEN_TYPE_NORMAL });
    return write_vocabulary("gpt2", pre, pre + std::to_string(user_defined.size()), tokens, merges);
}

// SentencePiece without user-defined tokens: its words end at spaces too, unless a token holds a space within.
static std::string small_spm_words(const std::string & model_name, const std::string & inner, bool puts_spaces) {
    std::vector<small_token> tokens = { { "<unk>", LLAMA_TOKEN_TYPE_UNKNOWN }, { "<s>", LLAMA_TOKEN_TYPE_CONTROL }, { "</s>", LLAMA_TOKEN_TYPE_CONTROL } };
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", byte);
        tokens.push_back({ text, LLAMA_TOKEN_TYPE_BYTE });
    }
    const std::string space = "\xE2\x96\x81";
    for (const std::string & text : { space, space + space, space + "a", space + "ab", space + space + "a", std::string("a"), std::string("b"), std::string("ab"), std::string("<"),
                                      std::string("/s"), std::string("/s>"), std::string(">"), std::string("/"), std::string("s"), std::string("19"), std::string("1"), std::string("9"), inner })
        tokens.push_back({ text, LLAMA_TOKEN_TYPE_NORMAL });
    return write_vocabulary("llama", "", model_name, tokens, {}, puts_spaces);
}

static std::vector<std::string> word_models() {
    const std::string space = "\xE2\x96\x81";
    std::vector<std::string> paths = { small_spm_words("words", "e", true), small_spm_words("words-unspaced", "e", false), small_spm_words("inner", "b" + space + "a", true),
                                       small_spm_words("inner-end", "b" + space, true) };
    for (const char * pre : { "gpt-2", "phi-2", "smollm", "llama3", "llama-v3", "llama-bpe", "smaug-bpe", "qwen2", "deepseek-r1-qwen" }) {
        for (const char * user_defined : { "  ", "b a", "ab " }) paths.push_back(small_words(pre, user_defined));
    }
    return paths;
}

static std::vector<std::string> all_models() {
    std::vector<std::string> paths = { small_spm("small"), small_spm("phi-3 small"), small_bpe() };
    if (!fs::is_directory(shared_folder())) return paths;
    for (const std::string & path : real_models()) paths.push_back(path);
    return paths;
}

// libllama itself, to compare with.
struct reference {
    llama_model * model;
    const llama_vocab * vocab;
    std::vector<std::string> specials;

    explicit reference(const std::string & path) {
        llama_model_params params = llama_model_default_params();
        params.vocab_only = true;
        model = llama_model_load_from_file(path.c_str(), params);
        CHECK(model);
        vocab = llama_model_get_vocab(model);
        for (llama_token id = 0; id < llama_vocab_n_tokens(vocab); id++)
            if (llama_vocab_get_attr(vocab, id) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN | LLAMA_TOKEN_ATTR_USER_DEFINED))
                specials.push_back(llama_vocab_get_text(vocab, id));
    }
    ~reference() { llama_model_free(model); }

    std::vector<llama_token> tokenize(const std::string & text) const {
        std::vector<llama_token> tokens(text.size() * 4 + 16);
        const int32_t n = llama_tokenize(vocab, text.data(), int32_t(text.size()), tokens.data(), int32_t(tokens.size()), true, true);
        CHECK(n >= 0);
        tokens.resize(size_t(n));
        if (llama_vocab_get_add_eos(vocab)) tokens.pop_back();
        return tokens;
    }
    bool special_in(const std::string & text, const std::vector<byte_range> & values) const {
        for (const std::string & special : specials)
            for (size_t at = 0; (at = text.find(special, at)) != std::string::npos; at++)
                for (const byte_range & value : values)
                    if (value.begin < at + special.size() && at < value.end && value.begin < value.end) return true;
        return false;
    }
};

static const char * const WORDS[] = {
    "a", "ab", "abb", "The Lord", " of the ", "Rings", " ", "  ", "\n", "\n\n", "\t", "é", "Amélie", "千と千尋", "🎬🍿", "(1999)", "'s", "12345", "...",
    "<", "|", ">", "im_", "/s>", "<s", "[", "TAG]", "=", "Yes.", "unhappi", "ness", "\x01", "\r\n", "ß", "İ", "#", "- ", "ﬁ", "e\xCC\x81",
};

struct random_text { std::string text; std::vector<byte_range> values; };

// Words, special tokens and pieces of special tokens; about a third of the parts are values.
static random_text make_text(random_stream & chance, const std::vector<std::string> & specials) {
    random_text made;
    for (uint64_t part = 0, n = chance.below(14); part < n; part++) {
        std::string text = WORDS[chance.below(std::size(WORDS))];
        const uint64_t kind = chance.below(10);
        if (kind < 2) text = specials[chance.below(specials.size())];
        if (kind == 2) {
            text = specials[chance.below(specials.size())];
            text = chance.below(2) ? text.substr(0, chance.below(text.size() + 1)) : text.substr(chance.below(text.size()));
        }
        const size_t begin = made.text.size();
        made.text += text;
        if (chance.below(3) == 0) made.values.push_back({ begin, made.text.size() });
    }
    return made;
}

static std::string bytes_of(const vocabulary & vocab, const std::vector<llama_token> & tokens) {
    std::string text;
    for (const llama_token token : tokens) text += vocab.piece(token);
    return text;
}

static std::string without_space(std::string text) {
    text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); }), text.end());
    return text;
}

static bool contains(const std::vector<llama_token> & tokens, llama_token token) { return std::find(tokens.begin(), tokens.end(), token) != tokens.end(); }

int main() {
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    const char * libraries = std::getenv("RECTUNE_LLAMA_LIBRARIES");
    ggml_backend_load_all_from_path(libraries ? libraries : RECTUNE_LLAMA_LIBRARIES);

    const int code = run_tests({
        { "without special tokens in values the ids are libllama's own", [] {
            for (const std::string & path : all_models()) {
                const vocabulary vocab(path);
                const reference libllama(path);
                random_stream chance(11, "test");
                int compared = 0;
                for (int round = 0; round < 3000; round++) {
                    const random_text made = make_text(chance, libllama.specials);
                    CHECK(vocab.tokenize(made.text, {}) == libllama.tokenize(made.text));
                    if (libllama.special_in(made.text, made.values)) continue;
                    CHECK(vocab.tokenize(made.text, made.values) == libllama.tokenize(made.text));
                    compared++;
                }
                CHECK(compared > 500);
            }
        } },
        { "a text that is tokenised word by word has libllama's ids, the first time and again, on any number of threads", [] {
            static const char * const parts[] = { " ", " ", " ", "a", "ab", "b", "19", "1995", "(", ")", ",", "\"", "'s", "'", "\n", "\n\n", "\t", "é", "千", "  ", "\xC2\xA0", "_", "Yes.", "</s>", ":" };
            std::vector<std::string> paths = word_models();
            if (fs::is_directory(shared_folder())) for (const std::string & path : real_models()) paths.push_back(path);
            for (const std::string & path : paths) {
                const vocabulary vocab(path);
                const reference libllama(path);
                random_stream chance(17, "words");
                std::vector<std::string> texts;
                for (int round = 0; round < 1500; round++) {
                    std::string text;
                    for (uint64_t n = chance.below(24); n > 0; n--) text += parts[chance.below(std::size(parts))];
                    texts.push_back(text);
                }
                std::vector<char> agree(texts.size());
                for (int again = 0; again < 2; again++) {
                    for_each_index(texts.size(), 3, [&](size_t i) { agree[i] = vocab.tokenize(texts[i], {}) == libllama.tokenize(texts[i]); });
                    for (size_t i = 0; i < texts.size(); i++) if (!agree[i]) throw check_failed(path + ": \"" + texts[i] + "\"");
                }
            }
        } },
        { "a text with each of several endings has the tokens of the two together, and libllama's ids where no special token is in an ending", [] {
            std::vector<std::string> paths = all_models();
            for (const std::string & path : word_models()) paths.push_back(path);
            for (const std::string & path : paths) {
                const vocabulary vocab(path);
                const reference libllama(path);
                random_stream chance(19, "endings");
                int compared = 0;
                for (int round = 0; round < 400; round++) {
                    const random_text made = make_text(chance, libllama.specials);
                    std::vector<std::string> endings = { "", "b" };
                    for (uint64_t n = chance.below(4); n > 0; n--) endings.push_back(make_text(chance, libllama.specials).text);
                    const vocabulary::with_endings told = vocab.tokenize_endings({ made.text, made.values }, endings);
                    CHECK(told.endings.size() == endings.size());
                    for (size_t i = 0; i < endings.size(); i++) {
                        const std::string whole = made.text + endings[i];
                        std::vector<byte_range> values = made.values;
                        values.push_back({ made.text.size(), whole.size() });
                        std::vector<llama_token> tokens = told.beginning;
                        tokens.insert(tokens.end(), told.endings[i].begin(), told.endings[i].end());
                        if (tokens != vocab.tokenize(whole, values)) throw check_failed(path + ": \"" + made.text + "\" and \"" + endings[i] + "\"");
                        if (libllama.special_in(whole, values)) continue;
                        CHECK(tokens == libllama.tokenize(whole));
                        compared++;
                    }
                }
                CHECK(compared > 200);
            }
        } },
        { "a special token over a space is cut apart in a value: such a vocabulary is not taken word by word", [] {
            const vocabulary vocab(small_words("smollm", "b a")), by_words(small_words("smollm", "  "));
            const auto pieces = [](const vocabulary & vocab, const std::string & text) {
                std::vector<std::string> found;
                for (const llama_token token : vocab.tokenize(text, { { 0, text.size() } })) found.push_back(vocab.piece(token));
                return found;
            };
            CHECK((pieces(vocab, "b a") == std::vector<std::string>{ "b", " ", "a" }));
            CHECK((pieces(by_words, "b a") == std::vector<std::string>{ "b", " a" }));
        } },
        { "SentencePiece is taken word by word, unless one of its tokens holds a space within", [] {
            const auto before = [](const std::string & path) { return vocabulary(path).tokenize_endings({ "ab ab a b", {} }, { "b", "" }).beginning.size(); };
            const std::string space = "\xE2\x96\x81";
            CHECK(before(small_spm_words("words", "e", true)) > 1); // more than bos: the last words alone are told again with each ending
            CHECK(before(small_spm_words("words-unspaced", "e", false)) > 1);
            CHECK(before(small_spm_words("inner", "b" + space + "a", true)) == 1);
            CHECK(before(small_spm("small")) == 1); // user-defined tokens
        } },
        { "real vocabularies are among those compared", [] { CHECK(real_models().size() >= 4); } },
        { "no special token is ever recognised in a value", [] {
            for (const std::string & path : all_models()) {
                const vocabulary vocab(path);
                const reference libllama(path);
                random_stream chance(12, "test");
                for (int round = 0; round < 2000; round++) {
                    const random_text made = make_text(chance, libllama.specials);
                    const auto tokens = vocab.tokenize(made.text, { { 0, made.text.size() } });
                    for (size_t i = vocab.add_bos() ? 1 : 0; i < tokens.size(); i++) {
                        const std::string text = llama_vocab_get_text(libllama.vocab, tokens[i]);
                        const bool special = std::find(libllama.specials.begin(), libllama.specials.end(), text) != libllama.specials.end();
                        CHECK(!special || text == "é"); // one character: the token stands for nothing else
                    }
                }
            }
        } },
        { "the tokens spell the text, whatever stands in its values", [] { // but for spaces, which SentencePiece adds and some special tokens eat
            const std::string ascii_only = small_bpe();
            for (const std::string & path : all_models()) {
                if (path == ascii_only) continue;
                const vocabulary vocab(path);
                const reference libllama(path);
                random_stream chance(13, "test");
                for (int round = 0; round < 2000; round++) {
                    const random_text made = make_text(chance, libllama.specials);
                    auto tokens = vocab.tokenize(made.text, made.values);
                    if (vocab.add_bos()) tokens.erase(tokens.begin());
                    CHECK(without_space(bytes_of(vocab, tokens)) == without_space(made.text));
                }
            }
        } },
        { "a special token that only partly lies in a value is text", [] {
            for (const std::string & path : all_models()) {
                const vocabulary vocab(path);
                const std::string end = vocab.piece(vocab.eos());
                for (size_t from = 0; from < end.size(); from++)
                    for (size_t to = from; to <= end.size(); to++) {
                        const bool recognised = contains(vocab.tokenize("a" + end + "b", { { 1 + from, 1 + to } }), vocab.eos());
                        CHECK(recognised == (from == to));
                    }
                CHECK(contains(vocab.tokenize("a" + end + "b", { { 0, 1 }, { 1 + end.size(), 2 + end.size() } }), vocab.eos()));
            }
        } },
        { "a special token of the template beside one in a value is still recognised", [] {
            for (const std::string & path : all_models()) {
                const vocabulary vocab(path);
                const std::string end = vocab.piece(vocab.eos());
                const auto tokens = vocab.tokenize(end + "a" + end + end, { { end.size(), 1 + 2 * end.size() } });
                CHECK(std::count(tokens.begin(), tokens.end(), vocab.eos()) == 2);
            }
        } },
        { "an occurrence passed over in a value does not hide the one that begins inside it", [] {
            const vocabulary vocab(small_bpe());
            const auto tokens = vocab.tokenize("a   b", { { 0, 2 } }); // the value ends with the first of three spaces
            CHECK(!vocab.add_bos() && tokens.size() == 4 && vocab.piece(tokens[2]) == "  ");
        } },
        { "merges cross the borders of a value", [] {
            const vocabulary vocab(small_bpe());
            CHECK(vocab.tokenize("ab", { { 1, 2 } }) == vocab.tokenize("ab", {}));
            CHECK(vocab.tokenize("ab", { { 1, 2 } }).size() == 1);
        } },
        { "a piece after a cut gets no space before it", [] {
            const vocabulary vocab(small_spm("small"));
            for (const std::string text : { "a[TAG]b", "==>", "[TAG][TAG]", "a</s>a", "==>==>ab" }) {
                auto tokens = vocab.tokenize(text, { { 0, text.size() } });
                tokens.erase(tokens.begin()); // bos
                CHECK(bytes_of(vocab, tokens) == " " + text);
            }
        } },
        { "libllama's merges end in a control token where ours do not", [] { // the reason for the cuts; if this fails, libllama got stricter
            const std::string path = small_spm("small");
            const reference libllama(path);
            llama_token tokens[8];
            const int32_t n = llama_tokenize(libllama.vocab, "</s>", 4, tokens, 8, false, false);
            CHECK(n > 0 && tokens[n - 1] == 2);
            CHECK(!contains(vocabulary(path).tokenize("</s>", { { 0, 4 } }), 2));
        } },
        { "a file that is no model is an error of the user", [] {
            const std::string whole = small_bpe(), path = whole + ".cut";
            const auto refused = [](const std::string & where) {
                try {
                    vocabulary vocab(where);
                } catch (const user_error & error) {
                    return error.code == exit_data && error.where == where && !error.fix.empty();
                }
                return false;
            };
            CHECK(refused("/nowhere.gguf"));
            CHECK(refused("/tmp"));
            CHECK(refused(fs::absolute(__FILE__).string()));
            std::ifstream file(whole, std::ios::binary);
            const std::string bytes((std::istreambuf_iterator<char>(file)), {});
            for (size_t size = 0; size < bytes.size(); size += 97) {
                std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
                CHECK(refused(path));
            }
        } },
        { "a vocabulary with a token twice, or of a kind that ends libllama, is refused", [] {
            const std::vector<small_token> tokens = { { "<unk>", LLAMA_TOKEN_TYPE_UNKNOWN }, { "<s>", LLAMA_TOKEN_TYPE_CONTROL }, { "</s>", LLAMA_TOKEN_TYPE_CONTROL },
                                                      { "a", LLAMA_TOKEN_TYPE_NORMAL }, { "b", LLAMA_TOKEN_TYPE_NORMAL } };
            std::vector<small_token> twice = tokens;
            twice.push_back({ "a", LLAMA_TOKEN_TYPE_NORMAL });
            const auto fault = [](const std::string & path) -> std::string {
                try {
                    vocabulary vocab(path);
                } catch (const user_error & error) {
                    return error.code == exit_data ? error.what() : "another code";
                }
                return "accepted";
            };
            CHECK(fault(write_vocabulary("llama", "", "twice", twice)).find("the token \"a\" twice") != std::string::npos);
            CHECK(fault(write_vocabulary("bert", "", "kind", tokens)).find("of the kind \"bert\"") != std::string::npos);
            const vocabulary without_bytes(write_vocabulary("llama", "", "without-bytes", tokens));
            bool thrown = false;
            try { without_bytes.tokenize("abé", {}); } catch (const user_error & error) { thrown = error.code == exit_data; }
            CHECK(thrown);
        } },
        { "a vocabulary of another kind than SentencePiece and byte-pair is refused", [] {
            const fs::path encoder = shared_folder() / "models/all-minilm-l6-v2/all-MiniLM-L6-v2.F16.gguf";
            if (!fs::exists(encoder)) throw test_skipped(encoder.string() + " is not there; set RECTUNE_SHARED");
            bool thrown = false;
            try { vocabulary vocab(encoder.string()); } catch (const user_error & error) { thrown = error.code == exit_data; }
            CHECK(thrown);
        } },
    });
    fs::remove_all(SMALL_MODELS);
    return code;
}
