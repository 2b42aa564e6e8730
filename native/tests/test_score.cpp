// Scoring whole files of rows: every row once, and the same bits however often it is cut short.
#include "check.h"
#include "config.h"
#include "events.h"
#include "score.h"
#include "whole_verb.h"
#include "tiny_model.h"
#include <fstream>
#include <map>

namespace {

struct scoring {
    temporary_folder folder;
    score_config config;

    scoring() {
        config.model = write_tiny_model(folder.path, "llama", 41);
        config.data = folder.path + "/test.jsonl";
        random_stream chance(3, "titles");
        std::ofstream data(config.data);
        for (int i = 0; i < 40; i++) {
            const std::string titles = chance.below(2) ? "a, bb, c" : "a, d";
            data << instruction_line(i, true, "Seen: " + titles + ". Next t" + std::to_string(chance.below(30)) + "?");
        }
        config.labels = {"Yes.", "No."};
        config.max_length = 0;
        config.share_prefixes = true;
        config.batch_size = 7;
        config.device = "cpu";
        config.precision = "f32";
        config.threads = 1;
    }

    // logOdds by row
    std::map<int64_t, double> scores() {
        std::map<int64_t, double> found;
        for (const json & event : events_of([&] { score(config); })) {
            if (event["event"] == "score") CHECK(found.emplace(event["row"], event["logOdds"]).second);
        }
        return found;
    }
};

void every_row_comes_once() {
    scoring whole;
    const std::map<int64_t, double> by_row = whole.scores();
    CHECK(by_row.size() == 40 && by_row.begin()->first == 0 && by_row.rbegin()->first == 39);
}

void skipped_rows_change_no_bit_of_the_others() {
    scoring whole;
    std::map<int64_t, double> left = whole.scores();
    random_stream chance(8, "skipped");
    scoring rest;
    while (!left.empty()) {
        const auto next = std::next(left.begin(), static_cast<std::ptrdiff_t>(chance.below(left.size())));
        rest.config.skip.push_back(next->first);
        left.erase(next);
        if (left.size() % 13 == 0) CHECK(rest.scores() == left);
    }
}

void batches_change_no_bit() {
    scoring one;
    const std::map<int64_t, double> expected = one.scores();
    for (const std::optional<int64_t> rows : {std::optional<int64_t>(1), std::optional<int64_t>(3), std::optional<int64_t>(40), std::optional<int64_t>()}) {
        for (const bool share : {true, false}) {
            one.config.batch_size = rows;
            one.config.share_prefixes = share;
            CHECK(one.scores() == expected);
        }
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"every row is scored once", every_row_comes_once},
        {"rows that were scored before are left out, and change no bit of the others", skipped_rows_change_no_bit_of_the_others},
        {"a score has the same bits whatever rows share its batch, and with shared prefixes or without", batches_change_no_bit},
    });
}
