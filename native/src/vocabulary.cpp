#include "vocabulary.h"

#include "backend.h"
#include "error.h"
#include "gguf_file.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

// Faults that libllama would answer by ending the process.
static void check_tokens(const gguf_file & file) {
    const std::string & gguf_path = file.path();
    const std::string kind = file.text("tokenizer.ggml.model").value_or("");
    if (kind != "llama" && kind != "gpt2")
        throw user_error(exit_data, "the model's vocabulary is of the kind \"" + kind + "\" (tokenizer.ggml.model)", gguf_path,
                         "use a decoder model: its vocabulary is SentencePiece (llama) or byte-pair (gpt2)");
    const int64_t key = gguf_find_key(file.keys(), "tokenizer.ggml.tokens");
    if (key < 0 || gguf_get_kv_type(file.keys(), key) != GGUF_TYPE_ARRAY || gguf_get_arr_type(file.keys(), key) != GGUF_TYPE_STRING)
        throw user_error(exit_data, "the model has no list of tokens (tokenizer.ggml.tokens)", gguf_path, "give the path of a complete GGUF model file");
    const size_t n_tokens = gguf_get_arr_n(file.keys(), key);
    if (n_tokens == 0)
        throw user_error(exit_data, "the model's vocabulary has no tokens", gguf_path, "give the path of a complete GGUF model file");
    if (file.number("split.count").value_or(0) > 1) // libllama would open files that nobody has checked
        throw user_error(exit_data, "the model is split into several files", gguf_path, "join them: llama-gguf-split --merge");
    std::unordered_set<std::string> seen;
    for (size_t id = 0; id < n_tokens; id++) {
        std::string text = gguf_get_arr_str(file.keys(), key, id);
        if (text.empty()) text = "[EMPTY_" + std::to_string(id) + "]"; // the name that libllama gives it
        if (!seen.insert(text).second)
            throw user_error(exit_data, "the model's vocabulary has the token \"" + text + "\" twice", gguf_path, "convert the model again");
    }
}

