// The files of the verb fit: what they mean, and what is refused.
#include "check.h"
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
        {"a file that is empty, cut off or not there is refused", [] {
            CHECK(says(refused_log("").what(), "the file has no interactions"));
            CHECK(says(refused_log("{\"items\": [], \"liked\": null}\n").what(), "the file has no interactions"));
            CHECK(says(refused_log("{\"items\": [1], \"liked\": null}").what(), "the last line has no end"));
            CHECK(refusal([] { read_interactions("/nowhere/log.jsonl", 10); }).code == exit_data);
        }},
    });
}
