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
        config.threads = 1;
    }

    // logOdds by row, in the order they came
    std::vector<std::pair<int64_t, double>> scores() {
        std::vector<std::pair<int64_t, double>> found;
        for (const json & event : events_of([&] { score(config); })) {
            if (event["event"] == "score") found.push_back({event["row"], event["logOdds"]});
        }
        return found;
    }
};

void every_row_comes_once() {
    scoring whole;
    std::map<int64_t, double> by_row;
    for (const auto & [row, log_odds] : whole.scores()) CHECK(by_row.emplace(row, log_odds).second);
    CHECK(by_row.size() == 40 && by_row.begin()->first == 0 && by_row.rbegin()->first == 39);
}

void skipped_rows_change_no_bit_of_the_others() {
    scoring whole;
    const auto all = whole.scores();
    for (const size_t done : {size_t(1), size_t(7), size_t(10), size_t(39), size_t(40)}) {
        scoring rest;
        for (size_t i = 0; i < done; i++) rest.config.skip.push_back(all[i].first);
        CHECK((rest.scores() == std::vector<std::pair<int64_t, double>>(all.begin() + static_cast<std::ptrdiff_t>(done), all.end())));
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"every row is scored once", every_row_comes_once},
        {"rows that were scored before are left out, and change no bit of the others", skipped_rows_change_no_bit_of_the_others},
    });
}
