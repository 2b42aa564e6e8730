#include "fit/caser.h"
#include "fit/convolutions.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>
#include <cmath>

namespace {

const int64_t INPUTS_AT_ONCE = 256; // of windows that are computed together, unless one has more

class caser : public sequence_network {
  public:
    caser(int64_t n_users, int64_t n_items, const caser_settings & settings)
        : sequence_network(settings.sequence.windows), settings_(settings), width_(settings.width), height_(settings.sequence.windows.most_inputs),
          n_down_(settings.filters_down * width_), n_features_(n_down_ + settings.filters_across * height_) {
        items_ = layout_.add("items", n_items, width_);
        users_ = layout_.add("users", n_users, width_);
        down_ = layout_.add("down", settings.filters_down, height_);
        down_bias_ = layout_.add("down.bias", 1, settings.filters_down);
        for (int64_t height = 1; height <= height_; height++) {
            const std::string name = "across." + std::to_string(height);
            across_.push_back(layout_.add(name, settings.filters_across, height * width_));
            across_bias_.push_back(layout_.add(name + ".bias", 1, settings.filters_across));
        }
        first_ = layout_.add("first", width_, n_features_);
        first_bias_ = layout_.add("first.bias", 1, width_);
        second_ = layout_.add("second", width_, 2 * width_);
        second_bias_ = layout_.add("second.bias", 1, width_);
    }

    void initialise(float * values, uint64_t seed) const override {
        random_stream chance(seed, "caser init");
        const auto of = [&](size_t part) { return layout_.of(values, part); };
        for (const size_t part : {items_, users_}) fill_normal(of(part), 1 / static_cast<double>(width_), chance);
        const auto filters = [&](size_t weights, size_t bias) {
            for (const size_t part : {weights, bias}) fill_uniform(of(part), linear_bound(of(weights).columns), chance);
        };
        filters(down_, down_bias_);
        for (size_t i = 0; i < across_.size(); i++) filters(across_[i], across_bias_[i]);
        for (const size_t part : {first_, second_}) fill_normal(of(part), xavier_normal_deviation(of(part)), chance);
    }

    double learn(const float * values, const window_share & share, float * gradients, int lane) const override {
        const int64_t n = share.n_targets();
        pass all = run(values, share, settings_.dropout, lane);
        std::vector<int32_t> targets;
        for (const sequence_window & window : share.windows) targets.insert(targets.end(), window.targets(), window.targets() + window.n_targets);
        const auto into = [&](size_t part) { return layout_.of(gradients, part); };
        const auto view = [&](std::vector<float> & memory, int64_t columns) { return matrix_view(memory.data(), n, columns); };
        std::vector<float> d_states(all.states.size()), d_joined(all.joined.size()), d_z(d_states.size()), d_features(all.features.size());
        double loss = softmax_loss(view(all.states, width_), layout_.of(values, items_), targets.data(), share.drawn, share.weight, view(d_states, width_), into(items_), lane);
        keep_where_positive(all.states, d_states);
        linear_back(view(all.joined, 2 * width_), layout_.of(values, second_), view(d_states, width_), view(d_joined, 2 * width_), into(second_), into(second_bias_).data, lane);
        for_each_target(share, [&](size_t w, int64_t, int64_t row) {
            const float * d = d_joined.data() + 2 * row * width_;
            std::copy_n(d, width_, d_z.data() + row * width_);
            if (share.windows[w].user != NO_USER) current_cpu_kernels().add(width_, d + width_, into(users_).row(share.windows[w].user));
        });
        keep_where_positive(all.z, d_z);
        linear_back(view(all.features, n_features_), layout_.of(values, first_), view(d_z, width_), view(d_features, n_features_), into(first_), into(first_bias_).data, lane);
        back_through_filters(values, share, all, view(d_features, n_features_), gradients, lane);
        loss += regularise(values, static_cast<double>(share.weight) * static_cast<double>(n), gradients) * static_cast<double>(n);
        return loss;
    }

