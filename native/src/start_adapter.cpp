#include "start_adapter.h"
#include "error.h"

// "blk.0.attn_q, blk.0.attn_v, ... (60)"
static std::string some_of(const std::vector<layer_name> & layers) {
    std::string list;
    for (size_t i = 0; i < layers.size() && i < 4; i++) list += (i > 0 ? ", " : "") + layers[i].full_name();
    return layers.size() <= 4 ? list : list + ", ... (" + std::to_string(layers.size()) + " layers)";
}

std::vector<layer_name> layers_of(const train_config & config, const base_model & model) {
    return resolve_targets(model, config.targets, parse_block_range(config.layers, model.shape.n_block));
}

std::unique_ptr<adapter> starting_adapter(session & open, const train_config & config) {
    const std::vector<layer_name> layers = layers_of(config, open.model);
    if (!config.adapter) return adapter::create(open.cpu, open.model, layers, config.begin);

    std::unique_ptr<adapter> lora = adapter::load(open.cpu, open.model, *config.adapter);
    const auto contradicts = [&](const std::string & has, const std::string & asked, const std::string & options) {
        return user_error(exit_usage, "the start adapter has " + has + ", but " + asked + " is asked for", *config.adapter, "leave out " + options + ": the start adapter's own count");
    };
    const auto shape = [](int32_t rank, double alpha) { return "rank " + std::to_string(rank) + " and alpha " + std::to_string(alpha); };
    const float alpha = static_cast<float>(scale_of(config.begin) * config.begin.rank); // as libllama counts it
    if (lora->rank() != config.begin.rank || lora->alpha() != alpha) {
        throw contradicts(shape(lora->rank(), lora->alpha()), shape(config.begin.rank, alpha), "--rank, --alpha and --scaling");
    }
    if (config.begin.init != lora_init::random) throw contradicts("values of its own", "another beginning", "--init");
    if (lora->has_magnitudes() != config.begin.magnitudes) {
        throw contradicts(lora->has_magnitudes() ? "magnitudes (DoRA)" : "no magnitudes (DoRA)", lora->has_magnitudes() ? "an adapter without" : "an adapter with them", "--variant");
    }
    if (lora->layers() != layers) throw contradicts("the layers " + some_of(lora->layers()), some_of(layers), "--targets and --layers");
    return lora;
}
