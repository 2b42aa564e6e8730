// Titles that a model may write: the trie, the search against teacher forcing of every title, and what is refused.
#include "check.h"
#include "mixed_scoring.h"
#include "rank.h"
#include "refusal.h"
#include "title_search.h"
#include "title_trie.h"
#include "vocabulary.h"
#include <cmath>
#include <set>

namespace {

const llama_token END = 99;
using token_path = std::vector<llama_token>;

std::vector<token_path> invented_paths(random_stream & chance, size_t n) {
    std::vector<token_path> paths(n);
    for (token_path & path : paths) {
        for (size_t length = chance.below(5); path.size() < length;) path.push_back(static_cast<llama_token>(chance.below(3)));
        path.push_back(END);
    }
    return paths;
}

// Every path that can be written, with the titles that it completes; each ends in one.
void walk(const title_trie & trie, size_t place, token_path & before, std::map<token_path, std::vector<int32_t>> & found) {
    const title_trie::node & node = trie.at(place);
    CHECK(trie.is_whole(place) == node.children.empty()); // a whole title is never gone on with, and what is not whole can be
    if (trie.is_whole(place)) found[before] = node.titles;
    for (const title_trie::child & child : node.children) {
        before.push_back(child.token);
        walk(trie, child.node, before, found);
        before.pop_back();
    }
}

void a_trie_lets_through_its_titles_and_nothing_else() {
    random_stream chance(1, "tries");
    for (int trial = 0; trial < 300; trial++) {
        const std::vector<token_path> paths = invented_paths(chance, 1 + chance.below(30));
        std::map<token_path, std::vector<int32_t>> expected, found;
        for (size_t i = 0; i < paths.size(); i++) expected[paths[i]].push_back(static_cast<int32_t>(i));
        token_path before;
        const title_trie trie(paths, END);
        walk(trie, title_trie::ROOT, before, found);
        CHECK(found == expected);
    }
}

void a_trie_fails_closed() {
    const auto refused = [](const std::vector<token_path> & paths) { return refusal([&] { title_trie trie(paths, END); }); };
    CHECK(refused({}).code == exit_data && says(refused({}).what(), "no titles"));
    for (const token_path & path : {token_path{}, token_path{1}, token_path{1, END, END}, token_path{END, 1}}) CHECK(says(refused({{1, END}, path}).what(), "title 1"));
}

// A tiny model with weights large enough that titles differ, rows with choices, and the log-probability of any title by one llama_decode of the whole text.
struct ranking_bench {
    temporary_folder folder;
    rank_config config;
    std::vector<json> lines;

    explicit ranking_bench(uint64_t seed) {
        config.model = write_tiny_model(folder.path, "llama", seed);
        rewrite(config.model, [](gguf_context *, std::vector<stored_tensor> & tensors) {
            for (stored_tensor & tensor : tensors)
                if (tensor.ne.size() == 2) tensor.values = random_values(tensor.name, tensor.ne[0] * tensor.ne[1], 0, 0.3);
        });
        config.data = folder.path + "/test.jsonl";
        config.max_length = 0;
        config.beams = config.top = 200;
        config.threads = 1;
    }

    void add(const std::vector<std::string> & choices, const std::string & prompt = "Seen: x. Next?") {
        json line = json::parse(instruction_line(static_cast<int>(lines.size()), true, prompt + std::to_string(lines.size()) + "\n"));
        line["label"] = nullptr;
        line["answer"] = choices[0];
        line["choices"] = choices;
        lines.push_back(line);
        std::ofstream data(config.data);
        for (const json & one : lines) data << one.dump() << "\n";
    }

    std::vector<json> ranked() const {
        std::vector<json> found;
        for (const json & event : events_of([&] { CHECK(rank(config) == exit_done); }))
            if (event["event"] == "ranked") found.push_back(event);
        return found;
    }
};

// The definition: each title after the prompt, token by token.
struct teacher {
    const vocabulary vocab;
    const stock_model model;
    const stock_model::context context;

    explicit teacher(const rank_config & config) : vocab(config.model), model(config.model, config.adapter), context(model.make_context(params(), "")) {}

    static llama_context_params params() {
        llama_context_params params = llama_context_default_params();
        params.n_ctx = 512;
        params.n_threads = params.n_threads_batch = 1;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
        return params;
    }

