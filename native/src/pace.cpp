#include "pace.h"
#include "events.h"
#include "machine_memory.h"
#include "network.h"
#include <algorithm>

namespace {

const int TIMED = 2; // passes, after one that pays for pages and plans

// The layers of the run's adapter on some of its blocks. The last block has one in any case, so that the backward goes through it as in the run.
std::vector<layer_name> layers_on(const std::vector<int32_t> & blocks, const adapter & lora) {
    std::vector<layer_name> layers;
    const auto add = [&](int32_t from, int32_t to) {
        for (const layer_name & layer : lora.layers()) {
            if (layer.block == from) layers.push_back({to, layer.target});
        }
    };
    for (size_t i = 0; i < blocks.size(); i++) add(blocks[i], static_cast<int32_t>(i));
    const int32_t last = static_cast<int32_t>(blocks.size()) - 1, lowest = lora.blocks().first;
    const bool is_last_adapted = std::any_of(layers.begin(), layers.end(), [&](const layer_name & layer) { return layer.block == last; });
    if (!is_last_adapted) add(lowest, last);
    add(-1, -1);
    return layers;
}

class stopwatch {
  public:
    stopwatch(session & open, const compute_place & place, const train_config & config, const std::vector<token_row> & rows, const adapter & lora,
              const pass_options & options, const run_layout & layout)
        : open_(open), place_(place), config_(config), lora_(lora),
          step_(rows, config, limits_of(config, open.model, lora.layers()), open.model.shape.n_block, layout.typical.step), part_(step_.plan().parts[layout.typical.part]) {
        options_.recomputes = options.recomputes;
    }

    // Seconds a column of a pass through these blocks alone.
    double through(const std::vector<int32_t> & blocks) {
        const base_model model = with_blocks(place_.model(), blocks), host = with_blocks(open_.model, blocks);
        const adapter_settings settings{lora_.rank(), lora_.alpha(), lora_scaling::by_rank, lora_init::random, lora_.has_magnitudes(), 1};
        const std::unique_ptr<adapter> lora = adapter::create(open_.cpu, host, layers_on(blocks, lora_), settings);
        std::unique_ptr<adapter> there;
        if (place_.compute().kind() != device_kind::cpu) there = lora->copy_on(place_.compute(), model);
        network own(place_.compute(), model, there ? there.get() : lora.get(), options_);
        const float dropout = static_cast<float>(config_.dropout);
        if (step_.plan().prefix) own.forward(*step_.plan().prefix, dropout, 0);
        lora_values gradients = zeros_like(*lora);
        double began = 0;
        for (int pass = 0; pass <= TIMED; pass++) {
            if (pass == 1) began = seconds_since_start();
            const std::unique_ptr<objective> goal = step_.goal(part_);
            own.loss({part_.layout, *goal, dropout, 0, part_.given ? &*part_.given : nullptr}, &gradients);
        }
        return (seconds_since_start() - began) / TIMED / static_cast<double>(part_.n_computed());
    }

  private:
    session & open_;
    const compute_place & place_;
    const train_config & config_;
    const adapter & lora_;
    const lone_step step_;
    const step_part & part_;
    pass_options options_;
};

} // namespace

double pace::of_step(int32_t first, int32_t lowest, int32_t n_block) const {
    const int32_t others = n_block - 1 - first, trained = std::max(0, n_block - 1 - std::max(lowest, first));
    return rest + trained * trained_block + (others - trained) * frozen_block;
}

double pace::of_evaluation(int32_t first, int32_t n_block) const {
    return (n_block - first) * (frozen_block > 0 ? frozen_block : trained_block / 2);
}

pace measure_pace(session & open, const compute_place & place, const train_config & config, const std::vector<token_row> & rows, const adapter & lora,
                  const pass_options & options, const run_layout & layout) {
    stopwatch watch(open, place, config, rows, lora, options, layout);
    const int32_t last = open.model.shape.n_block - 1, lowest = lora.lowest_block(), first = options.states ? options.cut : 0;
    pace found;
    std::vector<int32_t> blocks = {last};
    double before = found.rest = watch.through(blocks);
    const auto with = [&](int32_t block) {
        blocks.insert(blocks.begin(), block);
        const double now = watch.through(blocks), cost = std::max(0.0, now - before);
        before = now;
        return cost;
    };
    if (std::max(lowest, first) < last) found.trained_block = with(std::max(lowest, first));
    if (first < std::min(lowest, last)) found.frozen_block = with(first);
    place.compute().forget_plan(); // or growing it leaves a hole, which the run would hold beside its own
    give_back_memory();
    return found;
}
