// Rows as stock libllama answers them: against a plain llama_decode of each answer, and against our own scorer.
#include "check.h"
#include "gguf_file.h"
#include "mixed_scoring.h"
#include "refusal.h"
#include "serve.h"
#include "stock_model.h"
#include "stock_scorer.h"
#include "vocabulary.h"
#include <cmath>

namespace {

serve_config served(const mixed_scoring & scoring) {
    return {scoring.config.model, scoring.config.adapter, scoring.config.data, scoring.config.labels, std::nullopt, scoring.config.max_length, 1};
}

std::vector<json> answers_of(const serve_config & config) {
    std::vector<json> found;
    for (const json & event : events_of([&] { CHECK(serve(config) == exit_done); }))
        if (event["event"] == "served") found.push_back(event);
    return found;
}

// Of each answer of a row: its tokens behind the prompt, the log-probability of each by one llama_decode of the whole text.
struct plain_server {
    const vocabulary vocab;
    const stock_model model;
    const stock_model::context context;

    explicit plain_server(const serve_config & config) : vocab(config.model), model(config.model, config.adapter), context(model.make_context(params(), "")) {}

    static llama_context_params params() {
        llama_context_params params = llama_context_default_params();
        params.n_ctx = 512;
        params.n_threads = params.n_threads_batch = 1;
        return params;
    }

