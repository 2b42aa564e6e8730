#include "fit/sasrec.h"
#include "fit/attention_block.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>

namespace {

const double INITIAL_DEVIATION = 0.02; // of weights and vectors

class sasrec : public sequence_network {
  public:
    sasrec(int64_t n_items, const sasrec_settings & settings) : sequence_network(settings.sequence.windows), settings_(settings), width_(settings.width) {
        items_ = layout_.add("items", n_items, width_);
        places_ = layout_.add("places", settings.sequence.windows.most_inputs, width_);
        norm_ = layout_.add("norm", 2, width_);
        for (int64_t layer = 0; layer < settings.layers; layer++) blocks_.push_back(add_attention_block(layout_, "block." + std::to_string(layer), width_, settings.inner));
    }

    void initialise(float * values, uint64_t seed) const override {
        random_stream chance(seed, "sasrec init");
        const auto normal = [&](size_t part) { fill_normal(layout_.of(values, part), INITIAL_DEVIATION, chance); };
        const auto norm = [&](size_t part) { std::fill_n(layout_.of(values, part).row(0), width_, 1.0f); }; // its bias, as all biases: 0
        normal(items_);
        normal(places_);
        norm(norm_);
        for (const attention_block_parts & block : blocks_) {
            for (const size_t part : {block.wq, block.wk, block.wv, block.wo, block.w1, block.w2}) normal(part);
            norm(block.norm1);
            norm(block.norm2);
        }
    }

    double learn(const float * values, const window_share & share, float * gradients, int lane) const override {
        const int64_t n = share.n_inputs(), n_targets = share.n_targets();
        std::vector<self_attention_block> blocks = make_blocks(settings_.dropout, settings_.attention_dropout);
        norm_pass input_norm;
        const std::vector<float> states = run(values, share, settings_.dropout, blocks, input_norm, lane);
        std::vector<int32_t> targets;
        for (const sequence_window & window : share.windows) targets.insert(targets.end(), window.targets(), window.targets() + window.n_targets);
        std::vector<float> d(states.size());
        const matrix_view d_items = layout_.of(gradients, items_), d_places = layout_.of(gradients, places_);
        const double loss = softmax_loss({states.data(), n_targets, width_}, layout_.of(values, items_), targets.data(), share.drawn, share.weight, {d.data(), n_targets, width_}, d_items, lane);

        for (size_t layer = blocks.size(); layer-- > 0;) d = blocks[layer].backward(values, share, d, gradients, lane);
        const matrix_view dx(d.data(), n, width_);
        for_each_input(share, [&](size_t w, int32_t t, int64_t row) { drop_row(settings_.dropout, share, 0, w, t, windows().most_inputs, width_, dx.row(row), dx.row(row)); });
        norm_rows_back(layout_.of(values, norm_), input_norm, dx, layout_.of(gradients, norm_), dx);
        for_each_input(share, [&](size_t w, int32_t t, int64_t row) {
            current_cpu_kernels().add(width_, dx.row(row), d_items.row(share.windows[w].inputs[t]));
            current_cpu_kernels().add(width_, dx.row(row), d_places.row(t));
        });
        return loss;
    }

    void encode(const float * values, const std::vector<sequence_window> & windows, matrix_view states, int lane) const override {
        window_share share;
        share.windows = windows;
        for (sequence_window & window : share.windows) window.n_targets = 1; // the last input alone
        std::vector<self_attention_block> blocks = make_blocks(0, 0);
        norm_pass input_norm;
        const std::vector<float> found = run(values, share, 0, blocks, input_norm, lane);
        for (int64_t i = 0; i < states.rows; i++) std::copy_n(found.data() + i * width_, width_, states.row(i));
    }

  private:
    std::vector<self_attention_block> make_blocks(double dropout, double attention_dropout) const {
        std::vector<self_attention_block> blocks;
        for (size_t layer = 0; layer < blocks_.size(); layer++) {
            const uint64_t site = 1 + layer * static_cast<uint64_t>(settings_.heads + 2);
            blocks.emplace_back(layout_, blocks_[layer], attention_shape{settings_.heads, attention_dropout, 0, windows().most_inputs}, dropout, site);
        }
        return blocks;
    }

    template <typename Body> static void for_each_input(const window_share & share, const Body & body) {
        int64_t row = 0;
        for (size_t w = 0; w < share.windows.size(); w++)
            for (int32_t t = 0; t < share.windows[w].n_inputs; t++, row++) body(w, t, row);
    }

    static std::vector<sequence_span> spans(const window_share & share, bool targets_only) {
        std::vector<sequence_span> spans;
        int64_t input = 0, query = 0;
        for (const sequence_window & window : share.windows) {
            const int64_t n_queries = targets_only ? window.n_targets : window.n_inputs;
            spans.push_back({input, window.n_inputs, query, n_queries});
            input += window.n_inputs;
            query += n_queries;
        }
        return spans;
    }

    // States behind the inputs that have a target, [n_targets][width].
    std::vector<float> run(const float * values, const window_share & share, double dropout, std::vector<self_attention_block> & blocks, norm_pass & input_norm, int lane) const {
        const int64_t n = share.n_inputs();
        const const_matrix items = layout_.of(values, items_), places = layout_.of(values, places_);
        std::vector<float> x(static_cast<size_t>(n * width_));
        const matrix_view rows(x.data(), n, width_);
        for_each_input(share, [&](size_t w, int32_t t, int64_t row) {
            std::copy_n(items.row(share.windows[w].inputs[t]), width_, rows.row(row));
            current_cpu_kernels().add(width_, places.row(t), rows.row(row));
        });
        norm_rows(layout_.of(values, norm_), rows, rows, input_norm);
        for_each_input(share, [&](size_t w, int32_t t, int64_t row) { drop_row(dropout, share, 0, w, t, windows().most_inputs, width_, rows.row(row), rows.row(row)); });
        for (size_t layer = 0; layer < blocks.size(); layer++) x = blocks[layer].forward(values, share, spans(share, layer + 1 == blocks.size()), x, lane);
        return x;
    }

    sasrec_settings settings_;
    int64_t width_;
    size_t places_, norm_;
    std::vector<attention_block_parts> blocks_;
};

} // namespace

std::unique_ptr<sequence_network> make_sasrec_network(int64_t n_items, const sasrec_settings & settings) { return std::make_unique<sasrec>(n_items, settings); }

std::unique_ptr<fit_model> make_sasrec(const interaction_log & log, const sasrec_settings & settings, const fit_context & context) {
    return make_sequence_model(log, make_sasrec_network(log.n_items, settings), settings.sequence, "sasrec", context);
}
