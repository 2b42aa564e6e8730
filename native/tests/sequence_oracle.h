// The networks of fit/ as their headers write them, slow and plain, in double precision, one window at a time: what the fast ones are held against.
#pragma once
#include "fit/caser.h"
#include "fit/gru4rec.h"
#include "fit/sasrec.h"
#include <algorithm>
#include <cmath>

namespace oracle {

using numbers = std::vector<double>;

inline numbers add(numbers a, const numbers & b) {
    for (size_t i = 0; i < a.size(); i++) a[i] += b[i];
    return a;
}

// Parameters by name.
struct parameters {
    const parameter_layout & layout;
    const numbers & values;

    const parameter_layout::part & part(const std::string & name) const {
        for (const parameter_layout::part & one : layout.parts())
            if (one.name == name) return one;
        throw std::runtime_error("no part " + name);
    }
    double at(const std::string & name, int64_t row, int64_t column) const {
        const parameter_layout::part & one = part(name);
        return values[one.begin + static_cast<size_t>(row * one.columns + column)];
    }
    numbers row(const std::string & name, int64_t row) const {
        const parameter_layout::part & one = part(name);
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(one.begin + static_cast<size_t>(row * one.columns));
        return numbers(begin, begin + one.columns);
    }
    // W x, and the bias of that name when there is one
    numbers linear(const std::string & name, const numbers & x) const {
        const parameter_layout::part & w = part(name);
        numbers y(static_cast<size_t>(w.rows), 0.0);
        for (size_t o = 0; o < y.size(); o++)
            for (size_t i = 0; i < x.size(); i++) y[o] += values[w.begin + o * x.size() + i] * x[i];
        for (const parameter_layout::part & one : layout.parts())
            if (one.name == name + ".bias") y = add(y, row(one.name, 0));
        return y;
    }
};

// Which masks a window gets; rate 0: none.
struct masks {
    uint64_t seed;
    int64_t number, most_places;

    numbers apply(double rate, uint64_t site, int64_t place, numbers x) const {
        if (rate == 0) return x;
        std::vector<float> mask(x.size(), 1.0f);
        drop_column({static_cast<float>(rate), seed + site}, static_cast<int64_t>(mask.size()), number * most_places + place, mask.data(), mask.data());
        for (size_t i = 0; i < x.size(); i++) x[i] *= mask[i] == 0 ? 0 : 1 / (1 - static_cast<double>(static_cast<float>(rate)));
        return x;
    }
};

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// States behind each input of a window.
inline std::vector<numbers> gru4rec_states(const parameters & p, const gru4rec_settings & s, const sequence_window & window, const masks & m, double dropout) {
    std::vector<numbers> states, behind(static_cast<size_t>(s.layers), numbers(static_cast<size_t>(s.hidden), 0.0));
    for (int32_t t = 0; t < window.n_inputs; t++) {
        numbers x = m.apply(dropout, 0, t, p.row("items", window.inputs[t]));
        for (int64_t layer = 0; layer < s.layers; layer++) {
            const std::string name = "gru." + std::to_string(layer);
            numbers & h = behind[static_cast<size_t>(layer)];
            const numbers from_input = p.linear(name + ".input", x), from_state = p.linear(name + ".state", h);
            for (size_t i = 0; i < h.size(); i++) {
                const size_t at_z = h.size() + i, at_c = 2 * h.size() + i;
                const double r = sigmoid(from_input[i] + from_state[i]), z = sigmoid(from_input[at_z] + from_state[at_z]);
                const double c = std::tanh(from_input[at_c] + r * from_state[at_c]);
                h[i] = (1 - z) * c + z * h[i];
            }
            x = h;
        }
        states.push_back(p.linear("dense", x));
    }
    return states;
}

inline numbers norm(const parameters & p, const std::string & name, const numbers & x) {
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    numbers y;
    for (size_t i = 0; i < x.size(); i++) y.push_back((x[i] - mean) / std::sqrt(variance + 1e-12) * p.at(name, 0, static_cast<int64_t>(i)) + p.at(name, 1, static_cast<int64_t>(i)));
    return y;
}

inline double gelu(double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))); }

inline std::vector<numbers> sasrec_states(const parameters & p, const sasrec_settings & s, const sequence_window & window, const masks & m, double dropout, double attention_dropout) {
    std::vector<numbers> x;
    for (int32_t t = 0; t < window.n_inputs; t++) x.push_back(m.apply(dropout, 0, t, norm(p, "norm", add(p.row("items", window.inputs[t]), p.row("places", t)))));
    const size_t head_width = static_cast<size_t>(s.width / s.heads);
    for (int64_t layer = 0; layer < s.layers; layer++) {
        const std::string name = "block." + std::to_string(layer) + ".";
        const uint64_t site = 1 + static_cast<uint64_t>(layer * (s.heads + 2));
        std::vector<numbers> keys, vectors, out;
        for (const numbers & one : x) keys.push_back(p.linear(name + "key", one)), vectors.push_back(p.linear(name + "value", one));
        for (size_t t = 0; t < x.size(); t++) {
            const numbers q = p.linear(name + "query", x[t]);
            numbers context(static_cast<size_t>(s.width), 0.0);
            for (int64_t head = 0; head < s.heads; head++) {
                const size_t first = static_cast<size_t>(head) * head_width;
                numbers weights;
                double sum = 0;
                for (size_t j = 0; j <= t; j++) {
                    double score = 0;
                    for (size_t i = first; i < first + head_width; i++) score += q[i] * keys[j][i];
                    weights.push_back(std::exp(score / std::sqrt(static_cast<double>(head_width))));
                    sum += weights.back();
                }
                for (double & weight : weights) weight /= sum;
                weights = m.apply(attention_dropout, site + 2 + static_cast<uint64_t>(head), static_cast<int64_t>(t), weights);
                for (size_t j = 0; j <= t; j++)
                    for (size_t i = first; i < first + head_width; i++) context[i] += weights[j] * vectors[j][i];
            }
            const int64_t place = static_cast<int64_t>(t);
            const numbers middle = norm(p, name + "attention norm", add(m.apply(dropout, site, place, p.linear(name + "out", context)), x[t]));
            numbers inner = p.linear(name + "inner", middle);
            for (double & v : inner) v = gelu(v);
            out.push_back(norm(p, name + "norm", add(m.apply(dropout, site + 1, place, p.linear(name + "outer", inner)), middle)));
        }
        x = out;
    }
    return x;
}