    double log_probability(const std::string & prompt, const std::string & title) const {
        token_path tokens = vocab.tokenize(prompt + title, {{prompt.size(), prompt.size() + title.size()}});
        const size_t n_prompt = vocab.tokenize(prompt, {}).size(), n_vocab = static_cast<size_t>(vocab.n_tokens());
        tokens.push_back(vocab.eos());
        llama_memory_clear(llama_get_memory(context.get()), true);
        llama_batch batch = llama_batch_init(512, 0, 1);
        for (const llama_token token : tokens) {
            const int32_t at = batch.n_tokens++;
            batch.token[at] = token, batch.pos[at] = at, batch.n_seq_id[at] = 1, batch.seq_id[at][0] = 0, batch.logits[at] = 1;
        }
        CHECK(llama_decode(context.get(), batch) == 0);
        llama_batch_free(batch);
        double sum = 0;
        for (size_t at = n_prompt; at < tokens.size(); at++) {
            const float * logits = llama_get_logits_ith(context.get(), static_cast<int32_t>(at) - 1);
            double all = 0;
            for (size_t v = 0; v < n_vocab; v++) all += std::exp(static_cast<double>(logits[v]));
            sum += logits[tokens[at]] - std::log(all);
        }
        return sum;
    }
};

std::vector<std::string> invented_titles(random_stream & chance, size_t n, size_t letters) {
    std::set<std::string> titles;
    while (titles.size() < n) {
        std::string title;
        for (size_t length = 1 + chance.below(6); title.size() < length;) title += static_cast<char>('a' + chance.below(letters));
        titles.insert(title);
    }
    std::vector<std::string> shuffled(titles.begin(), titles.end());
    for (size_t k = n; k > 1; k--) std::swap(shuffled[k - 1], shuffled[chance.below(k)]);
    return shuffled;
}

const double NEAR = 5e-3; // keys and values in half floats, in batches of another size

// What is told of a row: titles of the set, each once, falling, with the log-probabilities of the definition; the first `certain` are the best there are.
// returns  how many of the best titles were found
size_t check_ranking(const json & event, const std::map<std::string, double> & expected, const std::vector<std::string> & titles, size_t top) {
    CHECK(event["best"].size() == std::min(top, expected.size()));
    std::vector<double> falling;
    for (const auto & [title, value] : expected) falling.push_back(value);
    std::sort(falling.rbegin(), falling.rend());
    std::set<std::string> seen;
    double before = INFINITY;
    size_t best = 0;
    for (size_t place = 0; place < event["best"].size(); place++) {
        const json & one = event["best"][place];
        const std::string title = titles.at(one["titles"][0]);
        for (const int32_t other : one["titles"]) CHECK(titles.at(static_cast<size_t>(other)) == title);
        CHECK(seen.insert(title).second);
        const double value = one["logProbability"];
        CHECK_NEAR(value, expected.at(title), NEAR);
        CHECK(value <= before);
        before = value;
        const bool is_best = std::fabs(value - falling[place]) <= 2 * NEAR;
        best += is_best;
        if (place < event["certain"].get<size_t>()) CHECK(is_best);
    }
    return best;
}

std::map<std::string, double> taught(const teacher & oracle, const std::string & prompt, const std::vector<std::string> & titles) {
    std::map<std::string, double> expected;
    for (const std::string & title : titles) expected[title] = oracle.log_probability(prompt, title);
    return expected;
}

void as_many_beams_as_titles_equal_teacher_forcing_of_each() {
    ranking_bench bench(3);
    random_stream chance(3, "titles");
    for (int row = 0; row < 4; row++) bench.add(invented_titles(chance, 5 + chance.below(30), 2 + chance.below(20)));
    bench.add({"only"});
    bench.add({"abc", "ab", "abcd", "a"});       // each begins the next: the end tells
    bench.add({"same beginning x", "same beginning y"}); // nothing but the last token differs
    const teacher oracle(bench.config);
    const std::vector<json> ranked = bench.ranked();
    CHECK(ranked.size() == bench.lines.size());
    for (size_t i = 0; i < ranked.size(); i++) {
        const std::vector<std::string> titles = bench.lines[i]["choices"];
        CHECK(ranked[i]["row"] == i && ranked[i]["certain"] == titles.size());
        CHECK(check_ranking(ranked[i], taught(oracle, bench.lines[i]["prompt"], titles), titles, 200) == titles.size());
    }
}

// Beams that leave out most of a set: never another text, never fewer titles, and no claim that is not so.
void few_beams_stay_within_the_set_and_know_what_they_know() {
    ranking_bench bench(5);
    random_stream chance(5, "titles");
    const std::vector<std::string> titles = invented_titles(chance, 120, 4);
    bench.config.titles = titles;
    for (int row = 0; row < 3; row++) bench.add({"a", "b"});
    const teacher oracle(bench.config);
    size_t certain = 0, found = 0, told = 0;
    for (const int32_t beams : {1, 3, 10, 40}) {
        bench.config.beams = beams;
        bench.config.top = std::min(beams, 10);
        for (const json & event : bench.ranked()) {
            const size_t row = event["row"];
            found += check_ranking(event, taught(oracle, bench.lines[row]["prompt"], titles), titles, static_cast<size_t>(bench.config.top));
            certain += event["certain"].get<size_t>();
            told += event["best"].size();
        }
    }
    CHECK(certain > 0 && certain < told && found >= certain);
}

void titles_that_are_the_same_share_a_place() {
    ranking_bench bench(7);
    bench.config.titles = {"x", "yy", "x", "z", "yy", "x"};
    bench.add({"a", "b"});
    std::set<std::vector<int32_t>> together;
    const json ranked = bench.ranked()[0];
    for (const json & one : ranked["best"]) together.insert(one["titles"].get<std::vector<int32_t>>());
    CHECK(together == (std::set<std::vector<int32_t>>{{0, 2, 5}, {1, 4}, {3}}) && ranked["certain"] == 3);
}

void threads_and_other_rows_change_no_bit() {
    ranking_bench bench(9);
    random_stream chance(9, "titles");
    for (int row = 0; row < 4; row++) bench.add(invented_titles(chance, 40, 4));
    bench.config.beams = bench.config.top = 8;
    const std::vector<json> whole = bench.ranked();
    bench.config.threads = 2;
    bench.config.rows = {2, 0};
    const std::vector<json> two = bench.ranked();
    CHECK(two.size() == 2 && two[0]["best"] == whole[2]["best"] && two[1]["best"] == whole[0]["best"]);
}

// The prompt is the one that is scored: a long title of the set takes no history away while the model has room for it.
void the_prompt_is_that_of_the_scoring() {
    ranking_bench bench(11);
    json line = json::parse(instruction_line(0, true, "Seen: aaaa, bbbb, cccc, dddd. Next?\n", {{6, 12}, {12, 18}, {18, 24}}));
    line["label"] = nullptr, line["answer"] = "ab", line["choices"] = {"ab", "cd"};
    std::ofstream(bench.config.data) << line.dump() << "\n";
    const auto dropped = [&](int32_t limit, const std::string & longest) {
        bench.config.max_length = limit;
        bench.config.titles = {"e", longest};
        return bench.ranked()[0]["droppedHistory"].get<int>();
    };
    const vocabulary vocab(bench.config.model);
    const int32_t n = static_cast<int32_t>(vocab.tokenize(line["prompt"], {}).size()), with_answer = n + 3; // "ab" and the end
    CHECK(dropped(with_answer, std::string(60, 'x')) == 0);
    CHECK(dropped(with_answer - 1, std::string(60, 'x')) == 1);
    CHECK(dropped(0, std::string(static_cast<size_t>(256 - n - 1), 'x')) == 0); // 256: what the model was made for
    CHECK(dropped(0, std::string(static_cast<size_t>(256 - n), 'x')) == 1);
    const user_error error = refusal([&] { dropped(0, std::string(250, 'x')); });
    CHECK(error.code == exit_data && says(error.what(), "longest title") && says(error.where, "row 0"));
}

void what_cannot_be_ranked_is_refused() {
    ranking_bench bench(13);
    bench.add({"a", "b"});
    bench.config.titles = {"a", ""};
    const user_error empty = refusal([&] { bench.ranked(); });
    CHECK(empty.code == exit_data && says(empty.what(), "empty"));
    bench.config.titles = {};
    std::ofstream(bench.config.data) << instruction_line(0, true, "Like x?");
    const user_error no_titles = refusal([&] { bench.ranked(); });
    CHECK(no_titles.code == exit_data && says(no_titles.what(), "no choices") && says(no_titles.where, "row 0"));
    bench.config.titles = {"a", "b"};
    CHECK(bench.ranked().size() == 1);
    bench.config.rows = std::vector<int64_t>{7};
    CHECK(says(refusal([&] { bench.ranked(); }).what(), "no row 7"));

    const std::string path = bench.folder.path + "/config.json";
    json config = {{"protocol", PROTOCOL}, {"model", "m"}, {"adapter", nullptr}, {"data", "d"}, {"rows", nullptr}, {"titles", json::array({"a"})}, {"maxLength", 0}, {"beams", 3}, {"top", 3}, {"threads", 1}};
    const auto read = [&](const std::string & key, const json & value) {
        json changed = config;
        changed[key] = value;
        std::ofstream(path) << changed.dump();
        return read_rank_config(path);
    };
    CHECK(read("titles", nullptr).titles.empty() && read("beams", 4).beams == 4);
    CHECK(says(refusal([&] { read("titles", json::array()); }).what(), "titles"));
    CHECK(says(refusal([&] { read("top", 4); }).what(), "top"));
    CHECK(says(refusal([&] { read("beams", 0); }).what(), "beams"));
    CHECK(says(refusal([&] { read("beams", 100000); }).what(), "beams"));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a trie lets its titles through and nothing else, and some title can be completed from every node", a_trie_lets_through_its_titles_and_nothing_else},
        {"a trie of no titles, or of one without its end, is an error", a_trie_fails_closed},
        {"with as many beams as titles, ranking and log-probabilities equal teacher forcing of each title", as_many_beams_as_titles_equal_teacher_forcing_of_each},
        {"with few beams every text is a title of the set with its own log-probability, and what is called certain is the best", few_beams_stay_within_the_set_and_know_what_they_know},
        {"titles with the same tokens share a place", titles_that_are_the_same_share_a_place},
        {"threads and other rows change no bit", threads_and_other_rows_change_no_bit},
        {"the prompt is that of the scoring, whatever the titles, unless the model has no room", the_prompt_is_that_of_the_scoring},
        {"what cannot be ranked is refused", what_cannot_be_ranked_is_refused},
    });
}
