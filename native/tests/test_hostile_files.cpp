// Files made to do harm: models, adapters and checkpoints with lengths, counts, types, shapes and offsets that cannot be. Each is refused as bad data,
// in under a second, without memory to speak of, whatever the file claims.
#include "check.h"
#include "loader_inputs.h"
#include "gguf_parts.h"
#include "machine_memory.h"
#include "refusal.h"
#include "vocabulary.h"
#include <ctime>

namespace {

const uint64_t MOST_MEMORY = 32 << 20; // that reading any of these may add
std::string u32(uint64_t value) { return bytes_of_number(value, 4); }
std::string u64(uint64_t value) { return bytes_of_number(value, 8); }

void write_file(const std::string & path, const std::string & bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

void check_refused(const std::string & what, const std::function<void()> & read) {
    const uint64_t memory = peak_memory();
    const std::clock_t begin = std::clock();
    try {
        const user_error error = refusal(read);
        if (error.code != exit_data) throw check_failed(std::string("refused with another code: ") + error.what());
    } catch (const std::exception & error) {
        throw check_failed(what + ": " + error.what());
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    if (seconds > 1) throw check_failed(what + " took " + std::to_string(seconds) + " s");
    if (peak_memory() > memory + MOST_MEMORY) throw check_failed(what + " took " + std::to_string((peak_memory() - memory) >> 20) + " MB");
}

// A kind of file, one that is right, and how it is read.
struct file_kind { std::string name, right; std::function<void(const std::string & bytes)> read; };

std::vector<file_kind> file_kinds(loader_inputs & inputs, const std::string & path) {
    const auto from_disk = [path](const std::function<void(const std::string &)> & read) {
        return [path, read](const std::string & bytes) { write_file(path, bytes); read(path); };
    };
    return {{"model", inputs.models()[0], from_disk([&](const std::string & file) { inputs.read_model(file); })},
            {"adapter", inputs.adapter(), from_disk([&](const std::string & file) { inputs.read_adapter(file); })},
            {"checkpoint", inputs.checkpoint(), [&inputs, path](const std::string & bytes) {
                write_file(path, inputs.sealed(bytes, true)); // the digest is right: it guards against accidents, not against malice
                inputs.read_checkpoint(path);
            }}};
}

void for_each_kind(const std::function<void(const file_kind &)> & body) {
    temporary_folder folder;
    loader_inputs inputs;
    for (const file_kind & kind : file_kinds(inputs, folder.path + "/step-2.gguf")) {
        kind.read(kind.right); // it is the change that is refused
        body(kind);
    }
}

void one_impossible_field_is_refused() {
    for_each_kind([](const file_kind & kind) {
        const gguf_parts right = *split_gguf(kind.right);
        const std::string tensor = "tensor " + right.tensors[1].name + ": ", key = "key general.type: ";
        const struct { std::string field, bytes; } faults[] = {
            {"magic", "GGUT"}, {"version", u32(0)}, {"version", u32(1)}, {"version", u32(99)}, {"version", u32(3u << 24)},
            {"number of tensors", u64(1ull << 60)}, {"number of tensors", u64(1ull << 63)}, {"number of tensors", u64(~0ull)}, {"number of tensors", u64(0)},
            {"number of keys", u64(1ull << 60)}, {"number of keys", u64(~0ull)}, {"number of keys", u64(0)},
            {key + "name length", u64(1ull << 63)}, {key + "name length", u64(~0ull)}, {key + "name length", u64(1ull << 40)}, {key + "name length", u64(0)},
            {key + "type", u32(13)}, {key + "type", u32(~0u)},
            {key + "text 0 length", u64(1ull << 63)}, {key + "text 0 length", u64(~0ull - 7)}, {key + "text 0 length", u64(1ull << 40)},
            {key + "type", u32(GGUF_TYPE_ARRAY) + u32(GGUF_TYPE_ARRAY) + u64(1)}, {key + "type", u32(GGUF_TYPE_ARRAY) + u32(GGUF_TYPE_ARRAY) + u64(1ull << 60)},
            {key + "type", u32(GGUF_TYPE_ARRAY) + u32(GGUF_TYPE_STRING) + u64(1ull << 60)}, {key + "type", u32(GGUF_TYPE_ARRAY) + u32(GGUF_TYPE_UINT64) + u64(1ull << 61)},
            {key + "type", u32(GGUF_TYPE_ARRAY) + u32(GGUF_TYPE_UINT8) + u64(1ull << 31)},
            {tensor + "name length", u64(1ull << 63)}, {tensor + "name length", u64(64)}, {tensor + "name length", u64(0)},
            {tensor + "dimensions", u32(0)}, {tensor + "dimensions", u32(5)}, {tensor + "dimensions", u32(1u << 31)},
            {tensor + "ne 0", u64(0)}, {tensor + "ne 0", u64(1ull << 63)}, {tensor + "ne 0", u64(~0ull)}, {tensor + "ne 0", u64(1ull << 62)}, {tensor + "ne 0", u64(1ull << 33)},
            {tensor + "type", u32(GGML_TYPE_COUNT)}, {tensor + "type", u32(4)}, {tensor + "type", u32(~0u)}, {tensor + "type", u32(GGML_TYPE_I32)}, {tensor + "type", u32(GGML_TYPE_Q4_K)},
            {tensor + "offset", u64(0)}, {tensor + "offset", u64(static_cast<uint64_t>(right.tensors[1].offset) + 1)}, {tensor + "offset", u64(static_cast<uint64_t>(right.tensors[1].offset) + 32)},
            {tensor + "offset", u64(1ull << 63)}, {tensor + "offset", u64(~0ull - 31)},
        };
        for (const auto & fault : faults) {
            gguf_parts wrong = right;
            wrong[fault.field].bytes = fault.bytes;
            check_refused(kind.name + ", " + fault.field + " " + std::to_string(number_of_bytes(fault.bytes)), [&] { kind.read(join_gguf(wrong)); });
        }
    });
}

void products_that_wrap_are_refused() {
    for_each_kind([](const file_kind & kind) {
        const gguf_parts right = *split_gguf(kind.right);
        for (const uint64_t factor : {1ull << 31, 1ull << 32, 1ull << 62, (1ull << 63) + 1}) { // times the other: 2^62, 2^64, 0 or the right size again
            gguf_parts wrong = right;
            const std::string of = "tensor " + right.tensors[1].name + ": ";
            wrong[of + "dimensions"].bytes = u32(3);
            const auto first = std::find_if(wrong.header.begin(), wrong.header.end(), [&](const gguf_part & part) { return part.what == of + "ne 0"; });
            const auto end = std::find_if(first, wrong.header.end(), [&](const gguf_part & part) { return part.what == of + "type"; });
            const auto at = wrong.header.erase(first, end);
            wrong.header.insert(at, {{of + "ne 0", u64(factor)}, {of + "ne 1", u64(factor)}, {of + "ne 2", u64(4)}});
            check_refused(kind.name + ", factors of " + std::to_string(factor), [&] { kind.read(join_gguf(wrong)); });
        }
    });
}

void cut_files_are_refused() {
    for_each_kind([](const file_kind & kind) {
        const gguf_parts parts = *split_gguf(kind.right);
        const size_t seal = kind.name == "checkpoint" ? 32 : 0; // comes behind what is left
        const size_t needed = kind.right.size() - parts.data.size() + static_cast<size_t>(parts.tensors.back().offset + parts.tensors.back().size) - seal;
        for (size_t size = 1; size < needed; size += size < 100 ? 1 : 37) {
            check_refused(kind.name + " of " + std::to_string(size) + " bytes", [&] { kind.read(kind.right.substr(0, size)); });
        }
    });
}

void missing_misshapen_and_doubled_tensors_are_refused() {
    for_each_kind([](const file_kind & kind) {
        const gguf_parts right = *split_gguf(kind.right);
        for (const gguf_parts::tensor & tensor : right.tensors) {
            const std::string of = "tensor " + tensor.name + ": ";
            gguf_parts wrong = right;
            wrong[of + "ne 0"].bytes = u64(2 * number_of_bytes(wrong[of + "ne 0"].bytes));
            settle(wrong);
            check_refused(kind.name + ", twice as wide: " + tensor.name, [&] { kind.read(join_gguf(wrong)); });

            const auto is_part = [&](const gguf_part & part) { return part.what.rfind(of, 0) == 0; };
            gguf_parts doubled = right;
            const auto begin = std::find_if(doubled.header.begin(), doubled.header.end(), is_part);
            const std::vector<gguf_part> copy(begin, std::find_if_not(begin, doubled.header.end(), is_part));
            doubled.header.insert(doubled.header.end(), copy.begin(), copy.end());
            settle(doubled);
            check_refused(kind.name + ", twice there: " + tensor.name, [&] { kind.read(join_gguf(doubled)); });

            if (tensor.name == "output.weight") continue; // a model reads its answers with the embedding then
            gguf_parts lacking = right;
            lacking.header.erase(std::remove_if(lacking.header.begin(), lacking.header.end(), is_part), lacking.header.end());
            settle(lacking);
            check_refused(kind.name + ", missing: " + tensor.name, [&] { kind.read(join_gguf(lacking)); });
        }
    });
}

void impossible_alignments_are_refused() {
    for_each_kind([](const file_kind & kind) {
        for (const uint64_t alignment : {0u, 1u, 3u, 48u, 1u << 31, ~0u}) {
            gguf_parts wrong = *split_gguf(kind.right);
            const std::string name = "general.alignment", of = "key " + name + ": ";
            wrong.header.insert(wrong.header.begin() + 4, {{of + "name length", u64(name.size())}, {of + "name", name}, {of + "type", u32(GGUF_TYPE_UINT32)}, {of + "value", u32(alignment)}});
            settle(wrong);
            check_refused(kind.name + ", alignment " + std::to_string(alignment), [&] { kind.read(join_gguf(wrong)); });
        }
    });
}

void sizes_that_the_tensors_do_not_bear_out_are_refused() {
    temporary_folder folder;
    loader_inputs inputs;
    const std::string path = folder.path + "/model";
    for (const std::string & right : inputs.models()) {
        const gguf_parts parts = *split_gguf(right);
        const std::string family = gguf_parts(parts)["key general.architecture: text 0"].bytes;
        for (const char * key : {"block_count", "embedding_length", "feed_forward_length", "attention.head_count", "attention.key_length"}) {
            for (const uint64_t size : {0u, 3u, 1000000000u, 0x7fffffffu, ~0u}) { // too few, too many, and more than there can be
                gguf_parts wrong = parts;
                wrong["key " + family + "." + key + ": value"].bytes = u32(size);
                write_file(path, join_gguf(wrong));
                check_refused(family + "." + key + " " + std::to_string(size), [&] { inputs.read_model(path); });
            }
        }
    }
}

// libllama reads the vocabulary by itself; what would end the process, or leave the file, must not reach it.
void hostile_vocabularies_are_refused() {
    std::vector<const char *> twins = {"[EMPTY_1]", "", "a"};
    const float scores[] = {1, 2};
    const std::vector<float> kinds(259, 1);
    const struct { std::string what; std::function<void(gguf_context *)> change; } faults[] = {
        {"no tokens", [](gguf_context * keys) { gguf_set_arr_str(keys, "tokenizer.ggml.tokens", nullptr, 0); }},
        {"tokens that are numbers", [&](gguf_context * keys) { gguf_set_arr_data(keys, "tokenizer.ggml.tokens", GGUF_TYPE_FLOAT32, scores, 2); }},
        {"one text for tokens", [](gguf_context * keys) { gguf_set_val_str(keys, "tokenizer.ggml.tokens", "a"); }},
        {"an empty token's name taken", [&](gguf_context * keys) { gguf_set_arr_str(keys, "tokenizer.ggml.tokens", twins.data(), twins.size()); }},
        {"fewer scores than tokens", [&](gguf_context * keys) { gguf_set_arr_data(keys, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores, 2); }},
        {"a score that is no list", [](gguf_context * keys) { gguf_set_val_f32(keys, "tokenizer.ggml.scores", 1); }},
        {"kinds of another type", [&](gguf_context * keys) { gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_FLOAT32, kinds.data(), kinds.size()); }},
        {"fewer kinds than tokens", [&](gguf_context * keys) { gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, scores, 2); }},
        {"an end token that is a text", [](gguf_context * keys) { gguf_set_val_str(keys, "tokenizer.ggml.eos_token_id", "2"); }},
        {"merges missing", [](gguf_context * keys) { gguf_set_val_str(keys, "tokenizer.ggml.model", "gpt2"); }},
        {"another kind of vocabulary", [](gguf_context * keys) { gguf_set_val_str(keys, "tokenizer.ggml.model", "t5"); }},
        {"more files", [](gguf_context * keys) { gguf_set_val_u16(keys, "split.count", 2); gguf_set_val_u16(keys, "split.no", 0); }},
        {"65535 more files", [](gguf_context * keys) { gguf_set_val_u16(keys, "split.count", 65535); }},
    };
    temporary_folder folder;
    for (const auto & fault : faults) {
        const std::string path = write_tiny_model(folder.path, "llama", 31);
        const vocabulary right(path);
        rewrite(path, [&](gguf_context * keys, std::vector<stored_tensor> &) { fault.change(keys); });
        check_refused(fault.what, [&] { const vocabulary wrong(path); });
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"a file with one length, count, type, dimension or offset that cannot be is refused", one_impossible_field_is_refused},
        {"a tensor whose size wraps around is refused", products_that_wrap_are_refused},
        {"a file is refused wherever it is cut off", cut_files_are_refused},
        {"a file in which any tensor is missing, of another shape or twice there is refused", missing_misshapen_and_doubled_tensors_are_refused},
        {"a model with more blocks, or other sizes, than its tensors bear out is refused", sizes_that_the_tensors_do_not_bear_out_are_refused},
        {"an alignment that cannot be is refused", impossible_alignments_are_refused},
        {"a vocabulary that libllama could not take is refused before it", hostile_vocabularies_are_refused},
    });
}
