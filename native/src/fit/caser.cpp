#include "fit/caser.h"
#include "fit/convolutions.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>
#include <cmath>

namespace {

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
        const int64_t n = static_cast<int64_t>(share.windows.size());
        pass all = run(values, share, settings_.dropout, lane);
        std::vector<int32_t> targets;
        for (const sequence_window & window : share.windows) targets.push_back(*window.targets());
        const auto into = [&](size_t part) { return layout_.of(gradients, part); };
        const auto view = [&](std::vector<float> & memory, int64_t columns) { return matrix_view(memory.data(), n, columns); };
        std::vector<float> d_states(all.states.size()), d_joined(all.joined.size()), d_z(d_states.size()), d_features(all.features.size());
        double loss = softmax_loss(view(all.states, width_), layout_.of(values, items_), targets.data(), share.drawn, share.weight, view(d_states, width_), into(items_), lane);
        keep_where_positive(all.states, d_states);
        linear_back(view(all.joined, 2 * width_), layout_.of(values, second_), view(d_states, width_), view(d_joined, 2 * width_), into(second_), into(second_bias_).data, lane);
        for (int64_t i = 0; i < n; i++) {
            const float * d = &d_joined[static_cast<size_t>(2 * i * width_)];
            std::copy_n(d, width_, &d_z[static_cast<size_t>(i * width_)]);
            const int32_t user = share.windows[static_cast<size_t>(i)].user;
            if (user != NO_USER) current_cpu_kernels().add(width_, d + width_, into(users_).row(user));
        }
        keep_where_positive(all.z, d_z);
        linear_back(view(all.features, n_features_), layout_.of(values, first_), view(d_z, width_), view(d_features, n_features_), into(first_), into(first_bias_).data, lane);
        back_through_filters(values, share, all, view(d_features, n_features_), gradients);
        loss += regularise(values, static_cast<double>(share.weight) * static_cast<double>(n), gradients) * static_cast<double>(n);
        return loss;
    }

    void encode(const float * values, const std::vector<sequence_window> & windows, matrix_view states, int lane) const override {
        window_share share;
        share.windows = windows;
        const pass all = run(values, share, 0, lane);
        std::copy(all.states.begin(), all.states.end(), states.data);
    }

  private:
    struct pass {
        std::vector<int32_t> where;  // [n][heights * filters]: where a filter found its largest value
        std::vector<float> features; // [n][n_features], behind dropout
        std::vector<float> z, joined, states;
    };

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

    void fill_image(const float * values, const across_filters & filters, const sequence_window & window, std::vector<float> & image) const {
        image.assign(static_cast<size_t>((height_ + filters.rows_behind()) * width_), 0.0f);
        for (int32_t t = 0; t < window.n_inputs; t++) std::copy_n(layout_.of(values, items_).row(window.inputs[t]), width_, image.data() + t * width_);
    }

    pass run(const float * values, const window_share & share, double dropout, int lane) const {
        const size_t n = share.windows.size();
        pass all;
        const across_filters filters = make_filters(values);
        all.where.resize(n * static_cast<size_t>(filters.n_values()));
        all.features.resize(n * static_cast<size_t>(n_features_));
        std::vector<float> image;
        across_filters::working_memory working;
        for (size_t w = 0; w < n; w++) {
            fill_image(values, filters, share.windows[w], image);
            float * features = &all.features[w * static_cast<size_t>(n_features_)];
            const const_matrix rows(image.data(), height_, width_);
            convolve_down(layout_.of(values, down_), layout_.of(values, down_bias_).data, rows, features);
            filters.convolve(rows, features + n_down_, &all.where[w * static_cast<size_t>(filters.n_values())], working);
            drop_row(dropout, share, 0, w, 0, 1, n_features_, features, features);
        }
        all.z.resize(n * static_cast<size_t>(width_));
        all.joined.assign(2 * all.z.size(), 0.0f);
        all.states.resize(all.z.size());
        const auto view = [&](std::vector<float> & memory, int64_t columns) { return matrix_view(memory.data(), static_cast<int64_t>(n), columns); };
        linear(view(all.features, n_features_), layout_.of(values, first_), layout_.of(values, first_bias_).data, view(all.z, width_), lane);
        relu(all.z);
        for (size_t w = 0; w < n; w++) {
            float * to = &all.joined[2 * w * static_cast<size_t>(width_)];
            std::copy_n(&all.z[w * static_cast<size_t>(width_)], width_, to);
            if (share.windows[w].user != NO_USER) std::copy_n(layout_.of(values, users_).row(share.windows[w].user), width_, to + width_);
        }
        linear(view(all.joined, 2 * width_), layout_.of(values, second_), layout_.of(values, second_bias_).data, view(all.states, width_), lane);
        relu(all.states);
        return all;
    }

    void back_through_filters(const float * values, const window_share & share, const pass & all, matrix_view d_features, float * gradients) const {
        const across_filters filters = make_filters(values);
        std::vector<matrix_view> d_weights;
        std::vector<float *> d_biases;
        for (size_t i = 0; i < across_.size(); i++) {
            d_weights.push_back(layout_.of(gradients, across_[i]));
            d_biases.push_back(layout_.of(gradients, across_bias_[i]).data);
        }
        std::vector<float> image, d_memory(static_cast<size_t>(height_ * width_));
        const matrix_view d_image(d_memory.data(), height_, width_), d_items = layout_.of(gradients, items_);
        for (size_t w = 0; w < share.windows.size(); w++) {
            const sequence_window & window = share.windows[w];
            float * d = d_features.row(static_cast<int64_t>(w));
            drop_row(settings_.dropout, share, 0, w, 0, 1, n_features_, d, d);
            fill_image(values, filters, window, image);
            std::fill(d_memory.begin(), d_memory.end(), 0.0f);
            const const_matrix rows(image.data(), height_, width_);
            convolve_down_back(layout_.of(values, down_), rows, d, d_image, layout_.of(gradients, down_), layout_.of(gradients, down_bias_).data);
            filters.back(rows, d + n_down_, &all.where[w * static_cast<size_t>(filters.n_values())], d_image, d_weights, d_biases);
            for (int32_t t = 0; t < window.n_inputs; t++) current_cpu_kernels().add(width_, d_image.row(t), d_items.row(window.inputs[t]));
        }
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
