#include "title_search.h"
#include "error.h"
#include "log_sum.h"
#include <algorithm>
#include <cmath>

static const uint32_t TOKENS_AT_ONCE = 512;
static const char * const FREE_MEMORY = "free some memory, or use fewer --beams";

static llama_context_params search_params(size_t beams, size_t longest_prompt, size_t longest_title, int32_t n_threads) {
    llama_context_params params = llama_context_default_params();
    params.n_seq_max = static_cast<uint32_t>(beams + 1);
    params.kv_unified = true; // a beam's copy of the prompt is the prompt's own cells
    params.n_ctx = static_cast<uint32_t>((longest_prompt + beams * longest_title + 255) / 256 * 256);
    params.n_batch = params.n_ubatch = TOKENS_AT_ONCE;
    params.n_threads = params.n_threads_batch = n_threads;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED; // on the CPU its sums depend on the number of threads
    params.offload_kqv = params.op_offload = false;
    return params;
}

title_search::title_search(const stock_model & model, size_t beams, size_t longest_prompt, size_t longest_title, int32_t n_threads)
    : beams_(beams), n_vocab_(static_cast<size_t>(llama_vocab_n_tokens(model.vocab()))),
      context_(model.make_context(search_params(beams, longest_prompt, longest_title, n_threads), FREE_MEMORY)), batch_(static_cast<int32_t>(TOKENS_AT_ONCE)) {}

// returns  the place of the last token in the batch
int32_t title_search::decode_prompt(const std::vector<llama_token> & prompt) {
    int32_t last = 0;
    for (size_t at = 0; at < prompt.size();) {
        batch_.clear();
        for (; at < prompt.size() && !batch_.is_full(); at++) last = batch_.add(prompt[at], static_cast<int32_t>(at), 0, at + 1 == prompt.size());
        batch_.decode(context_.get(), FREE_MEMORY);
    }
    return last;
}

// Every token that may come behind a beam: into `whole` where it completes a title, else into `open`.
void title_search::take(const std::vector<beam> & beams, const title_trie & titles, std::vector<step> & open, std::vector<ranked_title> & whole) {
    for (size_t b = 0; b < beams.size(); b++) {
        const float * logits = llama_get_logits_ith(context_.get(), beams[b].place);
        const double all = log_sum(logits, n_vocab_);
        for (const title_trie::child & child : titles.at(beams[b].node).children) {
            const double log_probability = beams[b].log_probability + logits[child.token] - all;
            if (!std::isfinite(log_probability)) {
                throw user_error(exit_diverged, "the log-probability of a title is not finite", "libllama", "check the model and the adapter: one of them holds bad numbers");
            }
            if (titles.is_whole(child.node)) whole.push_back({titles.at(child.node).titles, log_probability});
            else open.push_back({b, child.token, child.node, log_probability});
        }
    }
}

// The beams of the next step, computed. The first step of a beam keeps its sequence, the others get copies; those of beams without a step are given up.
std::vector<title_search::beam> title_search::follow(const std::vector<beam> & beams, const std::vector<step> & steps, int32_t position) {
    const llama_memory_t memory = llama_get_memory(context_.get());
    std::vector<bool> goes_on(beams.size()), is_used(beams_ + 1), is_taken(beams.size());
    is_used[0] = true;
    for (const step & one : steps) goes_on[one.beam] = true;
    for (size_t b = 0; b < beams.size(); b++) {
        if (beams[b].sequence == 0) is_taken[b] = true; // the prompt stays as it is
        else if (goes_on[b]) is_used[beams[b].sequence] = true;
        else llama_memory_seq_rm(memory, static_cast<llama_seq_id>(beams[b].sequence), -1, -1);
    }
    std::vector<beam> next;
    for (const step & one : steps) {
        size_t sequence = beams[one.beam].sequence;
        if (is_taken[one.beam]) {
            const llama_seq_id from = static_cast<llama_seq_id>(sequence);
            sequence = static_cast<size_t>(std::find(is_used.begin(), is_used.end(), false) - is_used.begin());
            is_used[sequence] = true;
            llama_memory_seq_cp(memory, from, static_cast<llama_seq_id>(sequence), -1, -1);
        }
        is_taken[one.beam] = true;
        next.push_back({one.node, one.log_probability, sequence});
    }
    batch_.clear();
    for (size_t i = 0; i < next.size(); i++) next[i].place = batch_.add(steps[i].token, position, next[i].sequence, true);
    batch_.decode(context_.get(), FREE_MEMORY);
    return next;
}

title_ranking title_search::best(const std::vector<llama_token> & prompt, const title_trie & titles, size_t top) {
    llama_memory_clear(llama_get_memory(context_.get()), false);
    title_ranking ranking;
    double given_up = -INFINITY; // the most probable prefix that was not followed
    std::vector<beam> beams = {{title_trie::ROOT, 0, 0, decode_prompt(prompt)}};
    for (int32_t position = static_cast<int32_t>(prompt.size()); !beams.empty(); position++) {
        std::vector<step> open;
        take(beams, titles, open, ranking.best);
        const auto is_better = [](const auto & a, const auto & b) { return a.log_probability > b.log_probability; };
        std::stable_sort(ranking.best.begin(), ranking.best.end(), is_better);
        if (ranking.best.size() > top) ranking.best.resize(top);
        std::stable_sort(open.begin(), open.end(), is_better);
        if (open.size() > beams_) {
            given_up = std::max(given_up, open[beams_].log_probability);
            open.resize(beams_);
        }
        // A title is never more probable than its beginning.
        while (!open.empty() && ranking.best.size() == top && open.back().log_probability < ranking.best.back().log_probability) open.pop_back();
        beams = open.empty() ? std::vector<beam>{} : follow(beams, open, position);
    }
    ranking.certain = static_cast<size_t>(std::count_if(ranking.best.begin(), ranking.best.end(), [&](const ranked_title & one) { return one.log_probability > given_up; }));
    return ranking;
}