vocabulary::vocabulary(const std::string & gguf_path) {
    std::string pre_tokenizer;
    {
        const gguf_file file(gguf_path);
        check_tokens(file);
        const int64_t prefix = gguf_find_key(file.keys(), "tokenizer.ggml.add_space_prefix");
        if (prefix >= 0 && gguf_get_kv_type(file.keys(), prefix) == GGUF_TYPE_BOOL) adds_space_prefix = gguf_get_val_bool(file.keys(), prefix);
        pre_tokenizer = file.text("tokenizer.ggml.pre").value_or("");
    }
    forget_library_error();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    model.reset(llama_model_load_from_file(gguf_path.c_str(), params));
    if (!model)
        throw user_error(exit_data, "libllama cannot read the vocabulary of this model: " + library_error(), gguf_path, "give the path of a complete GGUF model file");
    vocab = llama_model_get_vocab(model.get());

    const auto type = llama_vocab_type(vocab);
    if (type != LLAMA_VOCAB_TYPE_SPM && type != LLAMA_VOCAB_TYPE_BPE)
        throw user_error(exit_data, "the model's vocabulary is of libllama's type " + std::to_string(type), gguf_path,
                         "use a decoder model: its vocabulary is SentencePiece (1) or byte-pair (2)");
    if (eos() < 0)
        throw user_error(exit_data, "the model's vocabulary names no end token", gguf_path,
                         "convert the model again with tokenizer.ggml.eos_token_id set");

    is_special.resize(size_t(n_tokens()));
    for (llama_token id = 0; id < n_tokens(); id++) {
        const uint32_t attributes = llama_vocab_get_attr(vocab, id);
        const std::string text = llama_vocab_get_text(vocab, id);
        if (!(attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN | LLAMA_TOKEN_ATTR_USER_DEFINED)) || text.empty()) continue;
        is_special[size_t(id)] = true;
        specials.push_back({ id, text, (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0, (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0 });
    }
    // std::sort and not stable_sort: libllama sorts the same list with it, so equal lengths come in the same order
    std::sort(specials.begin(), specials.end(), [](const special_token & a, const special_token & b) { return a.text.size() > b.text.size(); });
    if (ends_words_at_spaces(pre_tokenizer)) words = std::make_unique<word_tokens>();
}

// Is position i of the text, where a space stands between two visible ASCII characters, the end of a word?
static bool is_word_end(const std::string & text, size_t i) {
    const auto is_visible = [&](size_t at) { return text[at] > ' ' && text[at] < 127; };
    return i > 0 && i + 1 < text.size() && text[i] == ' ' && is_visible(i - 1) && is_visible(i + 1);
}

static const std::string ESCAPED_SPACE = "\xE2\x96\x81"; // as SentencePiece writes it

static bool holds_inner_space(const std::string & token) {
    size_t at = 0;
    while (token.compare(at, ESCAPED_SPACE.size(), ESCAPED_SPACE) == 0) at += ESCAPED_SPACE.size();
    return token.find(ESCAPED_SPACE, at) != std::string::npos;
}

// Whether a word ends at such a space whatever stands around, so that the tokens of a text are those of its words; no special token may reach over
// that border. A byte-pair vocabulary cuts a text by regular expressions first, and merges only within what they give: those of these names match no
// space behind another character, and look at nothing beyond a character that is no space. SentencePiece merges whatever makes a token, so no token
// may hold a space behind another character. What it reads as a special token in plain text (USER_DEFINED) puts a space before what follows: none.
bool vocabulary::ends_words_at_spaces(const std::string & pre_tokenizer) const {
    static const char * const known[] = {"gpt-2", "phi-2", "smollm", "llama3", "llama-v3", "llama-bpe", "smaug-bpe", "qwen2", "deepseek-r1-qwen"};
    if (is_sentence_piece()) {
        for (llama_token id = 0; id < n_tokens(); id++)
            if ((llama_vocab_get_attr(vocab, id) & LLAMA_TOKEN_ATTR_USER_DEFINED) || holds_inner_space(llama_vocab_get_text(vocab, id))) return false;
    } else if (std::find(std::begin(known), std::end(known), pre_tokenizer) == std::end(known)) return false;
    return std::none_of(specials.begin(), specials.end(), [](const special_token & special) {
        for (size_t i = 1; i < special.text.size(); i++)
            if (special.text[i] == ' ' && special.text[i - 1] != ' ') return true;
        return special.strips_left || special.strips_right;
    });
}

int32_t     vocabulary::n_tokens() const { return llama_vocab_n_tokens(vocab); }
llama_token vocabulary::bos() const      { return llama_vocab_bos(vocab); }
llama_token vocabulary::eos() const      { return llama_vocab_eos(vocab); }
bool        vocabulary::add_bos() const  { return llama_vocab_get_add_bos(vocab) && bos() >= 0; }

bool        vocabulary::is_sentence_piece() const { return llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_SPM; }

bool        vocabulary::puts_spaces() const { return is_sentence_piece() && adds_space_prefix; }

const vocabulary::special_token * vocabulary::special(llama_token token) const {
    if (!is_special.at(size_t(token))) return nullptr;
    return &*std::find_if(specials.begin(), specials.end(), [&](const special_token & one) { return one.id == token; });
}

std::string vocabulary::piece(llama_token token) const {
    std::string text(64, '\0');
    int32_t length = llama_token_to_piece(vocab, token, &text[0], int32_t(text.size()), 0, true);
    if (length < 0) {
        text.resize(size_t(-length));
        length = llama_token_to_piece(vocab, token, &text[0], int32_t(text.size()), 0, true);
    }
    text.resize(size_t(length));
    return text;
}

std::vector<llama_token> vocabulary::tokenize(const std::string & text, const std::vector<byte_range> & values) const {
    std::vector<llama_token> tokens;
    if (add_bos()) tokens.push_back(bos());
    for (const fragment & part : partition(text, values)) append_fragment(text, part, tokens);
    return tokens;
}

void vocabulary::append_fragment(const std::string & text, const fragment & part, std::vector<llama_token> & tokens) const {
    if (part.special >= 0) {
        tokens.push_back(part.special);
        return;
    }
    const auto plain = tokenize_without_specials(text.substr(part.begin, part.end - part.begin));
    tokens.insert(tokens.end(), plain.begin(), plain.end());
}

vocabulary::with_endings vocabulary::tokenize_each(const marked_text & text, const std::vector<std::string> & endings) const {
    with_endings all;
    for (const std::string & ending : endings) {
        std::vector<byte_range> values = text.values;
        values.push_back({ text.text.size(), text.text.size() + ending.size() });
        all.endings.push_back(tokenize(text.text + ending, values));
    }
    return all;
}

bool vocabulary::has_special(const std::vector<llama_token> & tokens) const {
    return std::any_of(tokens.begin(), tokens.end(), [&](llama_token token) { return is_special[size_t(token)]; });
}

// No special token reaches into an ending, so the fragments before the last plain one stay what they are whatever comes behind, unless a token
// strips white space there. Within that one the text is cut at the end of its last word but one. What either side of the cut gives must hold no
// special token: such ones are cut apart in both sides alike (tokenize_without_specials).
vocabulary::with_endings vocabulary::tokenize_endings(const marked_text & text, const std::vector<std::string> & endings) const {
    if (std::any_of(specials.begin(), specials.end(), [](const special_token & special) { return special.strips_right; })) return tokenize_each(text, endings);
    with_endings all;
    if (add_bos()) all.beginning.push_back(bos());
    std::vector<fragment> parts = partition(text.text, text.values);
    fragment last = { -1, text.text.size(), text.text.size() };
    if (!parts.empty() && parts.back().special < 0) {
        last = parts.back();
        parts.pop_back();
    }
    for (const fragment & part : parts) append_fragment(text.text, part, all.beginning);
    size_t cut = words ? last.end : last.begin;
    while (cut > last.begin && !is_word_end(text.text, cut)) cut--;
    const bool is_cut = cut > last.begin;
    if (is_cut) {
        const std::vector<llama_token> before = tokenize_plain(text.text.substr(last.begin, cut - last.begin));
        if (has_special(before)) return tokenize_each(text, endings);
        all.beginning.insert(all.beginning.end(), before.begin(), before.end());
    }
    for (const std::string & ending : endings) {
        const std::string tail = (is_cut ? behind_word_end(text.text, cut, text.text.size()) : text.text.substr(cut)) + ending;
        all.endings.emplace_back();
        if (!tail.empty()) all.endings.back() = is_cut ? tokenize_plain(tail) : tokenize_without_specials(tail);
        if (is_cut && has_special(all.endings.back())) return tokenize_each(text, endings);
    }
    return all;
}

static bool overlaps(const std::vector<byte_range> & values, size_t begin, size_t end) {
    return std::any_of(values.begin(), values.end(), [&](const byte_range & value) {
        return value.begin < end && value.end > begin && value.begin < value.end; // an empty value overlaps nothing
    });
}

// libllama's tokenizer_st_partition with parse_special, except that an occurrence in inserted text is passed over.
std::vector<vocabulary::fragment> vocabulary::partition(const std::string & text, const std::vector<byte_range> & values) const {
    std::vector<fragment> fragments;
    if (!text.empty()) fragments.push_back({ -1, 0, text.size() });
    for (const special_token & special : specials) {
        if (text.find(special.text) == std::string::npos) continue; // nearly always
        std::vector<fragment> split;
        for (const fragment & part : fragments) {
            if (part.special >= 0) { split.push_back(part); continue; }
            const std::string_view searched(text.data(), part.end);
            size_t rest = part.begin; // start of what is not yet split off
            for (size_t at = rest; (at = searched.find(special.text, at)) != std::string_view::npos;) {
                const size_t after = at + special.text.size();
                if (overlaps(values, at, after)) { at++; continue; }
                size_t left_end = at;
                while (special.strips_left && left_end > rest && std::isspace(uint8_t(text[left_end - 1]))) left_end--;
                if (left_end > rest) split.push_back({ -1, rest, left_end });
                split.push_back({ special.id, at, after });
                rest = after;
                while (special.strips_right && rest < part.end && std::isspace(uint8_t(text[rest]))) rest++;
                at = rest;
            }
            if (rest < part.end) split.push_back({ -1, rest, part.end });
        }
        fragments.swap(split);
    }
    return fragments;
}

// Adds a cut inside each occurrence of `special` that no cut divides yet: before its last character. A special token
// of one character stays whole; it stands for nothing but that character.
static void cut_apart(const std::string & text, const std::string & special, std::set<size_t> & cuts) {
    size_t last_character = special.size() - 1;
    while (last_character > 0 && (uint8_t(special[last_character]) & 0xC0) == 0x80) last_character--;
    if (last_character == 0) return;
    for (size_t at = 0; (at = text.find(special, at)) != std::string::npos; at++) {
        const auto cut = cuts.upper_bound(at);
        if (cut == cuts.end() || *cut >= at + special.size()) cuts.insert(at + last_character);
    }
}

// The tokens of text in which no special token may stand: the partition took out all that the template wrote. Yet one
// can turn up. libllama recognises USER_DEFINED tokens even without parse_special, and its SentencePiece merges may
// end in a CONTROL token. Its text is then cut in two, and the text is tokenised again, until none is left.
std::vector<llama_token> vocabulary::tokenize_without_specials(const std::string & text) const {
    std::set<size_t> cuts;
    for (;;) {
        std::vector<llama_token> tokens = tokenize_in_pieces(text, cuts);
        const size_t cuts_before = cuts.size();
        for (const llama_token token : tokens)
            if (is_special[size_t(token)]) cut_apart(text, llama_vocab_get_text(vocab, token), cuts);
        if (cuts.size() == cuts_before) return tokens;
    }
}

// A SentencePiece tokenizer may put a space before each text it is given. A piece after a cut must get none, so it
// follows a character that merges with nothing, whose tokens are then left out.
std::vector<llama_token> vocabulary::tokenize_in_pieces(const std::string & text, const std::set<size_t> & cuts) const {
    const std::string guard = llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_SPM ? "\x01" : "";
    std::vector<llama_token> tokens = tokenize_plain(cuts.empty() ? text : text.substr(0, *cuts.begin()));
    if (cuts.empty()) return tokens;
    const auto n_guard = std::ptrdiff_t(tokenize_plain(guard).size());
    for (auto cut = cuts.begin(); cut != cuts.end(); cut++) {
        const size_t end = std::next(cut) == cuts.end() ? text.size() : *std::next(cut);
        const auto piece = tokenize_plain(guard + text.substr(*cut, end - *cut));
        tokens.insert(tokens.end(), piece.begin() + n_guard, piece.end());
    }
    return tokens;
}

// The text from the end of a word on, without the space that stands there where libllama puts one before each text it is given.
std::string vocabulary::behind_word_end(const std::string & text, size_t at, size_t end) const {
    const size_t begin = puts_spaces() ? at + 1 : at;
    return text.substr(begin, end - begin);
}

std::vector<llama_token> vocabulary::tokenize_plain(const std::string & text) const {
    if (!words) return tokenize_whole(text);
    std::vector<llama_token> tokens;
    for (size_t begin = 0; begin < text.size();) {
        size_t end = text.find(' ', begin + 1);
        while (end != std::string::npos && !is_word_end(text, end)) end = text.find(' ', end + 1);
        end = std::min(end, text.size());
        words->append(begin == 0 ? text.substr(0, end) : behind_word_end(text, begin, end), tokens, [&](const std::string & word) { return tokenize_whole(word); });
        begin = end;
    }
    return tokens;
}

std::vector<llama_token> vocabulary::tokenize_whole(const std::string & text) const {
    std::vector<llama_token> tokens(text.size() + 8);
    const auto call = [&] { return llama_tokenize(vocab, text.data(), int32_t(text.size()), tokens.data(), int32_t(tokens.size()), false, false); };
    try {
        int32_t n = call();
        if (n < 0) { // a vocabulary may give more tokens than bytes
            tokens.resize(size_t(-int64_t(n)));
            n = call();
        }
        tokens.resize(size_t(n));
    } catch (const std::out_of_range &) { // SentencePiece without byte tokens
        throw user_error(exit_data, "the model's vocabulary has no tokens for some characters of \"" + text + "\"", "vocabulary",
                         "use a model whose vocabulary covers the text, or tokens for single bytes");
    }
    return tokens;
}
