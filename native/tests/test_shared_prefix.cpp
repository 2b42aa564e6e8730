// A batch in parts that share prefixes: loss and gradients of the whole batch, whatever the prefixes, the family, the adapter, the way to compute.
#include "check.h"
#include "network.h"
#include "packing.h"
#include "tiny_model.h"
#include <cmath>
#include <set>

namespace {

struct tiny : adapted_model {
    tiny(const std::string & family, const std::vector<std::string> & targets) : adapted_model([&](const std::string & folder) { return write_tiny_model(folder, family, 7); }) {
        lora = plain_adapter(cpu, model, targets, 3, 6, 11);
        randomise(*lora, 0.2, 13);
    }
};

// Rows in groups that begin alike for different lengths, so that parts cut through groups and through segments.
std::vector<token_row> nested_rows(size_t n, uint64_t seed) {
    random_stream chance(seed, "nested rows");
    std::vector<token_row> rows;
    for (size_t r = 0; r < n; r++) {
        token_row row{static_cast<int64_t>(r), {1, 5, 9, 9}, 0, 0};
        if (r > 0 && chance.below(3) > 0) { // as far as a row before, or further
            const std::vector<llama_token> & other = rows[chance.below(r)].tokens;
            row.tokens.assign(other.begin(), other.begin() + 4 + static_cast<std::ptrdiff_t>(chance.below(other.size() - 4)));
        }
        for (uint64_t more = 3 + chance.below(12); more > 0; more--) row.tokens.push_back(static_cast<llama_token>(3 + chance.below(250)));
        row.answer_begin = static_cast<int32_t>(row.tokens.size()) - 1 - static_cast<int32_t>(chance.below(2));
        rows.push_back(row);
    }
    return rows;
}

struct outcome { double loss; lora_values gradients; int64_t n_computed; };

outcome whole_batch(tiny & t, const std::vector<token_row> & rows, bool all) {
    outcome found{0, zeros_like(*t.lora), 0};
    const token_layout layout = lay_out_for_training(rows, true);
    const std::vector<prediction> predictions = predictions_of(rows, layout, all);
    next_token_objective goal(predictions, 1.0f / static_cast<float>(predictions.size()));
    network own(t.cpu, t.model, t.lora.get());
    found.loss = own.loss({layout, goal, 0, 0}, &found.gradients);
    found.n_computed = static_cast<int64_t>(layout.tokens.size());
    return found;
}

std::vector<const token_layout *> pointers_of(const std::vector<token_layout> & layouts) {
    std::vector<const token_layout *> pointers;
    for (const token_layout & layout : layouts) pointers.push_back(&layout);
    return pointers;
}

outcome in_parts(tiny & t, const std::vector<token_row> & rows, bool all, size_t rows_at_once, const pass_options & options) {
    std::vector<const std::vector<llama_token> *> tokens;
    size_t n_predictions = 0;
    for (const token_row & row : rows) {
        tokens.push_back(&row.tokens);
        n_predictions += static_cast<size_t>(loss_positions(row, all).end - loss_positions(row, all).begin);
    }
    std::vector<std::vector<token_row>> parts;
    std::vector<token_layout> layouts;
    for (const std::vector<size_t> & part : pack(tokens, {rows_at_once, SIZE_MAX}, true)) {
        parts.push_back({});
        for (const size_t row : part) parts.back().push_back(rows[row]);
        layouts.push_back(lay_out_for_training(parts.back(), true));
    }
    const std::unique_ptr<shared_prefix> made = prefix_between(pointers_of(layouts), t.model.shape.n_block);
    CHECK(made != nullptr);
    shared_prefix & shared = *made;
    outcome found{0, zeros_like(*t.lora), static_cast<int64_t>(shared.n_columns())};
    network own(t.cpu, t.model, t.lora.get(), options);
    own.forward(shared, 0, 0);
    for (size_t i = 0; i < parts.size(); i++) {
        const std::vector<token_row> & part = parts[i];
        const token_layout & layout = layouts[i];
        next_token_objective goal(predictions_of(part, layout, all), 1.0f / static_cast<float>(n_predictions));
        given_columns given = take_from(shared, layout, goal.columns());
        found.loss += own.loss({layout, goal, 0, 0, &given}, &found.gradients);
        found.n_computed += std::count(given.source.begin(), given.source.end(), -1);
    }
    own.backward(shared, 0, 0, found.gradients);
    return found;
}

void expect_same(const outcome & found, const outcome & expected) {
    CHECK_NEAR(found.loss, expected.loss, 1e-5);
    for (size_t i = 0; i < expected.gradients.size(); i++) {
        double size = 1e-6, worst = 0;
        for (size_t j = 0; j < expected.gradients[i].size(); j++) {
            size = std::max(size, static_cast<double>(std::fabs(expected.gradients[i][j])));
            worst = std::max(worst, std::fabs(static_cast<double>(found.gradients[i][j]) - expected.gradients[i][j]));
        }
        CHECK(worst < 2e-5 * size + 1e-7);
    }
}

void parts_are_the_whole(const std::string & family, const std::vector<std::string> & targets) {
    tiny t(family, targets);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const std::vector<token_row> rows = nested_rows(9, seed);
        for (const bool all : {false, true}) {
            const outcome expected = whole_batch(t, rows, all);
            for (const size_t at_once : {1, 2, 4}) expect_same(in_parts(t, rows, all, at_once, {}), expected);
            pass_options recomputing;
            recomputing.recomputes = true;
            expect_same(in_parts(t, rows, all, 3, recomputing), expected);
        }
    }
}

