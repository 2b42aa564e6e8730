#include "stock_scorer.h"
#include "error.h"
#include "log_sum.h"
#include <algorithm>
#include <cmath>

namespace {

const size_t CHOICES_AT_ONCE = 64;  // sequences beside the prompt's
const uint32_t TOKENS_AT_ONCE = 512; // the default of llama-server's --ubatch-size
const char * const FREE_MEMORY = "free some memory, or shorten the rows with a smaller --max-length";

size_t choices_at_once(const std::vector<scoring_row> & rows) {
    size_t most = 0;
    for (const scoring_row & row : rows) most = std::max(most, row.choices.size());
    return std::min({most, CHOICES_AT_ONCE, llama_max_parallel_sequences() - 1});
}

// Sequence 0 is the prompt's; the cells of a copy are those of the prompt.
llama_context_params serving_params(const std::vector<scoring_row> & rows, int32_t n_threads, bool is_exact) {
    const size_t n_choices = choices_at_once(rows);
    size_t longest = 0;
    for (const scoring_row & row : rows) {
        std::vector<size_t> lengths;
        for (const std::vector<llama_token> & choice : row.choices) lengths.push_back(choice.size());
        std::sort(lengths.rbegin(), lengths.rend());
        size_t length = row.context.size();
        for (size_t i = 0; i < std::min(n_choices, lengths.size()); i++) length += lengths[i];
        longest = std::max(longest, length);
    }
    llama_context_params params = llama_context_default_params();
    params.n_seq_max = static_cast<uint32_t>(n_choices + 1);
    params.kv_unified = true;
    params.n_ctx = static_cast<uint32_t>((longest + 255) / 256 * 256);
    if (is_exact) {
        params.type_k = params.type_v = GGML_TYPE_F32;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED; // it rounds to half floats whatever the cache holds
    }
    params.n_batch = params.n_ubatch = TOKENS_AT_ONCE;
    params.n_threads = params.n_threads_batch = n_threads;
    params.offload_kqv = params.op_offload = false;
    return params;
}

} // namespace

stock_scorer::stock_scorer(const stock_model & model, const std::vector<scoring_row> & rows, int32_t n_threads, bool is_exact)
    : n_vocab_(static_cast<size_t>(llama_vocab_n_tokens(model.vocab()))), context_(model.make_context(serving_params(rows, n_threads, is_exact), FREE_MEMORY)),
      batch_(static_cast<int32_t>(TOKENS_AT_ONCE)) {}

void stock_scorer::clear() { llama_memory_clear(llama_get_memory(context_.get()), false); }

double stock_scorer::log_probability(const float * logits, llama_token token) const {
    return logits[token] - log_sum(logits, n_vocab_);
}

// Those behind the last token.
const float * stock_scorer::prompt_logits(const std::vector<llama_token> & context) {
    int32_t last = 0;
    for (size_t at = 0; at < context.size();) {
        batch_.clear();
        for (; at < context.size() && !batch_.is_full(); at++) last = batch_.add(context[at], static_cast<int32_t>(at), 0, at + 1 == context.size());
        batch_.decode(context_.get(), FREE_MEMORY);
    }
    return llama_get_logits_ith(context_.get(), last);
}

void stock_scorer::read(const std::vector<reading> & readings, std::vector<std::vector<double>> & found) {
    if (readings.empty()) return;
    batch_.decode(context_.get(), FREE_MEMORY);
    for (const reading & one : readings) found[one.choice].push_back(log_probability(llama_get_logits_ith(context_.get(), one.place), one.token));
    batch_.clear();
}

// first  logits behind the prompt
// returns  of each choice, those of its tokens
std::vector<std::vector<double>> stock_scorer::choice_log_probabilities(const scoring_row & row, const float * first) {
    std::vector<std::vector<double>> found;
    for (const std::vector<llama_token> & choice : row.choices) found.push_back({log_probability(first, choice[0])});
    const llama_memory_t memory = llama_get_memory(context_.get());
    const size_t at_once = llama_n_seq_max(context_.get()) - 1;
    for (size_t begin = 0; begin < row.choices.size(); begin += at_once) {
        std::vector<reading> readings;
        batch_.clear();
        const size_t end = std::min(begin + at_once, row.choices.size());
        for (size_t choice = begin; choice < end; choice++) {
            const std::vector<llama_token> & tokens = row.choices[choice];
            const llama_seq_id sequence = static_cast<llama_seq_id>(choice - begin + 1);
            llama_memory_seq_rm(memory, sequence, -1, -1);
            llama_memory_seq_cp(memory, 0, sequence, -1, -1);
            for (size_t at = 0; at + 1 < tokens.size(); at++) {
                if (batch_.is_full()) {
                    read(readings, found);
                    readings.clear();
                }
                const int32_t place = batch_.add(tokens[at], static_cast<int32_t>(row.context.size() + at), static_cast<size_t>(sequence), true);
                readings.push_back({place, choice, tokens[at + 1]});
            }
        }
        read(readings, found);
    }
    return found;
}

row_score stock_scorer::score(const scoring_row & row) {
    const float * first = prompt_logits(row.context);
    row_score score;
    if (row.label_tokens.size() == 2) {
        score.log_odds = static_cast<double>(first[row.label_tokens[0]]) - first[row.label_tokens[1]];
        score.label_mass = std::exp(log_probability(first, row.label_tokens[0])) + std::exp(log_probability(first, row.label_tokens[1]));
    }
    for (size_t i = 0; i < row.label_tokens.size() && row.label_tokens.size() > 2; i++) {
        const double one = log_probability(first, row.label_tokens[i]);
        score.choices.push_back({one, 1, one});
    }
    for (const std::vector<double> & tokens : choice_log_probabilities(row, first)) {
        double sum = 0;
        for (const double one : tokens) sum += one;
        score.choices.push_back({sum, static_cast<int32_t>(tokens.size()), tokens[row.shared]});
    }
    const bool is_finite = std::isfinite(score.log_odds) && std::all_of(score.choices.begin(), score.choices.end(), [](const choice_score & one) { return std::isfinite(one.sum); });
    if (!is_finite) throw user_error(exit_diverged, "the score of row " + std::to_string(row.row) + " is not finite", "libllama", "check the model and the adapter: one of them holds bad numbers");
    return score;
}
