// Base models and adapters as files: what is wrong in them is told, never read out of bounds or left to end the process.
#include "check.h"
#include "model_copy.h"
#include "network.h"
#include "reference.h"
#include "refusal.h"
#include "tiny_model.h"
#include <cmath>
#include <csignal>
#include <limits>
#include <numeric>
#include <sys/resource.h>

namespace {

struct model_on_disk {
    temporary_folder folder;
    std::string path = write_tiny_model(folder.path, "llama", 31);

    // What comes of loading it after an edit of its keys.
    user_error refused_after(const std::function<void(gguf_context *)> & edit) {
        rewrite(path, [&](gguf_context * keys, std::vector<stored_tensor> &) { edit(keys); });
        return refusal([&] {
            const gguf_file file(path);
            load_model(file);
        });
    }
};

void numbers_out_of_range_are_refused() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const float epsilon : {-1.0f, nan, INFINITY}) {
        model_on_disk model;
        const user_error error = model.refused_after([&](gguf_context * keys) { gguf_set_val_f32(keys, "llama.attention.layer_norm_rms_epsilon", epsilon); });
        CHECK(error.code == exit_data && says(error.what(), "layer_norm_rms_epsilon"));
    }
    for (const char * key : {"block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "attention.key_length", "context_length"}) {
        for (const float value : {nan, -3.0f, 0.0f, 1e20f}) {
            model_on_disk model;
            CHECK(model.refused_after([&](gguf_context * keys) { gguf_set_val_f32(keys, (std::string("llama.") + key).c_str(), value); }).code == exit_data);
        }
    }
}

// Keys that libllama's graphs of these families do not read change nothing here either.
void unread_keys_change_nothing() {
    model_on_disk plain, keyed;
    rewrite(keyed.path, [](gguf_context * keys, std::vector<stored_tensor> &) {
        gguf_set_val_f32(keys, "llama.attention.scale", 0.9f);
        gguf_set_val_str(keys, "llama.rope.scaling.type", "none");
        gguf_set_val_f32(keys, "llama.rope.scaling.factor", 4);
    });
    const std::vector<llama_token> tokens = random_rows(1, 200, 3)[0].tokens;
    const auto own = [&](const std::string & path) {
        const gguf_file file(path);
        const base_model model = load_model(file);
        backend cpu(1);
        const token_layout layout = lay_out({&tokens}, true);
        return network(cpu, model, nullptr).logits(layout, layout.columns[0]);
    };
    CHECK(own(plain.path) == own(keyed.path));
    const std::vector<float> served = reference_model(keyed.path, std::nullopt, 1, 64).logits(tokens, static_cast<int32_t>(tokens.size())), ours = own(keyed.path);
    for (size_t i = 0; i < ours.size(); i++) CHECK_NEAR(ours[i], served[i], 1e-3);
}

void a_copy_is_laid_out_anew() {
    // ggml writes at 32 whatever the key says. Here all tensors are multiples of 64 bytes, so what is left is where the first
    // one stands, and a text of the right length moves it there.
    temporary_folder folder;
    init_config config = tiny_config(folder.path, "llama", 31);
    config.n_embd = 48;
    config.head_dim = 12;
    std::optional<gguf_file> read;
    for (size_t length = 0; length < 64 && !read; length += 8) {
        write_random_model(config);
        rewrite(config.output, [&](gguf_context * keys, std::vector<stored_tensor> &) {
            gguf_set_val_u32(keys, "general.alignment", 64);
            gguf_set_val_str(keys, "general.description", std::string(length, '.').c_str());
        });
        try { read.emplace(config.output); } catch (const user_error &) {}
    }
    CHECK(read.has_value());
    const gguf_file & file = *read;
    const base_model loaded = load_model(file);
    const std::string copy = folder.path + "/copy.gguf";
    write_copy(file, loaded, all_blocks(loaded), nullptr, GGML_TYPE_F32, copy);
    const gguf_file written(copy);
    for (const ggml_tensor * tensor : file.tensors()) CHECK(as_floats(tensor) == as_floats(written.find(tensor->name)));
    reference_model(copy, std::nullopt, 1, 16); // libllama reads it too
}

// Cuts the file at every limit of its size that a full disk could set; what was there before stays.
void a_file_that_does_not_fit_is_an_error() {
    model_on_disk model;
    const gguf_file file(model.path);
    const base_model loaded = load_model(file);
    backend cpu(1);
    const auto lora = plain_adapter(cpu, loaded, {"attn_q"}, 2, 4, 1);
    const std::string path = model.folder.path + "/adapter.gguf";
    lora->save(path, "llama");
    const uintmax_t whole = std::filesystem::file_size(path);
    std::signal(SIGXFSZ, SIG_IGN); // a write past the limit then fails with EFBIG, as one on a full disk does with ENOSPC
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    for (const uintmax_t limit : {uintmax_t(0), uintmax_t(100), whole / 2, whole - 4000, whole - 1}) {
        rlimit tight = before;
        tight.rlim_cur = limit;
        setrlimit(RLIMIT_FSIZE, &tight);
        std::optional<user_error> error;
        try { lora->save(path, "llama"); } catch (const user_error & thrown) { error = thrown; }
        setrlimit(RLIMIT_FSIZE, &before);
        CHECK(error && error->code == exit_data && says(error->what(), "cannot write the file"));
        CHECK(std::filesystem::file_size(path) == whole && !std::filesystem::exists(path + ".tmp"));
    }
    lora->save(path, "llama");
    CHECK(std::filesystem::file_size(path) == whole);
}

