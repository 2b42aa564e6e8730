#include "hidden_states.h"
#include "error.h"
#include "machine_memory.h"
#include "network.h"
#include "packing.h"
#include "sealed_file.h"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

const std::string END_OF_NAME = ".hidden";
const size_t DIGEST_SIZE = 16; // at the end of a file, as text

// All that decides the bits of the states: the tokens, the frozen weights below the cut, the kernels, the form in which they are kept.
std::string key_of(const base_model & model, const std::vector<const std::vector<llama_token> *> & rows, int32_t cut, bool is_f16, const std::string & arithmetic) {
    digest content;
    for (const std::vector<llama_token> * row : rows) {
        content.add_value(row->size());
        content.add(row->data(), row->size() * sizeof(llama_token));
    }
    const std::string kernels = arithmetic + " " + ggml_version() + " " + model.shape.architecture;
    content.add(kernels.data(), kernels.size());
    const model_shape & shape = model.shape;
    for (const float number : {shape.rope_attention, shape.rms_epsilon, shape.attention_scale, shape.attention_soft_cap, shape.embedding_scale}) content.add_value(number);
    for (const int32_t number : {shape.n_head, shape.n_head_kv, shape.head_dim, shape.n_rot, shape.rope_mode, shape.context_length}) content.add_value(number);
    const auto add = [&](const ggml_tensor * tensor) {
        if (tensor) content.add(tensor->data, ggml_nbytes(tensor));
    };
    add(model.embedding);
    add(model.rope_factors);
    for (int32_t i = 0; i < cut; i++) {
        const block_weights & block = model.blocks[static_cast<size_t>(i)];
        for (const ggml_tensor * norm : {block.attn_norm, block.attn_q_norm, block.attn_k_norm, block.attn_post_norm, block.ffn_norm, block.ffn_post_norm}) add(norm);
        content.add_value(block.form.window);
        content.add_value(block.form.rotates);
        content.add_value(block.form.rope_base);
        content.add_value(block.form.rope_scale);
        for (const linear * layer : {&block.attn_q, &block.attn_k, &block.attn_v, &block.attn_qkv, &block.attn_output, &block.ffn_gate, &block.ffn_up, &block.ffn_down}) {
            add(layer->weight);
            add(layer->bias);
        }
    }
    content.add_value(cut);
    content.add_value(is_f16);
    return content.hexadecimal();
}

// The file as it was sealed, or nothing: one that was cut off or has rotted is computed again.
std::unique_ptr<mapped_file> open_sealed(const std::string & path, size_t n_bytes) {
    std::error_code absent;
    if (fs::file_size(path, absent) != n_bytes + DIGEST_SIZE || absent) return nullptr;
    std::unique_ptr<mapped_file> file(new mapped_file(path));
    digest content;
    content.add(file->data(), n_bytes);
    if (std::memcmp(content.hexadecimal().data(), file->data() + n_bytes, DIGEST_SIZE) != 0) return nullptr;
    return file;
}

uint64_t size_of_files(const std::vector<fs::directory_entry> & files) {
    return std::accumulate(files.begin(), files.end(), uint64_t(0), [](uint64_t sum, const fs::directory_entry & file) { return sum + file.file_size(); });
}

// What a process that was killed left half written: <key>.<process>.hidden.tmp
bool is_abandoned(const fs::path & path) {
    if (path.extension() != ".tmp" || path.stem().extension() != END_OF_NAME) return false;
    const std::string process = path.stem().stem().extension(); // ".123"
    return process.size() > 1 && kill(static_cast<pid_t>(std::atol(process.c_str() + 1)), 0) != 0 && errno == ESRCH;
}

// Removes the files that were made or read longest ago, until the new one fits the limit beside the rest.
void make_room(const std::string & folder, uint64_t n_bytes, uint64_t limit) {
    std::vector<fs::directory_entry> files;
    for (const fs::directory_entry & file : fs::directory_iterator(folder)) {
        if (is_abandoned(file.path())) fs::remove(file.path());
        else if (file.path().extension() == END_OF_NAME) files.push_back(file);
    }
    std::sort(files.begin(), files.end(), [](const auto & a, const auto & b) { return a.last_write_time() > b.last_write_time(); });
    while (!files.empty() && size_of_files(files) + n_bytes > limit) {
        fs::remove(files.back().path());
        files.pop_back();
    }
}