    std::vector<double> log_probabilities(const std::vector<llama_token> & tokens, size_t n_prompt) const {
        llama_memory_clear(llama_get_memory(context.get()), true);
        llama_batch batch = llama_batch_init(512, 0, 1);
        for (const llama_token token : tokens) {
            const int32_t at = batch.n_tokens++;
            batch.token[at] = token, batch.pos[at] = at, batch.n_seq_id[at] = 1, batch.seq_id[at][0] = 0, batch.logits[at] = 1;
        }
        CHECK(llama_decode(context.get(), batch) == 0);
        llama_batch_free(batch);
        std::vector<double> found;
        const size_t n_vocab = static_cast<size_t>(vocab.n_tokens());
        for (size_t at = n_prompt; at < tokens.size(); at++) {
            const float * logits = llama_get_logits_ith(context.get(), static_cast<int32_t>(at) - 1);
            double sum = 0;
            for (size_t v = 0; v < n_vocab; v++) sum += std::exp(static_cast<double>(logits[v]));
            found.push_back(logits[tokens[at]] - std::log(sum));
        }
        return found;
    }
};

double sum_of(const std::vector<double> & values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
}

// A vocabulary of bytes: the tokens of prompt and answer are those of the prompt, then those of the answer.
void check_against_plain_decodes(const mixed_scoring & scoring) {
    const serve_config config = served(scoring);
    const std::vector<json> found = answers_of(config);
    const plain_server plain(config);
    CHECK(found.size() == scoring.lines.size());
    for (size_t i = 0; i < found.size(); i++) {
        const json & line = scoring.lines[i];
        const std::string prompt = line["prompt"];
        const bool has_choices = line.contains("choices");
        const std::vector<std::string> answers = has_choices ? line["choices"] : line.contains("labels") ? line["labels"] : json(config.labels);
        const size_t n_prompt = plain.vocab.tokenize(prompt, {}).size();
        std::vector<std::vector<double>> each;
        size_t shared = 0; // bytes with which all labels begin
        while (!has_choices && std::all_of(answers.begin(), answers.end(), [&](const std::string & one) { return one[shared] == answers[0][shared]; })) shared++;
        for (const std::string & answer : answers) {
            std::vector<llama_token> tokens = plain.vocab.tokenize(prompt + answer, {{prompt.size(), prompt.size() + answer.size()}});
            if (has_choices) tokens.push_back(plain.vocab.eos());
            each.push_back(plain.log_probabilities(tokens, n_prompt));
        }
        const json & event = found[i];
        CHECK(event["row"] == i && event["seconds"] > 0);
        CHECK(event["tokens"] == n_prompt + shared);
        if (!has_choices && answers.size() == 2) {
            CHECK(event["scores"].size() == 1);
            CHECK_NEAR(event["scores"][0].get<double>(), each[0][shared] - each[1][shared], 1e-3);
            continue;
        }
        CHECK(event["scores"].size() == answers.size());
        for (size_t k = 0; k < answers.size(); k++) CHECK_NEAR(event["scores"][k].get<double>(), has_choices ? sum_of(each[k]) : each[k][shared], 2e-3);
    }
}

void answers_are_those_of_plain_decodes() {
    for (const bool has_adapter : {false, true}) {
        mixed_scoring scoring(131);
        if (has_adapter) scoring.add_adapter();
        check_against_plain_decodes(scoring);
    }
}

// Of each row of a file, with keys and values as exact as ours.
std::map<int64_t, row_score> exact_scores(const serve_config & config) {
    const vocabulary vocab(config.model);
    const stock_model model(config.model, config.adapter);
    std::vector<scoring_row> rows;
    for (const instruction & row : read_instructions(config.data)) rows.push_back(tokenize_for_scoring(vocab, row, config.labels, config.max_length));
    stock_scorer scorer(model, rows, 1, true);
    std::map<int64_t, row_score> found;
    for (const scoring_row & row : rows) {
        scorer.clear();
        found[row.row] = scorer.score(row);
    }
    return found;
}

// exact  of a log-probability, where keys and values are floats
void check_against_our_scorer(const mixed_scoring & scoring, double exact = 2e-4) {
    const serve_config config = served(scoring);
    const std::map<int64_t, json> ours = scoring.scores();
    std::map<int64_t, row_score> exact_ones = exact_scores(config);
    const double served = 5e-3; // half floats
    for (const json & event : answers_of(config)) {
        const json & own = ours.at(event["row"]);
        const row_score & row = exact_ones.at(event["row"]);
        if (own.contains("logOdds")) {
            CHECK_NEAR(row.log_odds, own["logOdds"].get<double>(), 2 * exact);
            CHECK_NEAR(row.label_mass, own["labelMass"].get<double>(), exact);
            CHECK_NEAR(event["scores"][0].get<double>(), own["logOdds"].get<double>(), 2 * served);
            continue;
        }
        CHECK(event["scores"].size() == own["choices"].size() && row.choices.size() == own["choices"].size());
        for (size_t k = 0; k < row.choices.size(); k++) {
            const json & one = own["choices"][k];
            const int tokens = one["tokens"];
            CHECK(row.choices[k].tokens == tokens);
            CHECK_NEAR(row.choices[k].sum, one["sum"].get<double>(), exact * tokens);
            CHECK_NEAR(row.choices[k].first, one["first"].get<double>(), exact);
            CHECK_NEAR(event["scores"][k].get<double>(), one["sum"].get<double>(), served * tokens);
        }
    }
}

void an_f32_model_is_served_as_we_score_it() {
    uint64_t seed = 140;
    for (const char * family : {"llama", "qwen3", "gemma3"}) {
        mixed_scoring scoring(seed++, 24, family);
        scoring.add_adapter();
        check_against_our_scorer(scoring, family == std::string("gemma3") ? 5e-3 : 2e-4); // libllama's GELU is a table of half floats
    }
}

// More choices than sequences, and more tokens than one batch takes, of the prompt too.
void long_prompts_and_many_choices_are_cut_into_batches() {
    mixed_scoring scoring(151, 0);
    random_stream chance(151, "many");
    std::ofstream data(scoring.config.data);
    for (int row = 0; row < 3; row++) {
        json line = json::parse(instruction_line(row, true, "Seen: " + std::string(static_cast<size_t>(90 + row), 'x') + "?"));
        std::vector<std::string> titles;
        for (int i = 0; i < (row == 1 ? 3 : 150); i++) titles.push_back(std::to_string(i) + std::string(chance.below(14), static_cast<char>('a' + chance.below(26))));
        line["choices"] = titles;
        line["answer"] = titles[0];
        line["label"] = nullptr;
        scoring.lines.push_back(line);
        data << line.dump() << "\n";
    }
    data.close();
    check_against_our_scorer(scoring);
}

void rows_come_as_they_are_asked_for_and_not_as_those_before() {
    mixed_scoring scoring(161, 20);
    serve_config config = served(scoring);
    std::map<int64_t, json> whole;
    for (const json & event : answers_of(config)) whole[event["row"]] = event["scores"];
    config.rows = {17, 3, 4, 0, 12, 3};
    std::vector<int64_t> told;
    for (const json & event : answers_of(config)) {
        told.push_back(event["row"]);
        for (size_t k = 0; k < event["scores"].size(); k++) CHECK_NEAR(event["scores"][k].get<double>(), whole.at(told.back())[k].get<double>(), 1e-5);
    }
    CHECK(told == *config.rows);
    config.rows = {3, 20};
    const user_error error = refusal([&] { answers_of(config); });
    CHECK(error.code == exit_data && says(error.what(), "no row 20") && error.where == config.data);
    config.rows = std::vector<int64_t>{};
    CHECK(answers_of(config).empty());
}

void what_is_too_long_loses_its_oldest_history_as_in_scoring() {
    mixed_scoring scoring(171, 0);
    const std::string prompt = "Seen: aaaa, bbbb, cccc, dddd. Next?";
    const json line = json::parse(instruction_line(0, true, prompt, {{6, 12}, {12, 18}, {18, 24}}));
    scoring.lines = {line};
    std::ofstream(scoring.config.data) << line.dump() << "\n";
    const auto tokens = [&](int32_t limit) {
        scoring.config.max_length = limit;
        check_against_our_scorer(scoring);
        return answers_of(served(scoring))[0]["tokens"].get<size_t>();
    };
    const size_t whole = tokens(0), with_answer = whole + 5; // "Yes." and the end; a space is three bytes
    CHECK(tokens(static_cast<int32_t>(with_answer)) == whole);
    CHECK(tokens(static_cast<int32_t>(with_answer) - 1) == whole - 8);
    CHECK(tokens(static_cast<int32_t>(with_answer) - 9) == whole - 16);
}

void an_adapter_that_llama_cpp_cannot_load_is_refused_with_the_reason() {
    mixed_scoring scoring(181, 4);
    const gguf_file file(scoring.config.model);
    const base_model model = load_model(file);
    backend cpu(1);
    const std::string path = scoring.folder.path + "/dora.gguf";
    adapter::create(cpu, model, resolve_targets(model, {"attn_q"}, {0, model.shape.n_block}), {2, 4, lora_scaling::by_rank, lora_init::random, true, 3})->save(path, model.shape.architecture);
    scoring.config.adapter = path;
    const user_error dora = refusal([&] { answers_of(served(scoring)); });
    CHECK(dora.code == exit_data && says(dora.what(), "DoRA") && says(dora.fix, "rectune merge") && dora.where == path);

    const std::string other = write_tiny_model(scoring.folder.path, "qwen3", 5);
    const gguf_file other_file(other);
    const base_model other_model = load_model(other_file);
    plain_adapter(cpu, other_model, {"attn_q"}, 2, 4, 1)->save(path, "qwen3");
    const user_error foreign = refusal([&] { answers_of(served(scoring)); });
    CHECK(foreign.code == exit_data && foreign.where == path && says(foreign.what(), "libllama cannot load the adapter"));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"scores of labels and choices are those of a plain llama_decode of each whole text, with an adapter and without", answers_are_those_of_plain_decodes},
        {"an F32 model is served as we score it, to 2e-4 of a log-probability where keys and values are floats, and 5e-3 where they are half floats", an_f32_model_is_served_as_we_score_it},
        {"more choices than sequences, and more tokens than a batch, change no score", long_prompts_and_many_choices_are_cut_into_batches},
        {"rows come in the order asked for, and no row sees one before it; one that is not there is refused", rows_come_as_they_are_asked_for_and_not_as_those_before},
        {"a row that is too long loses its oldest history as in scoring", what_is_too_long_loses_its_oldest_history_as_in_scoring},
        {"an adapter that llama.cpp cannot load is refused with the reason: DoRA, or one of another model", an_adapter_that_llama_cpp_cannot_load_is_refused_with_the_reason},
    });
}
