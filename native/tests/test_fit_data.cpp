// The files of the verb fit: what they mean, and what is refused.
#include "check.h"
#include "fit/fit_rows.h"
#include "fit/interactions.h"
#include "refusal.h"
#include "tiny_model.h"
#include <fstream>

namespace {

struct written {
    temporary_folder folder;
    std::string path = folder.path + "/lines.jsonl";
    explicit written(const std::string & text) { std::ofstream(path, std::ios::binary) << text; }
};

user_error refused_log(const std::string & text) {
    const written file(text);
    return refusal([&] { read_interactions(file.path, 10); });
}

const std::string ROW = "{\"row\": 4, \"user\": 2, \"history\": [1, 5], \"liked\": [false, true], \"candidates\": [7, 3], \"excluded\": null, \"relevant\": [3]}\n";

// The row with some of its text replaced.
std::string row_with(const std::string & part, const std::string & by) {
    const size_t at = ROW.find(part);
    CHECK(at != std::string::npos);
    return ROW.substr(0, at) + by + ROW.substr(at + part.size());
}

} // namespace

int main() {
    return run_tests({
        {"a log holds each user's items in their order, and all are liked where nothing is said", [] {
            const written file("{\"items\": [3, 9, 3], \"liked\": [true, false, true]}\n{\"liked\": null, \"items\": []}\n{\"items\": [0, 1], \"liked\": null}\n");
            const interaction_log log = read_interactions(file.path, 10);
            CHECK(log.n_users() == 3 && log.n_items == 10 && log.size() == 5);
            const user_history first = log.of(0), second = log.of(1), third = log.of(2);
            CHECK(first.user == 0 && first.size == 3 && first.items[1] == 9 && first.liked[0] == 1 && first.liked[1] == 0);
            CHECK(second.size == 0);
            CHECK(third.user == 2 && third.size == 2 && third.items[0] == 0 && third.liked[1] == 1);
        }},
        {"a log that is not as it should be is refused, and the line is named", [] {
            const std::vector<std::pair<std::string, std::string>> cases = {
                {"{\"items\": [10], \"liked\": null}\n", "\"items\" holds 10, which is not a whole number from 0 to 9"},
                {"{\"items\": [-1], \"liked\": null}\n", "\"items\" holds -1"},
                {"{\"items\": [1.5], \"liked\": null}\n", "\"items\" holds 1.5"},
                {"{\"items\": [18446744073709551615], \"liked\": null}\n", "\"items\" holds 18446744073709551615"},
                {"{\"items\": 4, \"liked\": null}\n", "\"items\" is 4, not a list"},
                {"{\"items\": [1], \"liked\": [1]}\n", "\"liked\" holds 1, which is neither"},
                {"{\"items\": [1], \"liked\": [true, true]}\n", "\"liked\" holds 2 values for 1 items"},
                {"{\"items\": [1], \"liked\": true}\n", "\"liked\" is true, not a list"},
                {"{\"items\": [1]}\n", "the key \"liked\" is missing"},
                {"{\"items\": [1], \"items\": [2], \"liked\": null}\n", "the key \"items\" stands twice"},
                {"{\"items\": [1], \"liked\": null, \"times\": []}\n", "unknown key \"times\""},
                {"[1]\n", "the line is not an object"},
                {"{\"items\": [1\n", "the line is not JSON"},
                {"\n", "the line is not JSON"},
                {std::string(100000, '[') + "\n", "the line is nested deeper than 8 levels"},
            };
            for (const auto & [text, words] : cases) {
                const user_error error = refused_log("{\"items\": [1], \"liked\": null}\n" + text);
                CHECK(error.code == exit_data);
                if (!says(error.what(), words)) throw check_failed(words + " is not in: " + error.what());
                CHECK(says(error.where, "lines.jsonl:2"));
            }
        }},
        {"a row tells a user, a history, and which items are to be scored", [] {
            const written file(ROW + "{\"row\": 0, \"user\": null, \"history\": [], \"liked\": null, \"candidates\": null, \"excluded\": [2, 2, 8], \"relevant\": [9]}\n");
            const std::vector<fit_row> rows = read_fit_rows(file.path, 3, 10);
            CHECK(rows.size() == 2);
            CHECK(rows[0].row == 4 && rows[0].user == 2 && !rows[0].ranks_all());
            CHECK(rows[0].known().size == 2 && rows[0].known().items[1] == 5 && rows[0].known().liked[0] == 0 && rows[0].known().liked[1] == 1);
            CHECK(rows[0].candidates == std::vector<int32_t>({7, 3}) && *rows[0].relevant == std::vector<int32_t>({3}));
            CHECK(rows[1].user == NO_USER && rows[1].ranks_all() && rows[1].excluded == std::vector<int32_t>({2, 2, 8}));
        }},
        {"a row that is not as it should be is refused, and the line is named", [] {
            const std::vector<std::pair<std::string, std::string>> cases = {
                {row_with("\"user\": 2", "\"user\": 3"), "\"user\" holds 3, which is not a whole number from 0 to 2"},
                {row_with("\"row\": 4", "\"row\": -1"), "\"row\" holds -1"},
                {row_with("\"row\": 4", "\"row\": 1"), "the row 1 stands twice"},
                {row_with("[1, 5]", "[1, 10]"), "\"history\" holds 10"},
                {row_with("[1, 5]", "[1]"), "\"liked\" holds 2 values for 1 items"},
                {row_with("[7, 3]", "[]"), "\"candidates\" is empty"},
                {row_with("[7, 3]", "[7, 3, 7]"), "\"candidates\" holds the item 7 twice"},
                {row_with("[7, 3]", "[7]"), "\"relevant\" holds the item 3, which is no candidate"},
                {row_with("\"relevant\": [3]", "\"relevant\": [3, 3]"), "\"relevant\" holds the item 3 twice"},
                {row_with("\"excluded\": null", "\"excluded\": [1]"), "\"excluded\" stands beside \"candidates\""},
                {row_with("[7, 3], \"excluded\": null", "null, \"excluded\": [3]"), "\"relevant\" holds the item 3, which is excluded"},
                {row_with("[7, 3], \"excluded\": null, \"relevant\": [3]", "null, \"excluded\": null, \"relevant\": null"), "\"relevant\" must be one item where all items are ranked"},
                {row_with("[7, 3], \"excluded\": null, \"relevant\": [3]", "null, \"excluded\": null, \"relevant\": [3, 4]"), "\"relevant\" must be one item"},
                {row_with("\"relevant\": [3]", "\"target\": 3"), "the key \"relevant\" is missing"},
            };
            for (const auto & [text, words] : cases) {
                const written file(row_with("\"row\": 4", "\"row\": 1") + text);
                const user_error error = refusal([&] { read_fit_rows(file.path, 3, 10); });
                CHECK(error.code == exit_data);
                if (!says(error.what(), words)) throw check_failed(words + " is not in: " + error.what());
                CHECK(says(error.where, "lines.jsonl:2"));
            }
            const written empty("");
            CHECK(says(refusal([&] { read_fit_rows(empty.path, 3, 10); }).what(), "the file has no rows"));
        }},
        {"a file that is empty, cut off or not there is refused", [] {
            CHECK(says(refused_log("").what(), "the file has no interactions"));
            CHECK(says(refused_log("{\"items\": [], \"liked\": null}\n").what(), "the file has no interactions"));
            CHECK(says(refused_log("{\"items\": [1], \"liked\": null}").what(), "the last line has no end"));
            CHECK(refusal([] { read_interactions("/nowhere/log.jsonl", 10); }).code == exit_data);
        }},
    });
}
