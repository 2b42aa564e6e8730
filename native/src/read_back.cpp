#include "read_back.h"

#include <cctype>

namespace {

const std::string SPACE = "\xE2\x96\x81"; // as SentencePiece writes it

// A text that is read byte by byte, as the vocabulary writes it.
class reader {
  public:
    reader(const std::string & text, bool escapes) : text_(text), escapes_(escapes) {}

    size_t at() const { return at_; }
    bool at_end() const { return at_ == text_.size() && rest_.empty(); }
    void put_space() { rest_ = SPACE + rest_; }
    void skip_space() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) at_++;
    }

    // The bytes of a piece, spaces in it escaped as those of the text are.
    bool take(const std::string & piece) {
        if (!escapes_ && rest_.empty()) return take_plain(piece);
        for (const char c : piece) {
            if (!(escapes_ && c == ' ' ? take_bytes(SPACE) : take_byte(c))) return false;
        }
        return true;
    }

    // As it stands there.
    bool take_plain(const std::string & word) {
        if (!rest_.empty() || text_.compare(at_, word.size(), word) != 0) return false;
        at_ += word.size();
        return true;
    }

  private:
    bool take_bytes(const std::string & bytes) {
        for (const char c : bytes) {
            if (!take_byte(c)) return false;
        }
        return true;
    }

    bool take_byte(char c) {
        if (rest_.empty()) {
            if (at_ == text_.size()) return false;
            rest_ = escapes_ && text_[at_] == ' ' ? SPACE : text_.substr(at_, 1);
            at_++;
        }
        if (rest_[0] != c) return false;
        rest_.erase(0, 1);
        return true;
    }

    const std::string & text_;
    const bool escapes_;
    size_t at_ = 0;
    std::string rest_; // of the character before `at_`, or a space that does not stand in the text
};

} // namespace

read_text read_back(const vocabulary & vocab, const std::vector<llama_token> & tokens, const std::string & text) {
    reader source(text, vocab.is_sentence_piece());
    read_text read = {{}, false};
    const size_t first = vocab.add_bos() && !tokens.empty() && tokens[0] == vocab.bos() ? 1 : 0;
    if (first == 1) read.ends.push_back(0);
    bool begins = true; // a plain text begins here
    for (size_t i = first; i < tokens.size(); i++) {
        if (const vocabulary::special_token * special = vocab.special(tokens[i])) {
            if (special->strips_left) source.skip_space();
            if (!source.take_plain(special->text)) return read;
            if (special->strips_right) source.skip_space();
            begins = true;
        } else {
            if (begins && vocab.puts_spaces()) source.put_space();
            begins = false;
            if (!source.take(vocab.piece(tokens[i]))) return read;
        }
        read.ends.push_back(source.at());
    }
    read.whole = source.at_end();
    return read;
}
