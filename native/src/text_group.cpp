#include "text_group.h"
#include "error.h"
#include "stop_signal.h"
#include "token_batch.h"
#include <algorithm>
#include <cmath>

namespace {

std::string named(const growing_text & text) { return "prompt with id " + std::to_string(text.id); }

// As many of the pending tokens as there is room for, one text after another.
// returns  for each text the place in the batch that its next token is drawn from, or -1
std::vector<int32_t> fill(token_batch & batch, std::vector<growing_text> & group) {
    std::vector<int32_t> places(group.size(), -1);
    batch.clear();
    for (size_t s = 0; s < group.size(); s++) {
        growing_text & text = group[s];
        for (; text.n_pending_done < text.pending.size() && !batch.is_full(); text.n_pending_done++) {
            const bool is_last = text.n_pending_done + 1 == text.pending.size();
            const int32_t place = batch.add(text.pending[text.n_pending_done], text.n_computed++, s, is_last);
            if (is_last) places[s] = place;
        }
    }
    return places;
}

void decode(llama_context * context, const token_batch & batch) {
    const bool is_whole = batch.decode(context, "free some memory, or use a smaller --parallel");
    if (!is_whole || stop_is_asked()) throw user_error(exit_stopped, "stopped before all texts were written", "generate", "give the same command again: the texts that are there are not written anew");
}

void check_logits(const float * logits, size_t n_vocab, const growing_text & text) {
    const auto is_no_number = [](float logit) { return std::isnan(logit) || logit == INFINITY; };
    if (std::any_of(logits, logits + n_vocab, is_no_number))
        throw user_error(exit_diverged, "the model gives a logit that is no number after " + std::to_string(text.n_tokens) + " tokens", named(text), "check the model and the adapter: one of them holds bad numbers");
}

} // namespace

void write_group(llama_context * context, std::vector<growing_text> & group, int32_t max_tokens, const std::function<void(const growing_text & text, bool ended)> & told) {
    const llama_vocab * vocab = llama_model_get_vocab(llama_get_model(context));
    const size_t n_vocab = static_cast<size_t>(llama_vocab_n_tokens(vocab));
    token_batch batch(static_cast<int32_t>(llama_n_batch(context)));
    llama_memory_clear(llama_get_memory(context), true);
    for (;;) {
        const std::vector<int32_t> places = fill(batch, group);
        if (batch.size() == 0) return;
        decode(context, batch);
        for (size_t s = 0; s < group.size(); s++) {
            if (places[s] < 0) continue;
            growing_text & text = group[s];
            const float * logits = llama_get_logits_ith(context, places[s]);
            check_logits(logits, n_vocab, text);
            const std::optional<llama_token> token = text.sampler.next(logits);
            if (!token) throw user_error(exit_data, "no token of the model's vocabulary may come after " + std::to_string(text.n_tokens) + " tokens", named(text), "write a grammar that this vocabulary can spell");
            const bool ends = llama_vocab_is_eog(vocab, *token);
            if (!ends) text.n_tokens++;
            text.pending.clear();
            text.n_pending_done = 0;
            if (ends || text.n_tokens == max_tokens) told(text, ends);
            else text.pending.push_back(*token);
        }
    }
}