    void encode(const float * values, const std::vector<sequence_window> & windows, matrix_view states, int lane) const override {
        window_share share;
        share.windows = windows;
        for (sequence_window & window : share.windows) window.n_targets = 1; // the last input alone
        const pass all = run(values, share, 0, lane);
        std::copy(all.states.begin(), all.states.end(), states.data);
    }

  private:
    struct pass {
        std::vector<int32_t> where;  // [n_targets][heights * filters]: where a filter found its largest value
        std::vector<float> features; // [n_targets][n_features], behind dropout
        std::vector<float> z, joined, states;
    };

    // Windows that are computed together: as many inputs as the products need to be well filled, and not many more.
    struct group {
        size_t begin, end; // windows
        std::vector<float> inputs; // [n_inputs][width]
        std::vector<image_stretch> stretches;

        const_matrix rows(int64_t width) const { return {inputs.data(), static_cast<int64_t>(inputs.size()) / width, width}; }
    };

    template <typename Body> static void for_each_target(const window_share & share, const Body & body) {
        int64_t row = 0;
        for (size_t w = 0; w < share.windows.size(); w++)
            for (int64_t i = 0; i < share.windows[w].n_targets; i++, row++) body(w, i, row);
    }

    template <typename Body> void for_each_group(const float * values, const window_share & share, const Body & body) const {
        const const_matrix items = layout_.of(values, items_);
        int64_t first_target = 0;
        for (size_t begin = 0, end; begin < share.windows.size(); begin = end) {
            group one{begin, begin, {}, {}};
            int64_t n_inputs = 0;
            for (end = begin; end < share.windows.size() && (end == begin || n_inputs + share.windows[end].n_inputs <= INPUTS_AT_ONCE); end++) {
                const sequence_window & window = share.windows[end];
                one.stretches.push_back({n_inputs, window.n_inputs, first_target, window.n_targets});
                for (int32_t t = 0; t < window.n_inputs; t++) one.inputs.insert(one.inputs.end(), items.row(window.inputs[t]), items.row(window.inputs[t]) + width_);
                n_inputs += window.n_inputs;
                first_target += window.n_targets;
            }
            one.end = end;
            body(one);
        }
    }

    static void keep_where_positive(const std::vector<float> & y, std::vector<float> & d) {
        for (size_t i = 0; i < d.size(); i++)
            if (y[i] <= 0) d[i] = 0;
    }

    static void relu(std::vector<float> & x) {
        for (float & value : x) value = std::max(value, 0.0f);
    }

    across_filters make_filters(const float * values) const {
        std::vector<const_matrix> weights;
        std::vector<const float *> biases;
        for (size_t i = 0; i < across_.size(); i++) {
            weights.push_back(layout_.of(values, across_[i]));
            biases.push_back(layout_.of(values, across_bias_[i]).data);
        }
        return across_filters(weights, biases, width_);
    }

    void drop_features(double dropout, const window_share & share, matrix_view features) const {
        for_each_target(share, [&](size_t w, int64_t i, int64_t row) { drop_row(dropout, share, 0, w, i, windows().targets_at_once, n_features_, features.row(row), features.row(row)); });
    }

    pass run(const float * values, const window_share & share, double dropout, int lane) const {
        const int64_t n = share.n_targets();
        pass all;
        const across_filters filters = make_filters(values);
        all.where.resize(static_cast<size_t>(n * filters.n_values()));
        all.features.resize(static_cast<size_t>(n * n_features_));
        const auto view = [&](std::vector<float> & memory, int64_t columns) { return matrix_view(memory.data(), n, columns); };
        const matrix_view features = view(all.features, n_features_);
        for_each_group(values, share, [&](const group & one) {
            for (const image_stretch & stretch : one.stretches) convolve_down(layout_.of(values, down_), layout_.of(values, down_bias_).data, one.rows(width_), stretch, features, lane);
            filters.convolve(one.rows(width_), one.stretches, features.beside(n_down_, filters.n_values()), all.where.data());
        });
        drop_features(dropout, share, features);
        all.z.resize(static_cast<size_t>(n * width_));
        all.joined.assign(2 * all.z.size(), 0.0f);
        all.states.resize(all.z.size());
        linear(features, layout_.of(values, first_), layout_.of(values, first_bias_).data, view(all.z, width_), lane);
        relu(all.z);
        for_each_target(share, [&](size_t w, int64_t, int64_t row) {
            float * to = all.joined.data() + 2 * row * width_;
            std::copy_n(all.z.data() + row * width_, width_, to);
            if (share.windows[w].user != NO_USER) std::copy_n(layout_.of(values, users_).row(share.windows[w].user), width_, to + width_);
        });
        linear(view(all.joined, 2 * width_), layout_.of(values, second_), layout_.of(values, second_bias_).data, view(all.states, width_), lane);
        relu(all.states);
        return all;
    }