// The state behind the inputs of a window before `end`, the last of which fill an image of their own; place: of the target among those of the window.
inline numbers caser_state(const parameters & p, const caser_settings & s, const sequence_window & window, int64_t end, const masks & m, int64_t place, double dropout) {
    const int64_t height = s.sequence.windows.most_inputs, begin = std::max<int64_t>(0, end - height);
    std::vector<numbers> image(static_cast<size_t>(height), numbers(static_cast<size_t>(s.width), 0.0));
    for (int64_t t = begin; t < end; t++) image[static_cast<size_t>(t - begin)] = p.row("items", window.inputs[t]);
    numbers features;
    for (int64_t f = 0; f < s.filters_down; f++)
        for (size_t k = 0; k < static_cast<size_t>(s.width); k++) {
            double sum = p.at("down.bias", 0, f);
            for (int64_t t = 0; t < height; t++) sum += p.at("down", f, t) * image[static_cast<size_t>(t)][k];
            features.push_back(sum);
        }
    for (int64_t of = 1; of <= height; of++) {
        const std::string name = "across." + std::to_string(of);
        numbers largest(static_cast<size_t>(s.filters_across), 0.0); // relu
        for (int64_t first = 0; first + of <= height; first++) {
            numbers seen;
            for (int64_t t = first; t < first + of; t++) seen.insert(seen.end(), image[static_cast<size_t>(t)].begin(), image[static_cast<size_t>(t)].end());
            const numbers values = p.linear(name, seen);
            for (size_t f = 0; f < largest.size(); f++) largest[f] = std::max(largest[f], values[f]);
        }
        features.insert(features.end(), largest.begin(), largest.end());
    }
    const auto relu = [](numbers x) {
        for (double & v : x) v = std::max(v, 0.0);
        return x;
    };
    numbers joined = relu(p.linear("first", masks{m.seed, m.number, s.sequence.windows.targets_at_once}.apply(dropout, 0, place, features)));
    const numbers user = window.user == NO_USER ? numbers(static_cast<size_t>(s.width), 0.0) : p.row("users", window.user);
    joined.insert(joined.end(), user.begin(), user.end());
    return relu(p.linear("second", joined));
}

// Behind the input before each target, each computed alone.
inline std::vector<numbers> caser_states(const parameters & p, const caser_settings & s, const sequence_window & window, const masks & m, double dropout) {
    std::vector<numbers> states;
    for (int64_t i = 0; i < window.n_targets; i++) states.push_back(caser_state(p, s, window, window.n_inputs - window.n_targets + 1 + i, m, i, dropout));
    return states;
}

inline double caser_penalty(const parameters & p, const caser_settings & s) {
    double sum = 0;
    for (const parameter_layout::part & part : p.layout.parts()) {
        if (part.name.find(".bias") != std::string::npos) continue;
        double squares = 0;
        for (size_t i = part.begin; i < part.begin + static_cast<size_t>(part.rows * part.columns); i++) squares += p.values[i] * p.values[i];
        sum += s.l2 * std::sqrt(squares);
    }
    return sum;
}

// Sum over the windows' targets of -ln softmax(scores)[target], the softmax being over all items or estimated from those drawn. states_of gives those behind each input, or behind the last one alone.
template <typename States> double loss(const parameters & p, const window_share & share, int64_t most_inputs, const States & states_of) {
    double total = 0;
    for (size_t w = 0; w < share.windows.size(); w++) {
        const sequence_window & window = share.windows[w];
        const std::vector<numbers> states = states_of(window, masks{share.dropout_seed, share.numbers[w], most_inputs});
        for (int32_t i = 0; i < window.n_targets; i++) {
            const numbers & state = states[states.size() - static_cast<size_t>(window.n_targets - i)];
            const numbers scores = p.linear("items", state);
            const double of_target = scores[static_cast<size_t>(window.targets()[i])];
            double sum = std::exp(of_target);
            for (int32_t item = 0; item < static_cast<int32_t>(scores.size()); item++)
                if (item != window.targets()[i] && !share.drawn) sum += std::exp(scores[static_cast<size_t>(item)]);
            for (size_t j = 0; share.drawn && j < share.drawn->items.size(); j++)
                if (share.drawn->items[j] != window.targets()[i]) sum += std::exp(scores[static_cast<size_t>(share.drawn->items[j])] + static_cast<double>(share.drawn->corrections[j]));
            total += std::log(sum) - of_target;
        }
    }
    return total;
}

} // namespace oracle
