#include "fit/dense_stack.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include <algorithm>

dense_stack::dense_stack(parameter_layout & layout, const std::string & name, int64_t n_in, const std::vector<int64_t> & hidden, hidden_activation activation) : layout_(layout), activation_(activation) {
    for (size_t i = 0; i <= hidden.size(); i++) {
        const int64_t n_out = i < hidden.size() ? hidden[i] : 1;
        const std::string one = name + "." + std::to_string(i);
        const size_t w = layout.add(one, n_out, n_in), b = layout.add(one + ".bias", 1, n_out);
        layers_.push_back({w, b, i < hidden.size() && activation == hidden_activation::prelu ? layout.add(one + ".slope", 1, n_out) : 0});
        n_in = n_out;
    }
}

void dense_stack::initialise(float * values, random_stream & chance) const {
    for (size_t i = 0; i < layers_.size(); i++) {
        const matrix_view w = layout_.of(values, layers_[i].w);
        fill_normal(w, xavier_normal_deviation(w), chance);
        if (i + 1 < layers_.size() && activation_ == hidden_activation::prelu) fill(layout_.of(values, layers_[i].slope), 0.25f);
    }
}

std::vector<float> dense_stack::forward(const float * values, const_matrix x, dense_pass & pass, int lane) const {
    pass.inputs.assign(1, std::vector<float>(x.data, x.data + x.rows * x.columns));
    pass.before.clear();
    for (size_t i = 0; i < layers_.size(); i++) {
        const const_matrix w = layout_.of(values, layers_[i].w);
        std::vector<float> y(static_cast<size_t>(x.rows * w.rows));
        linear({pass.inputs.back().data(), x.rows, w.columns}, w, layout_.of(values, layers_[i].b).data, {y.data(), x.rows, w.rows}, lane);
        if (i + 1 == layers_.size()) return y;
        std::vector<float> behind(y.size());
        if (activation_ == hidden_activation::sigmoid) current_cpu_kernels().sigmoid(static_cast<int64_t>(y.size()), y.data(), behind.data());
        else {
            const float * slope = layout_.of(values, layers_[i].slope).data;
            for (int64_t row = 0; row < x.rows; row++)
                for (int64_t j = 0; j < w.rows; j++) {
                    const float v = y[static_cast<size_t>(row * w.rows + j)];
                    behind[static_cast<size_t>(row * w.rows + j)] = v > 0 ? v : slope[j] * v;
                }
        }
        pass.before.push_back(std::move(y));
        pass.inputs.push_back(std::move(behind));
    }
    return {};
}

std::vector<float> dense_stack::backward(const float * values, const dense_pass & pass, const std::vector<float> & dy, float * gradients, int lane) const {
    const int64_t n = static_cast<int64_t>(dy.size());
    std::vector<float> d = dy;
    for (size_t i = layers_.size(); i-- > 0;) {
        const const_matrix w = layout_.of(values, layers_[i].w);
        if (i + 1 < layers_.size()) {
            const std::vector<float> & before = pass.before[i], & behind = pass.inputs[i + 1];
            if (activation_ == hidden_activation::sigmoid) {
                for (size_t k = 0; k < d.size(); k++) d[k] *= behind[k] * (1 - behind[k]);
            } else {
                const float * slope = layout_.of(values, layers_[i].slope).data;
                float * d_slope = layout_.of(gradients, layers_[i].slope).data;
                for (int64_t row = 0; row < n; row++)
                    for (int64_t j = 0; j < w.rows; j++) {
                        const size_t k = static_cast<size_t>(row * w.rows + j);
                        if (before[k] > 0) continue;
                        d_slope[j] += d[k] * before[k];
                        d[k] *= slope[j];
                    }
            }
        }
        std::vector<float> dx(static_cast<size_t>(n * w.columns));
        linear_back({pass.inputs[i].data(), n, w.columns}, w, {d.data(), n, w.rows}, {dx.data(), n, w.columns}, layout_.of(gradients, layers_[i].w), layout_.of(gradients, layers_[i].b).data, lane);
        d = std::move(dx);
    }
    return d;
}
