// The tokens of words that were met before. Titles and templates say the same words again and again, and libllama takes a
// microsecond for each byte. Safe to share between threads.
#pragma once
#include <array>
#include <llama.h>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

class word_tokens {
  public:
    // Appends the tokens of a word; make(word) gives them when it is new.
    template <typename Make> void append(std::string word, std::vector<llama_token> & tokens, Make make) {
        shard & own = shards_[std::hash<std::string>{}(word) % shards_.size()];
        {
            const std::lock_guard<std::mutex> lock(own.mutex);
            const auto found = own.known.find(word);
            if (found != own.known.end()) {
                tokens.insert(tokens.end(), found->second.begin(), found->second.end());
                return;
            }
        }
        const std::vector<llama_token> made = make(word);
        tokens.insert(tokens.end(), made.begin(), made.end());
        if (word.size() > LONGEST) return;
        const std::lock_guard<std::mutex> lock(own.mutex);
        if (own.known.size() < MOST / shards_.size()) own.known.emplace(std::move(word), made);
    }

  private:
    static constexpr size_t MOST = 1 << 16, LONGEST = 48; // words, bytes of one: a few MB at most

    struct shard {
        std::mutex mutex;
        std::unordered_map<std::string, std::vector<llama_token>> known;
    };
    std::array<shard, 64> shards_; // so that threads seldom wait for each other
};
