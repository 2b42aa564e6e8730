#include "lora.h"
#include "error.h"
#include "gguf_writer.h"
#include "random.h"
#include <algorithm>
#include <cmath>

static const int32_t MOST_TENSORS = 65536; // of one adapter: the size of the table of tensors, not of their data

adapter::adapter(int32_t rank, float alpha, int32_t n_block) : rank_(rank), alpha_(alpha), n_block_(n_block) {
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * MOST_TENSORS;
    params.no_alloc = true;
    tensors_ = ggml_init(params);
}

adapter::~adapter() { ggml_free(tensors_); }

void adapter::add_pair(const base_model & model, int32_t block, const std::string & target) {
    const ggml_tensor * weight = find_layer(model, block, target)->weight;
    lora_pair pair;
    pair.block = block;
    pair.target = target;
    pair.a = ggml_new_tensor_2d(tensors_, GGML_TYPE_F32, weight->ne[0], rank_);
    pair.b = ggml_new_tensor_2d(tensors_, GGML_TYPE_F32, rank_, weight->ne[1]);
    ggml_set_name(pair.a, (pair.tensor_name() + ".lora_a").c_str());
    ggml_set_name(pair.b, (pair.tensor_name() + ".lora_b").c_str());
    pairs_.push_back(pair);
}

std::unique_ptr<adapter> adapter::create(backend & cpu, const base_model & model, const std::vector<std::string> & targets,
                                         block_range blocks, int32_t rank, float alpha, uint64_t seed) {
    const std::vector<std::string> & known = target_names();
    std::string list;
    for (const std::string & name : known) list += (list.empty() ? "" : ", ") + name;
    for (const std::string & target : targets) {
        if (std::find(known.begin(), known.end(), target) == known.end()) {
            throw user_error(exit_usage, "no linear layer is called \"" + target + "\"", "targets", "use some of " + list);
        }
    }
    if (std::find(targets.begin(), targets.end(), "output") != targets.end() && model.tied) {
        throw user_error(exit_usage, "the model has no output head of its own: it uses the token embedding", "targets", "leave \"output\" out of the targets");
    }

    for (const std::string & target : targets) { // some families fuse layers
        if (target == "output" || find_layer(model, 0, target)) continue;
        std::string present;
        for (const std::string & name : known) {
            if (find_layer(model, name == "output" ? -1 : 0, name)) present += (present.empty() ? "" : ", ") + name;
        }
        throw user_error(exit_usage, "the model has no linear layer \"" + target + "\"", "targets", "use some of " + present);
    }

    std::unique_ptr<adapter> made(new adapter(rank, alpha, model.shape.n_block));
    for (int32_t block = blocks.first; block < blocks.end; block++) {
        for (const std::string & target : known) { // the order of the names, not of the user's list: the same set gives the same bytes
            if (target == "output" || std::find(targets.begin(), targets.end(), target) == targets.end()) continue;
            made->add_pair(model, block, target);
        }
    }
    if (std::find(targets.begin(), targets.end(), "output") != targets.end()) made->add_pair(model, -1, "output");
    cpu.allocate(made->tensors_, "the adapter", "use a smaller --rank or fewer --targets");

    for (size_t i = 0; i < made->pairs_.size(); i++) {
        const lora_pair & pair = made->pairs_[i];
        const double bound = 1.0 / std::sqrt(static_cast<double>(pair.a->ne[0]));
        random_stream chance(seed, "lora-init", i);
        std::vector<float> a(static_cast<size_t>(ggml_nelements(pair.a)));
        for (float & value : a) value = static_cast<float>((2.0 * chance.uniform() - 1.0) * bound);
        ggml_backend_tensor_set(pair.a, a.data(), 0, ggml_nbytes(pair.a));
        ggml_backend_tensor_memset(pair.b, 0, 0, ggml_nbytes(pair.b));
    }
    return made;
}

