#include "fit/gru4rec.h"
#include "fit/gru_layer.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>

namespace {

class gru4rec : public sequence_network {
  public:
    gru4rec(int64_t n_items, const gru4rec_settings & settings) : sequence_network(settings.sequence.windows), dropout_(settings.dropout), width_(settings.width), hidden_(settings.hidden) {
        items_ = layout_.add("items", n_items, width_);
        for (int64_t layer = 0; layer < settings.layers; layer++) {
            const std::string name = "gru." + std::to_string(layer);
            layers_.push_back({layout_.add(name + ".input", 3 * hidden_, layer == 0 ? width_ : hidden_), layout_.add(name + ".state", 3 * hidden_, hidden_)});
        }
        dense_ = layout_.add("dense", width_, hidden_);
        bias_ = layout_.add("dense.bias", 1, width_);
    }

    void initialise(float * values, uint64_t seed) const override {
        random_stream chance(seed, "gru4rec init");
        const auto of = [&](size_t number) { return layout_.of(values, number); };
        fill_normal(of(items_), xavier_normal_deviation(of(items_)), chance);
        for (size_t i = 0; i < layers_.size(); i++) // RecBole gives its own bounds to the first layer only
            for (const size_t number : {layers_[i].input, layers_[i].state}) fill_uniform(of(number), i == 0 ? xavier_uniform_bound(of(number)) : linear_bound(hidden_), chance);
        for (const size_t number : {dense_, bias_}) fill_uniform(of(number), linear_bound(hidden_), chance);
    }

    double learn(const float * values, const window_share & share, float * gradients, int lane) const override {
        const step_order steps(share.windows);
        std::vector<float> inputs = read_items(values, share, steps, true);
        std::vector<gru_pass> passes = run_layers(values, steps, inputs, lane);

        // states behind the inputs whose target counts
        const int64_t n = share.n_targets();
        std::vector<float> chosen(static_cast<size_t>(n * hidden_)), state_memory(static_cast<size_t>(n * width_)), d_state_memory(state_memory.size());
        std::vector<int64_t> rows;
        std::vector<int32_t> targets;
        for (size_t w = 0; w < share.windows.size(); w++) {
            const sequence_window & window = share.windows[w];
            for (int32_t i = 0; i < window.n_targets; i++) {
                rows.push_back(steps.row(w, window.n_inputs - window.n_targets + i));
                targets.push_back(window.targets()[i]);
            }
        }
        const float * behind = passes.back().behind.data();
        for (size_t i = 0; i < rows.size(); i++) std::copy_n(behind + rows[i] * hidden_, hidden_, &chosen[i * static_cast<size_t>(hidden_)]);
        const matrix_view hidden(chosen.data(), n, hidden_), states(state_memory.data(), n, width_), d_states(d_state_memory.data(), n, width_);
        linear(hidden, layout_.of(values, dense_), layout_.of(values, bias_).data, states, lane);
        const double loss = softmax_loss(states, layout_.of(values, items_), targets.data(), share.drawn, share.weight, d_states, layout_.of(gradients, items_), lane);

        std::vector<float> d_chosen(chosen.size()), d_behind(static_cast<size_t>(steps.n_rows() * hidden_), 0.0f);
        linear_back(hidden, layout_.of(values, dense_), d_states, {d_chosen.data(), n, hidden_}, layout_.of(gradients, dense_), layout_.of(gradients, bias_).data, lane);
        for (size_t i = 0; i < rows.size(); i++) std::copy_n(&d_chosen[i * static_cast<size_t>(hidden_)], hidden_, d_behind.data() + rows[i] * hidden_);
        std::vector<float> dx;
        for (size_t layer = layers_.size(); layer-- > 0;) {
            const_matrix x = layer == 0 ? const_matrix(inputs.data(), steps.n_rows(), width_) : const_matrix(passes[layer - 1].behind.data(), steps.n_rows(), hidden_);
            dx.resize(static_cast<size_t>(x.rows * x.columns));
            gru_backward(weights(values, layer), steps, x, passes[layer], {d_behind.data(), steps.n_rows(), hidden_}, {dx.data(), x.rows, x.columns},
                         layout_.of(gradients, layers_[layer].input), layout_.of(gradients, layers_[layer].state), lane);
            if (layer > 0) d_behind.swap(dx);
        }
        const matrix_view d_items = layout_.of(gradients, items_);
        for_each_input(share, steps, [&](size_t w, int32_t t, int64_t row) {
            float * d = dx.data() + row * width_;
            drop_row(dropout_, share, 0, w, t, windows().most_inputs, width_, d, d);
            current_cpu_kernels().add(width_, d, d_items.row(share.windows[w].inputs[t]));
        });
        return loss;
    }

    void encode(const float * values, const std::vector<sequence_window> & windows, matrix_view states, int lane) const override {
        window_share share;
        share.windows = windows;
        const step_order steps(windows);
        const std::vector<float> inputs = read_items(values, share, steps, false);
        const std::vector<gru_pass> passes = run_layers(values, steps, inputs, lane);
        std::vector<float> chosen(windows.size() * static_cast<size_t>(hidden_));
        for (size_t w = 0; w < windows.size(); w++)
            std::copy_n(passes.back().behind.data() + steps.row(w, windows[w].n_inputs - 1) * hidden_, hidden_, &chosen[w * static_cast<size_t>(hidden_)]);
        linear({chosen.data(), states.rows, hidden_}, layout_.of(values, dense_), layout_.of(values, bias_).data, states, lane);
    }

  private:
    struct layer_parts { size_t input, state; };

    gru_weights weights(const float * values, size_t layer) const { return {layout_.of(values, layers_[layer].input), layout_.of(values, layers_[layer].state)}; }

    template <typename Body> static void for_each_input(const window_share & share, const step_order & steps, const Body & body) {
        for (size_t w = 0; w < share.windows.size(); w++)
            for (int32_t t = 0; t < share.windows[w].n_inputs; t++) body(w, t, steps.row(w, t));
    }

    std::vector<float> read_items(const float * values, const window_share & share, const step_order & steps, bool drops) const {
        std::vector<float> x(static_cast<size_t>(steps.n_rows() * width_));
        const const_matrix items = layout_.of(values, items_);
        for_each_input(share, steps, [&](size_t w, int32_t t, int64_t row) {
            drop_row(drops ? dropout_ : 0, share, 0, w, t, windows().most_inputs, width_, items.row(share.windows[w].inputs[t]), x.data() + row * width_);
        });
        return x;
    }

    std::vector<gru_pass> run_layers(const float * values, const step_order & steps, const std::vector<float> & inputs, int lane) const {
        std::vector<gru_pass> passes(layers_.size());
        for (size_t layer = 0; layer < layers_.size(); layer++) {
            const const_matrix x = layer == 0 ? const_matrix(inputs.data(), steps.n_rows(), width_) : const_matrix(passes[layer - 1].behind.data(), steps.n_rows(), hidden_);
            gru_forward(weights(values, layer), steps, x, passes[layer], lane);
        }
        return passes;
    }

    double dropout_;
    int64_t width_, hidden_;
    std::vector<layer_parts> layers_;
    size_t dense_, bias_;
};

} // namespace

std::unique_ptr<sequence_network> make_gru4rec_network(int64_t n_items, const gru4rec_settings & settings) { return std::make_unique<gru4rec>(n_items, settings); }

std::unique_ptr<fit_model> make_gru4rec(const interaction_log & log, const gru4rec_settings & settings, const fit_context & context) {
    return make_sequence_model(log, make_gru4rec_network(log.n_items, settings), settings.sequence, "gru4rec", context);
}
