// Hidden states that are computed once: the same adapter as without them, wherever they are kept, and never a wrong one.
#include "check.h"
#include "config.h"
#include "events.h"
#include "network.h"
#include "prefix_index.h"
#include "refusal.h"
#include "whole_verb.h"
#include <cmath>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace {

struct tiny : adapted_model { // on the last of three blocks
    tiny() : adapted_model([](const std::string & folder) { return write_tiny_model(folder, "qwen3", 7); }) {
        lora = adapter::create(cpu, model, resolve_targets(model, {"attn_q", "attn_v", "ffn_up"}, {2, 3}), plain_settings(3, 6.0, 11));
        randomise(*lora, 0.2, 13);
    }

    // Loss and gradients of one pass over some rows.
    std::pair<double, lora_values> pass(const std::vector<token_row> & rows, const pass_options & options, float dropout) {
        const token_layout layout = lay_out_for_training(rows, true);
        next_token_objective goal(predictions_of(rows, layout, true), 0.01f);
        lora_values gradients = zeros_like(*lora);
        network own(cpu, model, lora.get(), options);
        const double loss = own.loss({layout, goal, dropout, 99}, &gradients);
        return {loss, gradients};
    }

    json event; // of the last `prepare`

    std::unique_ptr<hidden_states> prepare(const std::vector<token_row> & rows, state_settings settings, int32_t cut = 2) {
        std::unique_ptr<hidden_states> made;
        const std::vector<json> events = events_of([&] { made = hidden_states::prepare({cpu, model, model, "f32"}, inputs_of(rows), cut, settings, [] { return false; }); });
        CHECK(events.size() == 1 && events[0]["event"] == "hidden-states");
        event = events[0];
        CHECK((event["place"] == "nowhere") == (made == nullptr));
        return made;
    }

    state_settings settings(state_place place, bool is_f16 = false) const { return {place, is_f16, uint64_t(1) << 30, folder.path + "/states", 10}; }
};

std::vector<token_row> some_of(const std::vector<token_row> & rows, std::vector<size_t> places) {
    std::vector<token_row> chosen;
    for (const size_t place : places) chosen.push_back(rows[place]);
    return chosen;
}

