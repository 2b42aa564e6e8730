// Names of layers: what stands for which, and what is near a name that stands for nothing.
#include "check.h"
#include "events.h"
#include "gguf_file.h"
#include "refusal.h"
#include "target_pattern.h"
#include "tiny_model.h"
#include <fstream>

namespace {

struct tiny {
    temporary_folder folder;
    std::string path = write_tiny_model(folder.path, "llama", 7);
    gguf_file file;
    base_model model;

    explicit tiny(bool is_tied = false) : file(made(is_tied)), model(load_model(file)) {}
    const std::string & made(bool is_tied) {
        if (is_tied) tie_output(path);
        return path;
    }
    std::string names(const std::vector<std::string> & targets, block_range blocks = {0, 3}) const {
        std::string list;
        for (const layer_name & layer : resolve_targets(model, targets, blocks)) list += (list.empty() ? "" : " ") + layer.full_name();
        return list;
    }
};

// The definition: * is any text, ? any one character.
bool matches_plainly(const std::string & pattern, const std::string & text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') return matches_plainly(pattern.substr(1), text) || (!text.empty() && matches_plainly(pattern, text.substr(1)));
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && matches_plainly(pattern.substr(1), text.substr(1));
}

int32_t distance_plainly(const std::string & a, const std::string & b) {
    if (a.empty() || b.empty()) return static_cast<int32_t>(a.size() + b.size());
    return std::min({distance_plainly(a.substr(1), b.substr(1)) + (a[0] != b[0]), distance_plainly(a.substr(1), b) + 1, distance_plainly(a, b.substr(1)) + 1});
}

std::string random_text(random_stream & chance, const std::string & letters, uint64_t longest) {
    std::string text(chance.below(longest + 1), ' ');
    for (char & letter : text) letter = letters[chance.below(letters.size())];
    return text;
}

void patterns_match_by_their_definition() {
    random_stream chance(1, "patterns");
    int n_matches = 0;
    for (int i = 0; i < 3000; i++) {
        const std::string pattern = random_text(chance, "ab*?", 6), text = random_text(chance, "ab", 6);
        CHECK((pattern_distance(pattern, text) == 0) == matches_plainly(pattern, text));
        n_matches += pattern_distance(pattern, text) == 0;
        const std::string plain = random_text(chance, "abc", 5);
        CHECK(pattern_distance(plain, text) == distance_plainly(plain, text));
    }
    CHECK(n_matches > 300);
}

// The table that src/trainers/target-layers.ts is tested with, too: a run is named there by what the trainer does here.
void the_table_of_both_readers_holds() {
    std::ifstream file(RECTUNE_TARGET_PATTERNS);
    const json table = json::parse(file);
    for (const json & entry : table["patterns"]) {
        CHECK((pattern_distance(entry["pattern"], entry["text"]) == 0) == entry["matches"].get<bool>());
    }
    const tiny t;
    CHECK(t.model.shape.n_block == table["blocks"]);
    int n_refused = 0;
    for (const json & entry : table["targets"]) {
        const std::vector<std::string> targets = entry["targets"];
        const auto resolve = [&] { return t.names(targets, parse_block_range(entry["layers"], t.model.shape.n_block)); };
        if (entry["stand"].is_null()) {
            CHECK(refusal(resolve).code == exit_usage);
            n_refused++;
            continue;
        }
        std::string expected;
        for (const json & name : entry["stand"]) expected += (expected.empty() ? "" : " ") + name.get<std::string>();
        CHECK(resolve() == expected);
    }
    CHECK(n_refused > 5 && table["targets"].size() > 15 && table["patterns"].size() > 15);
}

void names_stand_for_layers() {
    const tiny t;
    CHECK(t.names({"attn_q"}) == "blk.0.attn_q blk.1.attn_q blk.2.attn_q");
    CHECK(t.names({"blk.1.attn_q"}) == "blk.1.attn_q");
    CHECK(t.names({"*ffn_u*"}, {1, 3}) == "blk.1.ffn_up blk.2.ffn_up");
    CHECK(t.names({"blk.?.attn_v", "output"}) == "blk.0.attn_v blk.1.attn_v blk.2.attn_v output");
    CHECK(t.names({"token_embd", "output"}, {0, 1}) == "output token_embd"); // blocks do not touch what is in none
    CHECK(t.names({"all-linear"}, {2, 3}) == "blk.2.attn_q blk.2.attn_k blk.2.attn_v blk.2.attn_output blk.2.ffn_gate blk.2.ffn_up blk.2.ffn_down");
}

void spelling_does_not_matter() {
    const tiny t;
    const std::string all = t.names({"all-linear"});
    CHECK(t.names({"blk.*"}) == all && t.names({"*.ffn_*", "*.attn_*"}) == all);
    CHECK(t.names({"attn_v", "attn_q"}) == t.names({"*attn_q", "blk.2.attn_v", "blk.?.attn_v", "attn_q"}));
}

void names_of_nothing_are_refused() {
    const tiny t, tied(true);
    const auto error = [](const tiny & of, const std::string & name, block_range blocks = {0, 3}) {
        const user_error refused = refusal([&] { of.names({"attn_q", name}, blocks); });
        CHECK(refused.code == exit_usage);
        return std::string(refused.what()) + " | " + refused.fix;
    };
    CHECK(says(error(t, "atn_v"), "attn_v"));
    CHECK(says(error(t, "blk.7.ffn_up"), "blk.0.ffn_up"));
    CHECK(says(error(t, "blk.*.fn_down"), ".ffn_down"));
    CHECK(says(error(t, "all_linear"), "all-linear"));
    CHECK(says(error(t, "blk.0.attn_q", {1, 3}), "in blocks 1-2"));
    CHECK(says(error(t, ""), "near"));
    CHECK(says(error(t, "attn_norm"), "near")); // a norm is no linear layer
    CHECK(says(error(tied, "output"), "no output head of its own"));
    CHECK(says(error(tied, "token_embd"), "llama.cpp cannot serve"));
    CHECK(tied.names({"*"}) == tied.names({"all-linear"}) && t.names({"*"}) == t.names({"all-linear", "output", "token_embd"}));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a pattern matches by the definition of * and ?, and is as far from a text as the edits between them", patterns_match_by_their_definition},
        {"the table that the other reader is tested with holds", the_table_of_both_readers_holds},
        {"a name stands for its layer in every block, a pattern for full names, all-linear for the blocks' layers", names_stand_for_layers},
        {"the same layers are the same list, however they are spelled", spelling_does_not_matter},
        {"a name that stands for nothing is refused with what is near it, and a tied embedding with the reason", names_of_nothing_are_refused},
    });
}