std::string in_words(uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

// The rows of one pass after another, as indices.
std::vector<std::vector<size_t>> passes_over(const std::vector<const std::vector<llama_token> *> & rows) {
    return pack(rows, {rows.size(), SCORING_COLUMNS_AT_ONCE}, true);
}

base_model blocks_below(const base_model & model, int32_t cut) {
    std::vector<int32_t> blocks(static_cast<size_t>(cut));
    std::iota(blocks.begin(), blocks.end(), 0);
    return with_blocks(model, blocks);
}

// Computes the states of all rows and hands them on in the order of their numbers. false: stopped
bool compute_states(backend & place, const base_model & model, const std::vector<const std::vector<llama_token> *> & rows, const prefix_index & index, int32_t cut,
                    const std::function<bool()> & stop, const std::function<void(const float * states, size_t n)> & take) {
    const base_model below = blocks_below(model, cut);
    network own(place, below, nullptr);
    const size_t width = static_cast<size_t>(model.shape.n_embd);
    int64_t next = 0; // number
    for (const std::vector<size_t> & part : passes_over(rows)) {
        if (stop()) return false;
        std::vector<const std::vector<llama_token> *> together;
        for (const size_t row : part) together.push_back(rows[row]);
        const token_layout layout = lay_out(together, true);
        const std::vector<float> states = own.hidden_states(layout);
        const std::vector<int64_t> numbers = index.find(layout);
        std::vector<std::pair<int64_t, size_t>> fresh; // what parts before did not have, by number
        for (size_t column = 0; column < numbers.size(); column++) {
            if (numbers[column] >= next) fresh.push_back({numbers[column], column});
        }
        std::sort(fresh.begin(), fresh.end());
        for (const auto & [number, column] : fresh) {
            if (number != next++) throw std::logic_error("prefixes are not numbered in the order in which rows are packed");
            take(states.data() + column * width, width);
        }
    }
    return true;
}

} // namespace

std::vector<std::vector<llama_token>> inputs_of(const std::vector<token_row> & rows) {
    std::vector<std::vector<llama_token>> inputs;
    for (const token_row & row : rows) inputs.emplace_back(row.tokens.begin(), row.tokens.end() - 1);
    return inputs;
}

const char * name_of(state_place place) { return place == state_place::memory ? "memory" : place == state_place::disk ? "disk" : "nowhere"; }

// Bytes of one column.
size_t hidden_states::state_size(int32_t n_embd, bool is_f16) { return static_cast<size_t>(n_embd) * (is_f16 ? 2 : 4); }

hidden_states::choice hidden_states::choose_place(const state_settings & settings, uint64_t n_bytes, int32_t cut) {
    if (settings.place == state_place::nowhere) return {state_place::nowhere, "asked for"};
    if (cut == 0) return {state_place::nowhere, "the lowest adapter sits in the first block"};
    if (settings.place == state_place::choose && settings.passes < 2) return {state_place::nowhere, "each row is computed only once"};
    if (n_bytes + settings.in_use > settings.limit) {
        const std::string beside = settings.in_use > 0 ? " beside " + in_words(settings.in_use) + " of other rows" : "";
        return {state_place::nowhere, in_words(n_bytes) + beside + " are more than the limit of " + in_words(settings.limit)};
    }
    if (settings.place != state_place::disk) {
        const uint64_t free = std::min(settings.room, free_memory() / 2); // the other half is for the activations
        if (n_bytes <= free) return {state_place::memory, "they fit"};
        if (n_bytes > free_disk(settings.folder)) return {state_place::nowhere, in_words(n_bytes) + " fit neither memory nor disk"};
        return {state_place::disk, in_words(n_bytes) + " are more than half of the free memory"};
    }
    if (n_bytes > free_disk(settings.folder)) return {state_place::nowhere, in_words(n_bytes) + " do not fit the disk"};
    return {state_place::disk, "asked for"};
}

hidden_states::need hidden_states::measure(backend & cpu, const base_model & model, const std::vector<std::vector<llama_token>> & rows, int32_t cut, bool is_f16) {
    const std::vector<const std::vector<llama_token> *> tokens = pointers_to(rows);
    need found;
    token_layout largest;
    for (const std::vector<size_t> & part : passes_over(tokens)) {
        std::vector<const std::vector<llama_token> *> together;
        for (const size_t row : part) together.push_back(tokens[row]);
        token_layout layout = lay_out(together, true);
        found.columns += static_cast<int64_t>(layout.tokens.size());
        if (layout.tokens.size() > largest.tokens.size()) largest = std::move(layout);
    }
    const base_model below = blocks_below(model, cut);
    const uint64_t prefixes = prefix_index::count(tokens);
    found.states = prefixes * state_size(model.shape.n_embd, is_f16);
    found.index = prefixes * prefix_index::BYTES;
    found.tensors = network(cpu, below, nullptr).measure_hidden_states(largest);
    found.values = largest.tokens.size() * state_size(model.shape.n_embd, false);
    for (const std::vector<llama_token> & row : rows) found.values += row.size() * sizeof(llama_token);
    return found;
}