void states_change_no_bit_of_a_pass() {
    tiny t;
    const std::vector<token_row> rows = random_rows(12, t.model.shape.n_vocab, 5);
    for (const state_place place : {state_place::memory, state_place::disk, state_place::disk}) { // the second time the file is found
        const std::unique_ptr<hidden_states> states = t.prepare(rows, t.settings(place));
        for (const std::vector<size_t> & batch : {std::vector<size_t>{3}, {11, 0, 7, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}) {
            for (const float dropout : {0.0f, 0.3f}) {
                const std::vector<token_row> chosen = some_of(rows, batch);
                CHECK(t.pass(chosen, {2, false, states.get(), false}, dropout) == t.pass(chosen, {}, dropout));
            }
        }
    }
    CHECK(t.event["reused"] == true);
}

// Rounded where they are kept, or in the pass itself: the same bits; and near what is not rounded.
void half_states_stay_near() {
    tiny t;
    const std::vector<token_row> rows = random_rows(12, t.model.shape.n_vocab, 6);
    const std::unique_ptr<hidden_states> states = t.prepare(rows, t.settings(state_place::memory, true));
    CHECK(t.event["bytes"] == t.event["columns"].get<int64_t>() * t.model.shape.n_embd * 2);
    const auto kept = t.pass(rows, {2, true, states.get(), false}, 0), rounded = t.pass(rows, {2, true, nullptr, false}, 0), exact = t.pass(rows, {}, 0);
    CHECK(kept == rounded);
    CHECK_NEAR(kept.first, exact.first, 1e-3 * exact.first);
    double error = 0, size = 0;
    for (size_t i = 0; i < exact.second.size(); i++) {
        for (size_t j = 0; j < exact.second[i].size(); j++) {
            error += std::pow(static_cast<double>(kept.second[i][j]) - exact.second[i][j], 2);
            size += std::pow(static_cast<double>(exact.second[i][j]), 2);
        }
    }
    CHECK(error > 0 && std::sqrt(error / size) < 2e-3); // stated in docs/protocol.md
}

void each_prefix_is_kept_once() {
    tiny t;
    const std::vector<token_row> rows = random_rows(12, t.model.shape.n_vocab, 7);
    const auto states = t.prepare(rows, t.settings(state_place::memory));
    CHECK(t.event["columns"] == static_cast<int64_t>(lay_out_for_training(rows, true).tokens.size()));
}

// A row that was not prepared is computed from its tokens.
void unknown_rows_are_computed_whole() {
    tiny t;
    const std::vector<token_row> rows = random_rows(6, t.model.shape.n_vocab, 8), others = random_rows(6, t.model.shape.n_vocab, 9);
    const auto states = t.prepare(rows, t.settings(state_place::memory));
    CHECK(t.pass(others, {2, false, states.get(), false}, 0) == t.pass(others, {}, 0));
}

void files_are_made_again_when_they_are_not_whole() {
    tiny t;
    const std::vector<token_row> rows = random_rows(6, t.model.shape.n_vocab, 10);
    const auto file_of = [&] {
        std::vector<std::string> found;
        for (const auto & entry : fs::directory_iterator(t.folder.path + "/states")) found.push_back(entry.path());
        CHECK(found.size() == 1);
        return found[0];
    };
    const auto expected = t.pass(rows, {}, 0);
    t.prepare(rows, t.settings(state_place::disk));
    for (const int fault : {0, 1, 2}) {
        const std::string path = file_of();
        if (fault == 0) fs::resize_file(path, fs::file_size(path) - 1);
        if (fault == 1) fs::resize_file(path, 0);
        if (fault == 2) {
            std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
            bytes.seekp(1001);
            bytes.put('x');
        }
        if (fault == 1) { // what a killed process was writing: no process has this number
            std::ofstream(t.folder.path + "/states/0123456789abcdef.999999999.hidden.tmp") << "half";
        }
        const auto states = t.prepare(rows, t.settings(state_place::disk));
        CHECK(t.event["reused"] == false);
        CHECK(t.pass(rows, {2, false, states.get(), false}, 0) == expected);
    }
    t.prepare(rows, t.settings(state_place::disk));
    CHECK(t.event["reused"] == true);
    file_of();
}

// What is not the same gets another file; the oldest goes when the limit asks for it.
void files_belong_to_their_rows_cut_and_precision() {
    tiny t;
    const std::vector<token_row> rows = random_rows(6, t.model.shape.n_vocab, 11), others = random_rows(6, t.model.shape.n_vocab, 12);
    const auto n_files = [&] { return std::distance(fs::directory_iterator(t.folder.path + "/states"), fs::directory_iterator()); };
    t.prepare(rows, t.settings(state_place::disk));
    const uint64_t bytes = t.event["bytes"];
    t.prepare(others, t.settings(state_place::disk));
    CHECK(t.event["reused"] == false);
    t.prepare(rows, t.settings(state_place::disk), 1);
    CHECK(t.event["reused"] == false);
    t.prepare(rows, t.settings(state_place::disk, true));
    CHECK(t.event["reused"] == false && n_files() == 4);
    state_settings narrow = t.settings(state_place::disk);
    narrow.limit = bytes + bytes / 4;
    const std::vector<token_row> last = random_rows(6, t.model.shape.n_vocab, 11 + 2);
    t.prepare(last, narrow);
    if (t.event["place"] == "disk") CHECK(n_files() == 1);
}

void states_that_fit_nowhere_are_not_kept() {
    tiny t;
    const std::vector<token_row> rows = random_rows(6, t.model.shape.n_vocab, 14);
    state_settings settings = t.settings(state_place::choose);
    CHECK(t.prepare(rows, settings) && t.event["place"] == "memory");
    CHECK(!t.prepare(rows, settings, 0));
    settings.limit = 100;
    CHECK(!t.prepare(rows, settings) && says(t.event["reason"].get<std::string>(), "limit"));
    settings.limit = t.event["bytes"].get<uint64_t>() + 100;
    settings.in_use = 100;
    CHECK(t.prepare(rows, settings));
    settings.in_use = 101;
    CHECK(!t.prepare(rows, settings) && says(t.event["reason"].get<std::string>(), "beside"));
    settings = t.settings(state_place::choose);
    settings.passes = 1;
    CHECK(!t.prepare(rows, settings) && says(t.event["reason"].get<std::string>(), "only once"));
    CHECK(!t.prepare(rows, t.settings(state_place::nowhere)));
    settings = t.settings(state_place::disk);
    settings.folder = t.folder.path + "/file/states";
    std::ofstream(t.folder.path + "/file") << "in the way";
    CHECK(!t.prepare(rows, settings));
}

void recomputing_changes_no_bit() {
    tiny t;
    t.lora = adapter::create(t.cpu, t.model, resolve_targets(t.model, {"attn_q", "attn_v", "ffn_down", "output"}, {0, 3}), plain_settings(3, 6.0, 11));
    randomise(*t.lora, 0.2, 13);
    const std::vector<token_row> rows = random_rows(8, t.model.shape.n_vocab, 15);
    for (const float dropout : {0.0f, 0.3f}) CHECK(t.pass(rows, {0, false, nullptr, true}, dropout) == t.pass(rows, {}, dropout));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a pass from kept f32 states gives the bits of a whole pass, in memory, on disk and found again", states_change_no_bit_of_a_pass},
        {"f16 states change the gradients by less than 2e-3, and the same whether they are kept or not", half_states_stay_near},
        {"each distinct prefix of all rows is kept once", each_prefix_is_kept_once},
        {"rows that were not prepared are computed whole", unknown_rows_are_computed_whole},
        {"a file that is cut off, has rotted or was left half written is made again", files_are_made_again_when_they_are_not_whole},
        {"a file belongs to its rows, cut and precision, and goes when room is needed", files_belong_to_their_rows_cut_and_precision},
        {"states that fit nowhere, or would be read once, are not kept, and the reason is told", states_that_fit_nowhere_are_not_kept},
        {"recomputing blocks in the backward changes no bit", recomputing_changes_no_bit},
    });
}