namespace {

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// "blk.3.attn_q.weight.lora_a" -> block 3, target "attn_q"
struct parsed_name { int32_t block; std::string target; };

bool parse_layer_name(const std::string & base, parsed_name & parsed) {
    if (base == "output.weight") {
        parsed = {-1, "output"};
        return true;
    }
    const std::string suffix = ".weight";
    if (base.rfind("blk.", 0) != 0 || !ends_with(base, suffix)) return false;
    const size_t dot = base.find('.', 4);
    if (dot == std::string::npos || dot == 4 || dot > 9 || base.find_first_not_of("0123456789", 4) != dot || dot + 1 >= base.size() - suffix.size()) return false;
    parsed.block = static_cast<int32_t>(std::stol(base.substr(4, dot - 4)));
    parsed.target = base.substr(dot + 1, base.size() - suffix.size() - dot - 1);
    return true;
}

} // namespace

std::unique_ptr<adapter> adapter::load(backend & cpu, const base_model & model, const std::string & path) {
    const gguf_file file(path);
    const auto refuse = [&](const std::string & what) { return user_error(exit_data, what, path, "use a LoRA adapter GGUF made for this base model"); };
    if (file.text("general.type").value_or("") != "adapter" || file.text("adapter.type").value_or("") != "lora") throw refuse("this GGUF is not a LoRA adapter");
    const std::string architecture = file.text("general.architecture").value_or("");
    if (architecture != model.shape.architecture) {
        throw refuse("the adapter was made for architecture \"" + architecture + "\", the base model is \"" + model.shape.architecture + "\"");
    }
    const int64_t alpha_key = gguf_find_key(file.keys(), "adapter.lora.alpha");
    if (alpha_key >= 0 && gguf_get_kv_type(file.keys(), alpha_key) != GGUF_TYPE_FLOAT32) {
        throw refuse("adapter.lora.alpha is not a 32-bit float, as libllama wants it"); // it would end the process
    }
    const std::optional<double> alpha = file.number("adapter.lora.alpha");
    if (alpha && !(*alpha > 0 && std::isfinite(*alpha))) throw refuse("the adapter's scale (adapter.lora.alpha) is " + std::to_string(*alpha));

    struct found_pair { int32_t block; std::string target; const ggml_tensor * a; const ggml_tensor * b; };
    std::vector<found_pair> found;
    int64_t rank = 0;
    for (const ggml_tensor * a : file.tensors()) {
        const std::string name = a->name;
        if (ends_with(name, "_norm.weight")) continue; // as libllama does
        const std::string suffix = name.size() > 7 ? name.substr(name.size() - 7) : "";
        if (suffix != ".lora_a" && suffix != ".lora_b") throw refuse("tensor \"" + name + "\" is not part of a LoRA pair");
        const std::string base = name.substr(0, name.size() - 7);
        const ggml_tensor * b = file.find(base + ".lora_b");
        if (!file.find(base + ".lora_a") || !b) throw refuse("tensor \"" + name + "\" lacks its partner");
        if (suffix == ".lora_b") continue;
        parsed_name layer;
        if (!parse_layer_name(base, layer) || layer.block >= model.shape.n_block || !find_layer(model, layer.block, layer.target)) {
            throw refuse("the base model has no linear layer \"" + base + "\"");
        }
        const ggml_tensor * weight = find_layer(model, layer.block, layer.target)->weight;
        if (a->ne[0] != weight->ne[0] || b->ne[1] != weight->ne[1] || a->ne[1] != b->ne[0] || a->ne[2] != 1 || b->ne[2] != 1 ||
            a->ne[3] != 1 || b->ne[3] != 1 || a->ne[1] < 1) {
            throw refuse("the shapes of \"" + base + "\" do not fit the base model");
        }
        for (const ggml_tensor * tensor : {a, b}) {
            if (tensor->type != GGML_TYPE_F32 && tensor->type != GGML_TYPE_F16 && tensor->type != GGML_TYPE_BF16) {
                throw refuse("tensor \"" + std::string(tensor->name) + "\" has the type " + ggml_type_name(tensor->type) + ", expected f32, f16 or bf16");
            }
        }
        if (rank != 0 && rank != a->ne[1]) throw refuse("the adapter mixes ranks " + std::to_string(rank) + " and " + std::to_string(a->ne[1]));
        rank = a->ne[1];
        found.push_back({layer.block, layer.target, a, b});
    }
    if (found.empty()) throw refuse("the adapter has no tensors");

    const auto finite_floats = [&](const ggml_tensor * tensor) {
        const std::vector<float> values = as_floats(tensor);
        if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
            throw refuse("tensor \"" + std::string(tensor->name) + "\" holds a value that is not finite");
        }
        return values;
    };
    // Without an alpha libllama scales by 1, which is alpha = rank.
    std::unique_ptr<adapter> made(new adapter(static_cast<int32_t>(rank), static_cast<float>(alpha.value_or(static_cast<double>(rank))), model.shape.n_block));
    for (const found_pair & pair : found) made->add_pair(model, pair.block, pair.target);
    cpu.allocate(made->tensors_, "the adapter", "use a smaller --rank or fewer --targets");
    for (size_t i = 0; i < found.size(); i++) {
        const std::vector<float> a = finite_floats(found[i].a), b = finite_floats(found[i].b);
        ggml_backend_tensor_set(made->pairs_[i].a, a.data(), 0, a.size() * sizeof(float));
        ggml_backend_tensor_set(made->pairs_[i].b, b.data(), 0, b.size() * sizeof(float));
    }
    return made;
}

