#include "generate.h"
#include "events.h"
#include "prompt_file.h"
#include "session.h"
#include "stock_session.h"
#include "stop_signal.h"
#include "text_group.h"
#include "vocabulary.h"
#include <algorithm>
#include <set>

namespace {

struct asked_text {
    int64_t id;
    std::vector<llama_token> tokens;
    bool is_skipped;
};

std::vector<llama_token> tokens_of(const text_prompt & prompt, const vocabulary & vocab, const char * chat_template) {
    const marked_text text = chat_template ? in_chat_template(chat_template, prompt) : plain_text(prompt);
    std::vector<llama_token> tokens = vocab.tokenize(text.text, text.values);
    // Some templates write the begin token that the vocabulary adds, too.
    if (chat_template && vocab.add_bos() && tokens.size() > 1 && tokens[1] == vocab.bos()) tokens.erase(tokens.begin());
    return tokens;
}

const char * template_of(const stock_model & model, const generate_config & config) {
    if (!config.chat) return nullptr;
    const char * found = llama_model_chat_template(model.get(), nullptr);
    if (!found) throw user_error(exit_data, "the model has no chat template (tokenizer.chat_template)", config.model, "use an instruction model, or generate without the chat template (--no-chat)");
    return found;
}

// The prompts as tokens; each fits with its answer.
std::vector<asked_text> asked_texts(const generate_config & config, const stock_model & model) {
    const vocabulary vocab(config.model);
    const char * chat_template = template_of(model, config);
    const std::set<int64_t> skipped(config.skip.begin(), config.skip.end());
    const int64_t trained = llama_model_n_ctx_train(model.get()), limit = std::min(trained, config.context_length.value_or(trained));
    std::vector<asked_text> asked;
    for (const text_prompt & prompt : read_prompts(config.prompts)) {
        asked.push_back({prompt.id, tokens_of(prompt, vocab, chat_template), skipped.count(prompt.id) > 0});
        const int64_t needed = static_cast<int64_t>(asked.back().tokens.size()) + config.max_tokens;
        if (needed <= limit) continue;
        throw user_error(exit_data, "the prompt with id " + std::to_string(prompt.id) + " has " + std::to_string(asked.back().tokens.size()) + " tokens, and with " +
                                        std::to_string(config.max_tokens) + " for the text that is more than " + std::to_string(limit),
                         config.prompts, limit < trained ? "shorten it, or allow a longer --context-length" : "shorten it, or ask for fewer tokens with --max-tokens");
    }
    return asked;
}

bool stop_of(void *) { return stop_is_asked(); }

llama_context_params context_params(const generate_config & config, size_t longest) {
    llama_context_params params = llama_context_default_params();
    params.n_seq_max = static_cast<uint32_t>(config.parallel);
    params.n_ctx = params.n_seq_max * (static_cast<uint32_t>((longest + static_cast<size_t>(config.max_tokens) + 255) / 256 * 256)); // each sequence gets its share
    params.n_batch = params.n_ubatch = 512;
    params.n_threads = params.n_threads_batch = config.threads;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED; // on the CPU its sums depend on the number of threads
    params.offload_kqv = params.op_offload = false;
    params.abort_callback = stop_of;
    return params;
}

} // namespace

exit_code generate(const generate_config & config) {
    const stock_session open("generate", config.model, config.adapter, config.threads);
    const stock_model & model = open.model;
    const std::vector<asked_text> asked = asked_texts(config, model);
    const sampler_ptr grammar = config.grammar ? parse_grammar(model.vocab(), *config.grammar) : nullptr;

    size_t n_left = 0, n_tokens = 0, longest = 0;
    for (const asked_text & one : asked) {
        longest = std::max(longest, one.tokens.size());
        if (!one.is_skipped) n_left++, n_tokens += one.tokens.size();
    }
    emit("prompts", {{"prompts", n_left}, {"tokens", n_tokens}, {"longest", longest}});

    watch_for_stop();
    const stock_model::context context = model.make_context(context_params(config, longest), "use a smaller --parallel or --context-length, or free some memory");
    const std::vector<std::string> texts = token_texts(model.vocab());
    const size_t parallel = static_cast<size_t>(config.parallel);
    for (size_t begin = 0; begin < asked.size(); begin += parallel) {
        const auto first = asked.begin() + static_cast<std::ptrdiff_t>(begin), last = asked.begin() + static_cast<std::ptrdiff_t>(std::min(begin + parallel, asked.size()));
        if (std::all_of(first, last, [](const asked_text & one) { return one.is_skipped; })) continue;
        // The whole group, also of what was told before: with fewer texts beside it, another's logits would have other bits.
        std::vector<growing_text> group;
        for (auto one = first; one != last; one++) group.push_back({one->id, one->tokens, text_sampler(model.vocab(), texts, grammar.get(), config.sampling, static_cast<uint64_t>(one->id))});
        write_group(context.get(), group, config.max_tokens, [&](const growing_text & text, bool ended) {
            if (first[&text - group.data()].is_skipped) return;
            emit("generated", {{"id", text.id}, {"text", text.sampler.text()}, {"tokens", text.n_tokens}, {"end", ended ? "stop" : "length"}});
        });
    }
    announce_done("generate", std::nullopt);
    return exit_done;
}