std::unique_ptr<hidden_states> hidden_states::prepare(const state_source & source, const std::vector<std::vector<llama_token>> & rows, int32_t cut,
                                                      const state_settings & settings, const std::function<bool()> & stop) {
    const double start = seconds_since_start();
    const std::vector<const std::vector<llama_token> *> tokens = pointers_to(rows);
    const uint64_t n_prefixes = prefix_index::count(tokens), n_bytes = n_prefixes * state_size(source.host.shape.n_embd, settings.is_f16);
    choice chosen = choose_place(settings, n_bytes, cut);
    bool is_reused = false;
    const auto announce = [&] {
        const json event = {{"split", settings.split}, {"block", cut}, {"columns", n_prefixes}, {"bytes", n_bytes}, {"place", name_of(chosen.place)}, {"precision", settings.is_f16 ? "f16" : "f32"},
                               {"reason", chosen.reason}, {"reused", is_reused}, {"seconds", seconds_since_start() - start}};
        emit("hidden-states", event);
        return event;
    };
    if (chosen.place == state_place::nowhere) {
        announce();
        return nullptr;
    }
    std::unique_ptr<hidden_states> made(new hidden_states(prefix_index(tokens), source.host.shape.n_embd, settings.is_f16));

    std::vector<unsigned char> half(made->state_bytes());
    const auto as_kept = [&](const float * state, size_t n) -> const unsigned char * {
        if (!settings.is_f16) return reinterpret_cast<const unsigned char *>(state);
        ggml_fp32_to_fp16_row(state, reinterpret_cast<ggml_fp16_t *>(half.data()), static_cast<int64_t>(n));
        return half.data();
    };
    if (chosen.place == state_place::memory) {
        made->kept_.reserve(n_bytes);
        const bool is_whole = compute_states(source.place, source.model, tokens, made->index_, cut, stop, [&](const float * state, size_t n) {
            const unsigned char * bytes = as_kept(state, n);
            made->kept_.insert(made->kept_.end(), bytes, bytes + made->state_bytes());
        });
        if (!is_whole) return nullptr;
        made->states_ = made->kept_.data();
        made->event_ = announce();
        return made;
    }

    const std::string key = key_of(source.host, tokens, cut, settings.is_f16, source.arithmetic), path = settings.folder + "/" + key + END_OF_NAME;
    try {
        fs::create_directories(settings.folder);
        made->file_ = open_sealed(path, n_bytes);
        is_reused = made->file_ != nullptr;
        if (is_reused) {
            fs::last_write_time(path, fs::file_time_type::clock::now()); // read last
        } else {
            make_room(settings.folder, n_bytes, settings.limit);
            const std::string own_path = settings.folder + "/" + key + "." + std::to_string(getpid()) + END_OF_NAME; // others may be at the same states
            sealed_file file(own_path);
            const bool is_whole = compute_states(source.place, source.model, tokens, made->index_, cut, stop,
                                                 [&](const float * state, size_t n) { file.write(as_kept(state, n), made->state_bytes()); });
            if (!is_whole) return nullptr;
            const std::string content = file.written_digest();
            file.write(content.data(), content.size());
            file.seal();
            fs::rename(own_path, path);
            made->file_.reset(new mapped_file(path));
        }
    } catch (const user_error & error) { // a disk that is full or cannot be written costs time, not the run
        if (error.code != exit_data) throw;
        chosen = {state_place::nowhere, error.what()};
    } catch (const fs::filesystem_error & error) {
        chosen = {state_place::nowhere, error.what()};
    }
    if (chosen.place == state_place::nowhere) {
        announce();
        return nullptr;
    }
    made->states_ = made->file_->data();
    made->event_ = announce();
    return made;
}

void hidden_states::announce_again() const {
    json event = event_;
    event["reused"] = true;
    event["seconds"] = 0;
    emit("hidden-states", event);
}

bool hidden_states::read(const token_layout & layout, std::vector<float> & values) const {
    const std::vector<int64_t> numbers = index_.find(layout);
    if (std::count(numbers.begin(), numbers.end(), -1) > 0) return false;
    values.resize(numbers.size() * n_embd_);
    for (size_t column = 0; column < numbers.size(); column++) {
        const unsigned char * state = states_ + static_cast<size_t>(numbers[column]) * state_bytes();
        float * out = values.data() + column * n_embd_;
        if (is_f16_) ggml_fp16_to_fp32_row(reinterpret_cast<const ggml_fp16_t *>(state), out, static_cast<int64_t>(n_embd_));
        else std::memcpy(out, state, state_bytes());
    }
    return true;
}