std::unique_ptr<adapter> adapter::copy_on(backend & device) const {
    std::unique_ptr<adapter> made(new adapter(rank_, alpha_, n_block_));
    for (const lora_pair & pair : pairs_) {
        lora_pair copy = pair;
        for (ggml_tensor ** tensor : {&copy.a, &copy.b}) {
            const ggml_tensor * from = *tensor;
            *tensor = ggml_dup_tensor(made->tensors_, from);
            ggml_set_name(*tensor, from->name);
        }
        made->pairs_.push_back(copy);
    }
    device.allocate(made->tensors_, "the adapter", "use a smaller --rank or fewer --targets");
    copy_values_to(*made);
    return made;
}

void adapter::copy_values_to(adapter & copy) const {
    std::vector<char> bytes;
    for (size_t i = 0; i < pairs_.size(); i++) {
        for (const auto & [from, to] : {std::pair{pairs_[i].a, copy.pairs_[i].a}, std::pair{pairs_[i].b, copy.pairs_[i].b}}) {
            bytes.resize(ggml_nbytes(from));
            ggml_backend_tensor_get(from, bytes.data(), 0, bytes.size());
            ggml_backend_tensor_set(to, bytes.data(), 0, bytes.size());
        }
    }
}

void adapter::save(const std::string & path, const std::string & architecture) const {
    gguf_context_ptr keys(gguf_init_empty());
    gguf_set_val_str(keys.get(), "general.type", "adapter");
    gguf_set_val_str(keys.get(), "general.architecture", architecture.c_str());
    gguf_set_val_str(keys.get(), "adapter.type", "lora");
    gguf_set_val_f32(keys.get(), "adapter.lora.alpha", alpha_); // must be f32: libllama reads a missing or other type as 0
    std::vector<const ggml_tensor *> tensors;
    for (const lora_pair & pair : pairs_) tensors.insert(tensors.end(), {pair.a, pair.b});
    write_sealed_gguf(path, std::move(keys), tensors);
}

const lora_pair * adapter::find(int32_t block, const std::string & target) const {
    for (const lora_pair & pair : pairs_) {
        if (pair.block == block && pair.target == target) return &pair;
    }
    return nullptr;
}

std::vector<std::string> adapter::targets() const {
    std::vector<std::string> names;
    for (const lora_pair & pair : pairs_) {
        if (std::find(names.begin(), names.end(), pair.target) == names.end()) names.push_back(pair.target);
    }
    return names;
}

int64_t adapter::n_parameters() const {
    int64_t n = 0;
    for (const lora_pair & pair : pairs_) n += ggml_nelements(pair.a) + ggml_nelements(pair.b);
    return n;
}

block_range adapter::blocks() const {
    block_range range{n_block_, 0};
    for (const lora_pair & pair : pairs_) {
        if (pair.block < 0) continue;
        range.first = std::min(range.first, pair.block);
        range.end = std::max(range.end, pair.block + 1);
    }
    range.end = std::max(range.end, range.first);
    return range;
}

lora_values zeros_like(const adapter & lora) {
    lora_values values;
    for (const lora_pair & pair : lora.pairs()) {
        values.emplace_back(static_cast<size_t>(ggml_nelements(pair.a)), 0.0f);
        values.emplace_back(static_cast<size_t>(ggml_nelements(pair.b)), 0.0f);
    }
    return values;
}
