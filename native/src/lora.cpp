#include "lora.h"
#include "low_rank_init.h"
#include "magnitude.h"
#include <algorithm>
#include <cmath>

double scale_of(const adapter_settings & settings) {
    return settings.alpha / (settings.scaling == lora_scaling::by_rank ? settings.rank : std::sqrt(static_cast<double>(settings.rank)));
}

// The tensors of a pair, without memory.
static lora_pair make_pair_for(ggml_context * ctx, const base_model & model, const layer_name & layer, int32_t rank, bool has_magnitude) {
    const ggml_tensor * weight = adaptable_weight(model, layer);
    const bool is_embedding = layer.target == TOKEN_EMBEDDING;
    lora_pair pair;
    pair.layer = layer;
    pair.a = is_embedding ? ggml_new_tensor_2d(ctx, GGML_TYPE_F32, rank, weight->ne[1]) : ggml_new_tensor_2d(ctx, GGML_TYPE_F32, weight->ne[0], rank);
    pair.b = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, rank, is_embedding ? weight->ne[0] : weight->ne[1]);
    ggml_set_name(pair.a, (pair.tensor_name() + ".lora_a").c_str());
    ggml_set_name(pair.b, (pair.tensor_name() + ".lora_b").c_str());
    if (!has_magnitude) return pair;
    pair.magnitude = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, weight->ne[1]);
    pair.squared_norms = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, weight->ne[1]);
    ggml_set_name(pair.magnitude, (pair.tensor_name() + ".lora_magnitude").c_str());
    return pair;
}

adapter::adapter(const base_model & model, const std::vector<layer_name> & layers, int32_t rank, int32_t n_trained, float alpha, bool has_magnitudes)
    : rank_(rank), n_trained_(n_trained), alpha_(alpha), has_magnitudes_(has_magnitudes), n_block_(model.shape.n_block) {
    ggml_init_params params{};
    params.mem_size = ggml_tensor_overhead() * 4 * (layers.size() + 1);
    params.no_alloc = true;
    tensors_ = ggml_init(params);
    for (const layer_name & layer : layers) pairs_.push_back(make_pair_for(tensors_, model, layer, rank, has_magnitudes));
    for (const lora_pair & pair : pairs_) { // they stay where they are from now on
        const bool is_embedding = pair.layer.target == TOKEN_EMBEDDING;
        trained_.push_back({pair.a, &pair, lora_part::down, is_embedding ? 1 : pair.a->ne[0], rank, n_trained});
        trained_.push_back({pair.b, &pair, lora_part::up, 1, rank, n_trained});
        if (pair.magnitude) trained_.push_back({pair.magnitude, &pair, lora_part::magnitude, 1, 1, 1});
    }
}

adapter::~adapter() {
    ggml_backend_buffer_free(buffer_);
    ggml_free(tensors_);
}

std::unique_ptr<adapter> adapter::shaped(const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings) {
    const int32_t rank = settings.init == lora_init::principal ? 2 * settings.rank : settings.rank; // the second half takes away what the first one begins with
    std::unique_ptr<adapter> made(new adapter(model, layers, rank, settings.rank, static_cast<float>(scale_of(settings) * rank), settings.magnitudes));
    if (settings.magnitudes) check_magnitudes(made->pairs_);
    return made;
}

std::unique_ptr<adapter> adapter::planned(const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings) {
    static float nowhere[1]; // a tensor with an address counts as one that has its memory
    std::unique_ptr<adapter> made = shaped(model, layers, settings);
    for (ggml_tensor * tensor = ggml_get_first_tensor(made->tensors_); tensor; tensor = ggml_get_next_tensor(made->tensors_, tensor)) tensor->data = nowhere;
    return made;
}

std::unique_ptr<adapter> adapter::create(backend & cpu, const base_model & model, const std::vector<layer_name> & layers, const adapter_settings & settings) {
    std::unique_ptr<adapter> made = shaped(model, layers, settings);
    const double scale = scale_of(settings);
    made->buffer_ = cpu.allocate_apart(made->tensors_, "the adapter", "use a smaller --rank or fewer --targets");
    for (size_t i = 0; i < made->pairs_.size(); i++) {
        const lora_pair & pair = made->pairs_[i];
        if (settings.init == lora_init::principal) principal_init(cpu, *adaptable_weight(model, pair.layer), pair, scale, settings.seed, i);
        else random_init(pair, settings.seed, i);
        if (pair.magnitude) init_magnitude(pair, *adaptable_weight(model, pair.layer));
    }
    return made;
}

std::unique_ptr<adapter> adapter::copy_on(backend & device, const base_model & model) const {
    std::unique_ptr<adapter> made(new adapter(model, layers(), rank_, n_trained_, alpha_, has_magnitudes_));
    made->buffer_ = device.allocate_apart(made->tensors_, "the adapter", "use a smaller --rank or fewer --targets");
    copy_values_to(*made);
    return made;
}

void adapter::copy_values_to(adapter & copy) const {
    std::vector<char> bytes;
    for (size_t i = 0; i < pairs_.size(); i++) {
        const lora_pair & from = pairs_[i], & to = copy.pairs_[i];
        for (const auto & [own, other] : {std::pair{from.a, to.a}, std::pair{from.b, to.b}, std::pair{from.magnitude, to.magnitude}, std::pair{from.squared_norms, to.squared_norms}}) {
            if (!own) continue;
            bytes.resize(ggml_nbytes(own));
            ggml_backend_tensor_get(own, bytes.data(), 0, bytes.size());
            ggml_backend_tensor_set(other, bytes.data(), 0, bytes.size());
        }
    }
}

const lora_pair * adapter::find(int32_t block, const std::string & target) const {
    for (const lora_pair & pair : pairs_) {
        if (pair.layer.block == block && pair.layer.target == target) return &pair;
    }
    return nullptr;
}

size_t adapter::index_of(const ggml_tensor * trained) const {
    const auto found = std::find_if(trained_.begin(), trained_.end(), [&](const trained_tensor & one) { return one.tensor == trained; });
    return static_cast<size_t>(found - trained_.begin());
}

std::vector<layer_name> adapter::layers() const {
    std::vector<layer_name> names;
    for (const lora_pair & pair : pairs_) names.push_back(pair.layer);
    return names;
}

std::vector<std::string> adapter::targets() const {
    std::vector<std::string> names;
    for (const lora_pair & pair : pairs_) {
        if (std::find(names.begin(), names.end(), pair.layer.target) == names.end()) names.push_back(pair.layer.target);
    }
    return names;
}

size_t adapter::n_bytes() const {
    size_t n = 0;
    for (ggml_tensor * tensor = ggml_get_first_tensor(tensors_); tensor; tensor = ggml_get_next_tensor(tensors_, tensor)) n += ggml_nbytes(tensor);
    return n;
}

int64_t adapter::n_parameters() const {
    int64_t n = 0;
    for (const trained_tensor & one : trained_) n += ggml_nelements(one.tensor) / one.n_components * one.n_trained;
    return n;
}

block_range adapter::blocks() const {
    block_range range{n_block_, 0};
    for (const lora_pair & pair : pairs_) {
        if (pair.layer.block < 0) continue;
        range.first = std::min(range.first, pair.layer.block);
        range.end = std::max(range.end, pair.layer.block + 1);
    }
    range.end = std::max(range.end, range.first);
    return range;
}

lora_values zeros_like(const adapter & lora) {
    lora_values values;
    for (const trained_tensor & one : lora.trained()) values.emplace_back(static_cast<size_t>(ggml_nelements(one.tensor)), 0.0f);
    return values;
}
