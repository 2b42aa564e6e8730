#include "check.h"
#include "random.h"
#include "token_layout.h"

#include <algorithm>
#include <set>

using row_tokens = std::vector<llama_token>;

static token_layout lay_out_rows(const std::vector<row_tokens> & rows, bool share) {
    std::vector<const row_tokens *> pointers;
    for (const row_tokens & row : rows) pointers.push_back(&row);
    return lay_out(pointers, share);
}

// Rows over few tokens, some of them prefixes or copies of earlier ones, some empty.
static std::vector<row_tokens> random_rows(random_stream & chance) {
    std::vector<row_tokens> rows(chance.below(9));
    const uint64_t n_tokens = 1 + chance.below(3);
    for (size_t i = 0; i < rows.size(); i++) {
        if (i > 0 && chance.below(2)) {
            const row_tokens & earlier = rows[chance.below(i)];
            rows[i].assign(earlier.begin(), earlier.begin() + std::ptrdiff_t(chance.below(earlier.size() + 1)));
        }
        for (uint64_t more = chance.below(8); more > 0; more--) rows[i].push_back(llama_token(chance.below(n_tokens)));
    }
    return rows;
}

// What segment.h promises a column: the tokens of its ancestor segments, then of its own up to itself.
static std::vector<int32_t> visible(const token_layout & layout, int32_t column) {
    size_t at = 0;
    while (layout.segments[at].end <= column) at++;
    std::vector<int32_t> seen;
    for (int32_t c = column; c >= layout.segments[at].begin; c--) seen.push_back(c);
    for (int32_t parent = layout.segments[at].parent; parent >= 0; parent = layout.segments[size_t(parent)].parent)
        for (int32_t c = layout.segments[size_t(parent)].end - 1; c >= layout.segments[size_t(parent)].begin; c--) seen.push_back(c);
    std::reverse(seen.begin(), seen.end());
    return seen;
}

// Oracle: the trie by plain recursion, one node a token.
struct node { std::vector<std::pair<llama_token, node>> children; };
static void insert(node & at, const row_tokens & row, size_t depth) {
    if (depth == row.size()) return;
    for (auto & child : at.children)
        if (child.first == row[depth]) return insert(child.second, row, depth + 1);
    at.children.push_back({ row[depth], {} });
    insert(at.children.back().second, row, depth + 1);
}
static void walk(const node & at, int32_t depth, row_tokens & tokens, std::vector<int32_t> & positions) {
    for (const auto & child : at.children) {
        tokens.push_back(child.first);
        positions.push_back(depth);
        walk(child.second, depth + 1, tokens, positions);
    }
}

static void for_random_rows(const std::function<void(const std::vector<row_tokens> &)> & check) {
    for (uint64_t round = 0; round < 5000; round++) {
        random_stream chance(round, "test");
        check(random_rows(chance));
    }
}

static std::vector<token_row> random_batch(random_stream & chance) {
    std::vector<token_row> batch;
    for (const row_tokens & tokens : random_rows(chance)) {
        token_row row = { 100 + int64_t(batch.size()), tokens, 0, 0 };
        while (row.tokens.size() < 2) row.tokens.push_back(1);
        row.answer_begin = int32_t(1 + chance.below(row.tokens.size() - 1));
        batch.push_back(row);
    }
    return batch;
}

