#include "text_sampler.h"
#include "random.h"
#include "utf8.h"
#include <algorithm>
#include <cmath>

std::vector<std::string> token_texts(const llama_vocab * vocab) {
    std::vector<std::string> texts(static_cast<size_t>(llama_vocab_n_tokens(vocab)));
    for (size_t id = 0; id < texts.size(); id++) {
        const auto piece = [&] { return llama_token_to_piece(vocab, static_cast<llama_token>(id), &texts[id][0], static_cast<int32_t>(texts[id].size()), 0, false); };
        texts[id].resize(64);
        int32_t length = piece();
        if (length < 0) {
            texts[id].resize(static_cast<size_t>(-length));
            length = piece();
        }
        texts[id].resize(static_cast<size_t>(length));
    }
    return texts;
}

text_sampler::text_sampler(const llama_vocab * vocab, const std::vector<std::string> & texts, const llama_sampler * grammar, const sampling_settings & settings, uint64_t id)
    : vocab_(vocab), texts_(texts), grammar_(grammar ? llama_sampler_clone(grammar) : nullptr), chain_(llama_sampler_chain_init(llama_sampler_chain_default_params())) {
    if (settings.temperature == 0) {
        llama_sampler_chain_add(chain_.get(), llama_sampler_init_greedy());
        return;
    }
    random_stream chance(settings.seed, "text", id);
    const uint32_t own = static_cast<uint32_t>(chance.below(LLAMA_DEFAULT_SEED)); // that one would mean: by the clock
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_p(static_cast<float>(settings.top_p), 1));
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_temp(static_cast<float>(settings.temperature)));
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_dist(own));
}

std::optional<llama_token> text_sampler::next(const float * logits) {
    fill(logits);
    std::optional<llama_token> token = draw();
    if (token && !may_come(*token)) {
        fill(logits);
        keep_what_may_come();
        token = draw();
    }
    if (!token) return std::nullopt;
    if (grammar_) llama_sampler_accept(grammar_.get(), *token);
    llama_sampler_accept(chain_.get(), *token);
    if (!llama_vocab_is_eog(vocab_, *token)) {
        text_ += texts_[static_cast<size_t>(*token)];
        whole_ += *whole_characters(std::string_view(text_).substr(whole_));
    }
    return token;
}

void text_sampler::fill(const float * logits) {
    candidates_.clear();
    for (size_t id = 0; id < texts_.size(); id++) candidates_.push_back({static_cast<llama_token>(id), logits[id], 0.0f});
}

std::optional<llama_token> text_sampler::draw() {
    if (candidates_.empty()) return std::nullopt;
    llama_token_data_array array = {candidates_.data(), candidates_.size(), -1, false};
    llama_sampler_apply(chain_.get(), &array);
    return array.data[array.selected].id;
}

bool text_sampler::fits_text(llama_token token) const {
    const bool is_whole = whole_ == text_.size();
    if (llama_vocab_is_eog(vocab_, token)) return is_whole;
    const std::string & added = texts_[static_cast<size_t>(token)];
    if (added.empty()) return !grammar_; // the grammar would take the name of a special token for text
    return whole_characters(is_whole ? added : text_.substr(whole_) + added).has_value();
}

bool text_sampler::may_come(llama_token token) const {
    if (!fits_text(token)) return false;
    if (!grammar_) return true;
    llama_token_data one = {token, 0.0f, 0.0f};
    llama_token_data_array array = {&one, 1, -1, false};
    llama_sampler_apply(grammar_.get(), &array);
    return std::isfinite(one.logit);
}

void text_sampler::keep_what_may_come() {
    if (grammar_) {
        llama_token_data_array array = {candidates_.data(), candidates_.size(), -1, false};
        llama_sampler_apply(grammar_.get(), &array);
    }
    const auto is_out = [&](const llama_token_data & one) { return !std::isfinite(one.logit) || !fits_text(one.id); };
    candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(), is_out), candidates_.end());
}