void nothing_is_computed_twice() {
    tiny t("llama", {"attn_q", "attn_v"});
    std::vector<token_row> rows; // two wordings, each with a question of its own a row: what parts share ends before anything that is read
    for (size_t r = 0; r < 12; r++) {
        token_row row{static_cast<int64_t>(r), std::vector<llama_token>(20, r % 2 == 0 ? 7 : 8), 0, 0};
        for (llama_token i = 0; i < 6; i++) row.tokens.push_back(static_cast<llama_token>(20 + r * 7) + i);
        row.answer_begin = static_cast<int32_t>(row.tokens.size()) - 1;
        rows.push_back(row);
    }
    const outcome expected = whole_batch(t, rows, false), found = in_parts(t, rows, false, 2, {});
    CHECK(expected.n_computed == 2 * 20 + 12 * 5);
    CHECK(found.n_computed == expected.n_computed);
    expect_same(found, expected);
}

// The prefixes that parts of these rows share; none when they share nothing.
std::vector<std::vector<llama_token>> prefixes_between(const std::vector<std::vector<std::vector<llama_token>>> & parts) {
    std::vector<token_layout> layouts;
    for (const std::vector<std::vector<llama_token>> & part : parts) layouts.push_back(lay_out(pointers_to(part), true));
    const std::unique_ptr<shared_prefix> shared = prefix_between(pointers_of(layouts), 0);
    std::vector<std::vector<llama_token>> prefixes;
    if (!shared) return prefixes;
    for (const std::vector<int32_t> & columns : shared->layout().columns) {
        prefixes.push_back({});
        for (const int32_t column : columns) prefixes.back().push_back(shared->layout().tokens[static_cast<size_t>(column)]);
    }
    return prefixes;
}

void prefixes_that_save_nothing_are_not_shared() {
    CHECK(prefixes_between({{{1, 2, 3}}, {{4, 5, 6}}}).empty());     // nothing in common
    CHECK(prefixes_between({{{1, 2, 3}, {1, 2, 4}}}).empty());       // one part
    CHECK(prefixes_between({{{1, 2, 3}}, {{1, 2, 4}}}).size() == 1); // two columns, taken twice
    random_stream chance(3, "worth");
    for (int trial = 0; trial < 200; trial++) {
        std::vector<std::vector<std::vector<llama_token>>> parts(1 + chance.below(5));
        std::vector<std::vector<llama_token>> rows(parts.size() * (1 + chance.below(3)));
        for (std::vector<llama_token> & row : rows)
            for (uint64_t length = 1 + chance.below(8); length > 0; length--) row.push_back(static_cast<llama_token>(chance.below(2)));
        std::sort(rows.begin(), rows.end());
        for (size_t i = 0; i < rows.size(); i++) parts[i * parts.size() / rows.size()].push_back(rows[i]);
        // Slowly: the distinct prefixes that are among those shared, in all and part by part.
        const auto of = [](const std::vector<std::vector<llama_token>> & some) {
            std::set<std::vector<llama_token>> all;
            for (const std::vector<llama_token> & row : some)
                for (size_t n = 1; n <= row.size(); n++) all.insert({row.begin(), row.begin() + static_cast<std::ptrdiff_t>(n)});
            return all;
        };
        const std::set<std::vector<llama_token>> shared = of(prefixes_between(parts));
        size_t taken = 0;
        for (const auto & part : parts)
            for (const std::vector<llama_token> & prefix : of(part)) taken += shared.count(prefix);
        CHECK(shared.empty() || 2 * taken > 3 * shared.size());
        for (const std::vector<llama_token> & prefix : shared) { // each stands in two parts at least
            size_t n = 0;
            for (const auto & part : parts) n += of(part).count(prefix);
            CHECK(n >= 2);
        }
    }
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases;
    const std::vector<std::string> blocks = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"};
    for (const std::string family : {"llama", "qwen2", "qwen3", "gemma2", "gemma3", "smollm3"})
        cases.push_back({family + ": parts that share prefixes have the loss and the gradients of the whole batch", [=] { parts_are_the_whole(family, blocks); }});
    cases.push_back({"phi3: the same where query, key and value are one layer", [] { parts_are_the_whole("phi3", {"attn_qkv", "attn_output", "ffn_up", "ffn_down"}); }});
    cases.push_back({"llama: the same with an adapter on the embedding and on the head", [] { parts_are_the_whole("llama", {"attn_q", "output", "token_embd"}); }});
    cases.push_back({"llama: the same with an adapter on the values alone", [] { parts_are_the_whole("llama", {"attn_v"}); }});
    cases.push_back({"prefixes that parts share are computed once", nothing_is_computed_twice});
    cases.push_back({"a prefix is shared by two parts at least, and only when that saves more than it costs", prefixes_that_save_nothing_are_not_shared});
    return run_tests(cases);
}
