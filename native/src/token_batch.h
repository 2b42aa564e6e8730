// The tokens of one llama_decode: each with its place in a sequence of the context.
#pragma once
#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <string>

class token_batch {
  public:
    explicit token_batch(int32_t room); // tokens
    ~token_batch();
    token_batch(const token_batch &) = delete;
    token_batch & operator=(const token_batch &) = delete;

    int32_t size() const { return batch_.n_tokens; }
    bool is_full() const { return batch_.n_tokens == room_; }
    void clear() { batch_.n_tokens = 0; }

    // returns  its place in the batch, for llama_get_logits_ith
    int32_t add(llama_token token, int32_t position, size_t sequence, bool wants_logits);

    // fix      what an error tells the user to do
    // returns  false when the context's abort callback ended it
    // throws   user_error(exit_memory)
    bool decode(llama_context * context, const std::string & fix) const;

  private:
    const int32_t room_;
    llama_batch batch_;
};