struct adapter_on_disk : model_on_disk {
    std::string adapter_path = folder.path + "/adapter.gguf";
    gguf_file file{path};
    base_model loaded = load_model(file);
    backend cpu{1};

    adapter_on_disk() {
        const auto lora = plain_adapter(cpu, loaded, {"attn_q", "attn_v"}, 2, 4, 1);
        randomise(*lora, 0.2, 5);
        lora->save(adapter_path, "llama");
    }
    void edit(const std::function<void(gguf_context *, std::vector<stored_tensor> &)> & change) { rewrite(adapter_path, change); }
    std::unique_ptr<adapter> load() { return adapter::load(cpu, loaded, adapter_path); }
};

void broken_adapters_are_refused() {
    const auto first = [](std::vector<stored_tensor> & tensors) -> stored_tensor & { return tensors.front(); };
    const struct { std::string words; std::function<void(gguf_context *, std::vector<stored_tensor> &)> change; } faults[] = {
        {"not a 32-bit float", [](gguf_context * keys, auto &) { gguf_set_val_u32(keys, "adapter.lora.alpha", 4); }},
        {"not a 32-bit float", [](gguf_context * keys, auto &) { gguf_set_val_f64(keys, "adapter.lora.alpha", 4); }},
        {"scale", [](gguf_context * keys, auto &) { gguf_set_val_f32(keys, "adapter.lora.alpha", NAN); }},
        {"shapes", [&](gguf_context *, auto & tensors) { first(tensors).ne = {first(tensors).ne[0], first(tensors).ne[1], 1, 2}; first(tensors).values.resize(2 * first(tensors).values.size()); }},
        {"shapes", [&](gguf_context *, auto & tensors) { first(tensors).ne[1] = 1; first(tensors).values.resize(static_cast<size_t>(first(tensors).ne[0])); }},
        {"not finite", [&](gguf_context *, auto & tensors) { first(tensors).values[3] = NAN; }},
        {"not finite", [&](gguf_context *, auto & tensors) { tensors.back().values[0] = -INFINITY; }},
        {"lacks its partner", [&](gguf_context *, auto & tensors) { tensors.pop_back(); }},
        {"no tensors", [&](gguf_context *, auto & tensors) { tensors.clear(); }},
        {"no linear layer", [](gguf_context *, auto & tensors) {
            for (stored_tensor & tensor : tensors) tensor.name.insert(tensor.name.find("attn_"), "x");
        }},
    };
    for (const auto & fault : faults) {
        adapter_on_disk disk;
        disk.edit(fault.change);
        const user_error error = refusal([&] { disk.load(); });
        if (error.code != exit_data || !says(error.what(), fault.words)) throw check_failed("\"" + fault.words + "\" expected, but: " + error.what());
    }
}

void an_adapter_is_read_as_libllama_reads_it() {
    adapter_on_disk disk;
    const std::vector<llama_token> tokens = random_rows(1, 200, 3)[0].tokens;
    const auto compare = [&] {
        const token_layout layout = lay_out({&tokens}, true);
        const auto lora = disk.load();
        const std::vector<float> ours = network(disk.cpu, disk.loaded, lora.get()).logits(layout, layout.columns[0]);
        const std::vector<float> theirs = reference_model(disk.path, disk.adapter_path, 1, 64).logits(tokens, static_cast<int32_t>(tokens.size()));
        for (size_t i = 0; i < ours.size(); i++) CHECK_NEAR(ours[i], theirs[i], 1e-3);
        return ours;
    };
    const std::vector<float> with_alpha = compare();
    disk.edit([](gguf_context * keys, auto & tensors) {
        gguf_remove_key(keys, "adapter.lora.alpha"); // scale 1 then
        tensors.push_back({"blk.0.attn_norm.weight", {40}, random_values("norm", 40, 5, 1)}); // not read
    });
    const std::vector<float> without = compare();
    CHECK(with_alpha != without);
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"sizes and numbers of a model that cannot be are refused by key", numbers_out_of_range_are_refused},
        {"keys that libllama does not read for a family change no logit", unread_keys_change_nothing},
        {"an F32 copy of a model with another alignment can be read", a_copy_is_laid_out_anew},
        {"a file that does not fit on the disk is an error, and what was there stays", a_file_that_does_not_fit_is_an_error},
        {"an adapter with a wrong key, shape, name or value is refused", broken_adapters_are_refused},
        {"an adapter without alpha, or with norms in it, is read as libllama reads it", an_adapter_is_read_as_libllama_reads_it},
    });
}