int main() {
    return run_tests({
        { "three rows that part where one of them ends", [] {
            const token_layout layout = lay_out_rows({ { 5, 6, 7 }, { 5, 6 }, { 5, 6, 8, 9 }, { 4 } }, true);
            CHECK((layout.tokens == row_tokens{ 5, 6, 7, 8, 9, 4 }));
            CHECK((layout.positions == std::vector<int32_t>{ 0, 1, 2, 2, 3, 0 }));
            CHECK(layout.segments.size() == 4);
            const segment expected[] = { { -1, 0, 2 }, { 0, 2, 3 }, { 0, 3, 5 }, { -1, 5, 6 } };
            for (size_t i = 0; i < 4; i++) {
                const segment & actual = layout.segments[i];
                CHECK(actual.parent == expected[i].parent && actual.begin == expected[i].begin && actual.end == expected[i].end);
            }
            CHECK((layout.columns == std::vector<std::vector<int32_t>>{ { 0, 1, 2 }, { 0, 1 }, { 0, 1, 3, 4 }, { 5 } }));
        } },
        { "a row that ends inside another splits its edge", [] {
            const token_layout layout = lay_out_rows({ { 1, 2, 3, 4 }, { 1, 2 } }, true);
            CHECK(layout.tokens.size() == 4 && layout.segments.size() == 2 && layout.segments[0].end == 2);
        } },
        { "equal rows share everything, and unshared rows nothing", [] {
            const std::vector<row_tokens> rows(5, { 1, 2, 3 });
            CHECK(lay_out_rows(rows, true).tokens.size() == 3 && lay_out_rows(rows, true).segments.size() == 1);
            CHECK(lay_out_rows(rows, false).tokens.size() == 15 && lay_out_rows(rows, false).segments.size() == 5);
        } },
        { "no rows and empty rows make no columns", [] {
            for (const bool share : { false, true }) {
                CHECK(lay_out_rows({}, share).segments.empty());
                CHECK(lay_out_rows({ {}, {} }, share).segments.empty());
                CHECK(lay_out_rows({ {}, { 1 }, {} }, share).columns.size() == 3);
            }
        } },
        { "there are as many columns as distinct prefixes", [] {
            for_random_rows([](const std::vector<row_tokens> & rows) {
                std::set<row_tokens> prefixes;
                for (row_tokens row : rows)
                    for (; !row.empty(); row.pop_back()) prefixes.insert(row);
                CHECK(lay_out_rows(rows, true).tokens.size() == prefixes.size());
            });
        } },
        { "what a token of a row may see is exactly the row up to it", [] {
            for_random_rows([](const std::vector<row_tokens> & rows) {
                for (const bool share : { false, true }) {
                    const token_layout layout = lay_out_rows(rows, share);
                    for (size_t row = 0; row < rows.size(); row++) {
                        CHECK(layout.columns[row].size() == rows[row].size());
                        for (size_t i = 0; i < rows[row].size(); i++) {
                            const int32_t column = layout.columns[row][i];
                            CHECK(layout.tokens[size_t(column)] == rows[row][i]);
                            CHECK(layout.positions[size_t(column)] == int32_t(i));
                            const std::vector<int32_t> up_to_it(layout.columns[row].begin(), layout.columns[row].begin() + std::ptrdiff_t(i) + 1);
                            CHECK(visible(layout, column) == up_to_it);
                        }
                    }
                }
            });
        } },
        { "segments run on without a gap, parents before children, none without need", [] {
            for_random_rows([](const std::vector<row_tokens> & rows) {
                for (const bool share : { false, true }) {
                    const token_layout layout = lay_out_rows(rows, share);
                    int32_t end = 0;
                    for (size_t i = 0; i < layout.segments.size(); i++) {
                        const segment & at = layout.segments[i];
                        CHECK(at.begin == end && at.end > at.begin && at.parent < int32_t(i));
                        const int32_t depth = at.parent < 0 ? 0 : layout.positions[size_t(layout.segments[size_t(at.parent)].end) - 1] + 1;
                        CHECK(layout.positions[size_t(at.begin)] == depth);
                        end = at.end;
                        int children = 0, rows_ending = 0;
                        for (const segment & other : layout.segments) children += other.parent == int32_t(i);
                        for (const auto & columns : layout.columns) rows_ending += !columns.empty() && columns.back() == at.end - 1;
                        CHECK(children > 1 || rows_ending > 0);
                    }
                    CHECK(end == int32_t(layout.tokens.size()) && layout.positions.size() == layout.tokens.size());
                }
            });
        } },
        { "the order is depth-first, children as the rows first show them", [] {
            for_random_rows([](const std::vector<row_tokens> & rows) {
                node root;
                for (const row_tokens & row : rows) insert(root, row, 0);
                row_tokens tokens;
                std::vector<int32_t> positions;
                walk(root, 0, tokens, positions);
                const token_layout layout = lay_out_rows(rows, true);
                CHECK(layout.tokens == tokens && layout.positions == positions);
            });
        } },
        { "a chain of two thousand rows, each the start of the next, is no trouble", [] {
            std::vector<row_tokens> rows;
            for (size_t i = 1; i <= 2000; i++) rows.push_back(row_tokens(i, 7));
            const token_layout layout = lay_out_rows(rows, true);
            CHECK(layout.tokens.size() == 2000 && layout.segments.size() == 2000 && layout.segments.back().parent == 1998);
        } },
        { "each loss token is predicted from the column of the token before it, row by row", [] {
            for (uint64_t round = 0; round < 2000; round++) {
                random_stream chance(round, "batch");
                const std::vector<token_row> batch = random_batch(chance);
                for (const bool share : { false, true })
                    for (const bool all : { false, true }) {
                        const token_layout layout = lay_out_for_training(batch, share);
                        const auto predictions = predictions_of(batch, layout, all);
                        size_t next = 0;
                        for (size_t row = 0; row < batch.size(); row++) {
                            const row_tokens & tokens = batch[row].tokens;
                            CHECK(layout.columns[row].size() == tokens.size() - 1);
                            for (size_t i = 1; i < tokens.size(); i++) {
                                if (!all && int32_t(i) < batch[row].answer_begin) continue;
                                const prediction & at = predictions.at(next++);
                                CHECK(at.row == int32_t(row) && at.target == tokens[i]);
                                row_tokens before;
                                for (const int32_t column : visible(layout, at.column)) before.push_back(layout.tokens[size_t(column)]);
                                CHECK((before == row_tokens(tokens.begin(), tokens.begin() + std::ptrdiff_t(i))));
                            }
                        }
                        CHECK(next == predictions.size());
                    }
            }
        } },
    });
}
