// Rows that are computed together: each once, within the limits, with the prefixes they share side by side.
#include "check.h"
#include "kernels/cpu_kernels.h"
#include "packing.h"
#include "random.h"
#include <algorithm>
#include <set>

namespace {

using token_lists = std::vector<std::vector<llama_token>>;

// Rows that begin alike in groups, in no order.
token_lists grouped_rows(random_stream & chance, size_t n_rows, uint64_t n_groups, uint64_t prefix, uint64_t rest) {
    token_lists rows(n_rows);
    for (std::vector<llama_token> & row : rows) {
        const llama_token group = static_cast<llama_token>(chance.below(n_groups));
        row.assign(prefix, group);
        for (uint64_t more = 1 + chance.below(rest); more > 0; more--) row.push_back(static_cast<llama_token>(chance.below(3)));
    }
    return rows;
}

std::vector<const std::vector<llama_token> *> pointers(const token_lists & rows) {
    std::vector<const std::vector<llama_token> *> all;
    for (const std::vector<llama_token> & row : rows) all.push_back(&row);
    return all;
}

size_t columns_of(const token_lists & rows, const std::vector<size_t> & part, bool share) {
    std::vector<const std::vector<llama_token> *> together;
    for (const size_t row : part) together.push_back(&rows[row]);
    return lay_out(together, share).tokens.size();
}

void every_row_is_packed_once_within_the_limits() {
    random_stream chance(1, "packing");
    for (int trial = 0; trial < 200; trial++) {
        const token_lists rows = grouped_rows(chance, chance.below(40), 1 + chance.below(5), chance.below(20), 30);
        const packing_limits limits{1 + chance.below(12), 1 + chance.below(400)};
        const bool share = chance.below(3) > 0;
        std::multiset<size_t> seen;
        for (const std::vector<size_t> & part : pack(pointers(rows), limits, share)) {
            seen.insert(part.begin(), part.end());
            CHECK(!part.empty() && part.size() <= limits.rows);
            CHECK(part.size() == 1 || columns_of(rows, part, share) <= limits.columns);
            if (!share) CHECK(std::is_sorted(part.begin(), part.end()));
        }
        CHECK(seen.size() == rows.size());
        for (size_t row = 0; row < rows.size(); row++) CHECK(seen.count(row) == 1);
    }
}

void rows_that_begin_alike_are_packed_together() {
    random_stream chance(2, "packing");
    const token_lists rows = grouped_rows(chance, 64, 4, 70, 10);
    size_t n_columns = 0, n_packed = 0;
    for (const std::vector<size_t> & part : pack(pointers(rows), {16, SIZE_MAX}, true)) n_columns += columns_of(rows, part, true);
    for (size_t begin = 0; begin < 64; begin += 16) {
        std::vector<size_t> part(16);
        for (size_t i = 0; i < 16; i++) part[i] = begin + i;
        n_packed += columns_of(rows, part, true);
    }
    CHECK(n_columns < 7 * n_packed / 10); // some 4 to 8 prefixes of 70 instead of 16
}

void parts_are_even() {
    token_lists rows;
    for (llama_token i = 0; i < 33; i++) rows.push_back(std::vector<llama_token>(100, i));
    std::vector<size_t> sizes;
    for (const std::vector<size_t> & part : pack(pointers(rows), {33, 1000}, true)) sizes.push_back(part.size());
    CHECK((sizes == std::vector<size_t>{9, 9, 9, 6})); // not 10, 10, 10, 3
}

// Rows that share nothing stand end to end, so the only padding is that of the last tile of rows in a product.
void padding_is_below_three_percent() {
    random_stream chance(3, "packing");
    token_lists rows;
    for (llama_token i = 0; i < 500; i++) rows.push_back(std::vector<llama_token>(150 + chance.below(120), i));
    for (const cpu_kernels * kernels : supported_cpu_kernels()) {
        size_t n_columns = 0, n_computed = 0, n_tokens = 0;
        const size_t tile = static_cast<size_t>(kernels->tile_rows);
        for (const std::vector<size_t> & part : pack(pointers(rows), {500, 1000}, true)) {
            for (const size_t row : part) n_tokens += rows[row].size();
            n_columns += columns_of(rows, part, true);
            n_computed += (columns_of(rows, part, true) + tile - 1) / tile * tile;
        }
        CHECK(n_columns == n_tokens);
        CHECK(static_cast<double>(n_computed) < 1.03 * static_cast<double>(n_tokens));
    }
}

base_model sizes_of_smollm2() {
    base_model model;
    model.shape.n_embd = 576;
    model.shape.n_ff = 1536;
    model.shape.n_head = 9;
    model.shape.n_head_kv = 3;
    model.shape.head_dim = 64;
    model.shape.n_block = 30;
    model.blocks.resize(30);
    return model;
}

std::vector<layer_name> in_blocks(int32_t first, int32_t end, const std::vector<std::string> & targets) {
    std::vector<layer_name> layers;
    for (int32_t block = first; block < end; block++)
        for (const std::string & target : targets) layers.push_back({block, target});
    return layers;
}

// Counted by hand: two residual streams and the input of the adapters of 576, queries of 576, keys and values of 192, gate and up of 1536.
void columns_at_once_fill_the_memory_that_activations_may_take() {
    const base_model model = sizes_of_smollm2();
    const size_t a_block = 4 * (3 * 576 + 576 + 2 * 192 + 2 * 1536);
    CHECK(training_columns_at_once(model, in_blocks(0, 30, {"attn_q", "attn_v"})) == ROOM_ON_CPU.bytes / (30 * a_block));
    CHECK(training_columns_at_once(model, in_blocks(12, 30, {"attn_q", "attn_v"})) == ROOM_ON_CPU.bytes / (18 * a_block));
    const size_t every_layer = 4 * (576 + 576 + 1536); // the inputs of attn_output, of gate and up, of ffn_down
    CHECK(training_columns_at_once(model, in_blocks(0, 30, {"attn_q", "attn_output", "ffn_up", "ffn_down"})) == ROOM_ON_CPU.bytes / (30 * (a_block + every_layer)));
    CHECK(training_columns_at_once(model, {{-1, TOKEN_EMBEDDING}}) == ROOM_ON_CPU.bytes / (30 * (a_block - 4 * 576))); // its backward goes through all blocks
}

void a_card_holds_more_at_once() {
    const size_t gigabyte = size_t(1) << 30;
    const activation_room small = room_on_card(2 * gigabyte), large = room_on_card(80 * gigabyte);
    CHECK(small.bytes == ROOM_ON_CPU.bytes && large.bytes == 10 * gigabyte);
    const base_model model = sizes_of_smollm2();
    const std::vector<layer_name> adapted = in_blocks(0, 30, {"attn_q", "attn_v"});
    CHECK(training_columns_at_once(model, adapted, small) == training_columns_at_once(model, adapted)); // that many fit, and no more
    CHECK(training_columns_at_once(model, adapted, large) > 10 * training_columns_at_once(model, adapted));
    CHECK(training_columns_at_once(model, {{-1, "output"}}, large) == large.columns);
}

void columns_at_once_are_neither_few_nor_many() {
    base_model model = sizes_of_smollm2();
    CHECK(training_columns_at_once(model, {{-1, "output"}}) == 4096); // nothing goes back into the blocks
    CHECK(training_columns_at_once(model, in_blocks(29, 30, {"attn_q"})) == 4096);
    model.shape.n_ff = 1 << 20;
    CHECK(training_columns_at_once(model, in_blocks(0, 30, {"attn_q"})) == 512);
}

} // namespace

int main() {
    return run_tests({
        {"every row is packed once, within the limits unless it is alone", every_row_is_packed_once_within_the_limits},
        {"rows that begin alike are packed together", rows_that_begin_alike_are_packed_together},
        {"parts are even", parts_are_even},
        {"packed rows that share nothing are padded by less than 3 %", padding_is_below_three_percent},
        {"columns at once fill the memory that activations may take", columns_at_once_fill_the_memory_that_activations_may_take},
        {"a card holds more columns at once, by its memory", a_card_holds_more_at_once},
        {"columns at once are neither so few that weights are read for nothing, nor more than pay", columns_at_once_are_neither_few_nor_many},
    });
}
