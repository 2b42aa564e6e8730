// The rows of runs as tokens: the same on any number of threads, each row's own.
#include "check.h"
#include "refusal.h"
#include "tiny_run.h"
#include "training_data.h"

namespace {

struct random_file : run {
    explicit random_file(uint64_t seed, bool has_fault = false) {
        random_stream chance(seed, "rows");
        std::ofstream data(config.data);
        for (int row = 0; row < 120; row++) {
            std::string text = "Seen: ";
            const size_t titles = text.size();
            for (uint64_t n = chance.below(5); n > 0; n--) text += "title " + std::to_string(chance.below(30)) + ", ";
            const json history = text.size() > titles ? json::array({json::array({titles, text.size()})}) : json::array();
            if (has_fault && row >= 40 && chance.below(4) == 0) text += std::string(300, 'x'); // longer than any limit of the test
            data << instruction_line(row, chance.below(2), text + "next?", history);
        }
        config.rows.emplace();
        for (int i = 0; i < 150; i++) config.rows->push_back(static_cast<int64_t>(chance.below(120))); // some twice
    }
    std::vector<token_row> tokens(int32_t threads, int32_t limit) {
        config.threads = threads;
        const vocabulary vocab(config.model);
        training_data data(config, vocab, limit);
        return *data.rows_of(config);
    }
};

bool is_same(const token_row & a, const token_row & b) {
    return a.row == b.row && a.tokens == b.tokens && a.answer_begin == b.answer_begin && a.dropped_history == b.dropped_history && a.weight == b.weight && a.user == b.user &&
           a.label_at == b.label_at && a.label_tokens == b.label_tokens && a.own_label == b.own_label;
}

void threads_change_nothing() {
    for (uint64_t seed = 0; seed < 5; seed++) {
        random_file file(seed);
        const vocabulary vocab(file.config.model);
        const std::vector<instruction> all = read_instructions(file.config.data);
        for (const int32_t limit : {0, 40}) {
            std::vector<token_row> expected;
            for (const int64_t row : *file.config.rows) expected.push_back(tokenize_for_training(vocab, all[static_cast<size_t>(row)], limit, file.config.labels));
            for (const int32_t threads : {1, 2, 5}) {
                const std::vector<token_row> rows = file.tokens(threads, limit);
                CHECK(std::equal(rows.begin(), rows.end(), expected.begin(), expected.end(), is_same));
            }
        }
    }
}

void threads_change_no_error() {
    random_file file(9, true);
    const user_error serial = refusal([&] { file.tokens(1, 200); });
    CHECK(says(serial.what(), "without any history"));
    for (int round = 0; round < 10; round++) {
        const user_error parallel = refusal([&] { file.tokens(4, 200); });
        CHECK(parallel.where == serial.where && std::string(parallel.what()) == serial.what());
    }
}

// One of the twelve rows of a run, with these keys more.
user_error refused(objective_kind objective, const json & more) {
    run r;
    std::ofstream data(r.config.data);
    for (int row = 0; row < 3; row++) {
        json line = json::parse(instruction_line(row, row == 0, "Next?"));
        if (row == 2) line.update(more);
        data << line.dump() << "\n";
    }
    data.close();
    r.config.objective = objective;
    const vocabulary vocab(r.config.model);
    return refusal([&] { training_data(r.config, vocab, 0).rows_of(r.config); });
}

void label_objectives_need_labels() {
    for (const objective_kind objective : {objective_kind::label_softmax, objective_kind::pairwise}) {
        const user_error choices = refused(objective, {{"choices", {"No.", "Maybe"}}}), three = refused(objective, {{"labels", {"Yes.", "No.", "Maybe"}}});
        CHECK(choices.code == exit_data && says(choices.what(), "no labels") && says(choices.where, "row 2"));
        CHECK(three.code == exit_data && says(three.what(), "has 3 labels") && says(three.where, "row 2"));
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"rows are tokenised on any number of threads as one by one, in the order that was asked for", threads_change_nothing},
        {"objectives on the labels refuse rows with choices, or with another number of labels, and name them", label_objectives_need_labels},
        {"a row that cannot be is the first such one, on any number of threads", threads_change_no_error},
    });
}