    void back_through_filters(const float * values, const window_share & share, const pass & all, matrix_view d_features, float * gradients, int lane) const {
        const across_filters filters = make_filters(values);
        std::vector<matrix_view> d_weights;
        std::vector<float *> d_biases;
        for (size_t i = 0; i < across_.size(); i++) {
            d_weights.push_back(layout_.of(gradients, across_[i]));
            d_biases.push_back(layout_.of(gradients, across_bias_[i]).data);
        }
        drop_features(settings_.dropout, share, d_features);
        const matrix_view d_items = layout_.of(gradients, items_);
        for_each_group(values, share, [&](const group & one) {
            std::vector<float> d_memory(one.inputs.size(), 0.0f);
            const matrix_view d_inputs(d_memory.data(), one.rows(width_).rows, width_);
            for (const image_stretch & stretch : one.stretches)
                convolve_down_back(layout_.of(values, down_), one.rows(width_), stretch, d_features, d_inputs, layout_.of(gradients, down_), layout_.of(gradients, down_bias_).data, lane);
            filters.back(one.rows(width_), one.stretches, d_features.beside(n_down_, filters.n_values()), all.where.data(), d_inputs, d_weights, d_biases);
            int64_t row = 0;
            for (size_t w = one.begin; w < one.end; w++)
                for (int32_t t = 0; t < share.windows[w].n_inputs; t++, row++) current_cpu_kernels().add(width_, d_inputs.row(row), d_items.row(share.windows[w].inputs[t]));
        });
    }

    // Adds share * (gradients of the penalty), and returns the penalty.
    double regularise(const float * values, double share, float * gradients) const {
        std::vector<size_t> parts = {users_, items_, down_, first_, second_};
        parts.insert(parts.end(), across_.begin(), across_.end());
        double penalty = 0;
        for (const size_t part : parts) {
            const const_matrix w = layout_.of(values, part);
            double squares = 0;
            for (int64_t i = 0; i < w.rows * w.columns; i++) squares += static_cast<double>(w.data[i]) * static_cast<double>(w.data[i]);
            if (squares == 0 || settings_.l2 == 0) continue; // no direction
            penalty += settings_.l2 * std::sqrt(squares);
            const float factor = static_cast<float>(share * settings_.l2 / std::sqrt(squares));
            float * d = layout_.of(gradients, part).data;
            for (int64_t i = 0; i < w.rows * w.columns; i++) d[i] += factor * w.data[i];
        }
        return penalty;
    }

    caser_settings settings_;
    int64_t width_, height_, n_down_, n_features_;
    size_t users_, down_, down_bias_, first_, first_bias_, second_, second_bias_;
    std::vector<size_t> across_, across_bias_; // by height - 1
};

} // namespace

std::unique_ptr<sequence_network> make_caser_network(int64_t n_users, int64_t n_items, const caser_settings & settings) { return std::make_unique<caser>(n_users, n_items, settings); }

std::unique_ptr<fit_model> make_caser(const interaction_log & log, const caser_settings & settings, const fit_context & context) {
    return make_sequence_model(log, make_caser_network(log.n_users(), log.n_items, settings), settings.sequence, "caser", context);
}
