#include "fit/din.h"
#include "error.h"
#include "fit/trained_parameters.h"
#include "kernels/cpu_kernels.h"
#include "parallel.h"
#include "random.h"
#include <algorithm>
#include <cmath>

static const int64_t ROWS_AT_ONCE = 2048; // of histories: what they need stays in the cache

// Intermediate values of some examples.
struct din_network::pass {
    std::vector<float> histories; // [rows][width]: h_j, example by example
    std::vector<float> weights;   // [rows]: a_j
    std::vector<float> users;     // [n][width]: u
    dense_pass attention, layers;
    std::vector<float> logits;    // [n]
};

din_network::din_network(int64_t n_items, const din_settings & settings)
    : width_(settings.width), items_(layout_.add("items", n_items, width_)), labels_(layout_.add("labels", 2, width_)),
      attention_(layout_, "attention", 4 * width_, settings.attention, hidden_activation::sigmoid), layers_(layout_, "layers", 3 * width_, settings.layers, hidden_activation::prelu) {}

void din_network::initialise(float * values, uint64_t seed) const {
    random_stream chance(seed, "din init");
    for (const size_t part : {items_, labels_}) {
        const matrix_view w = layout_.of(values, part);
        fill_normal(w, xavier_normal_deviation(w), chance);
    }
    attention_.initialise(values, chance);
    layers_.initialise(values, chance);
}

static float scale_of(int64_t width) { return static_cast<float>(1 / std::sqrt(static_cast<double>(width))); }

din_network::pass din_network::run(const float * values, const din_example * examples, size_t n, int lane) const {
    const const_matrix items = layout_.of(values, items_), labels = layout_.of(values, labels_);
    const size_t width = static_cast<size_t>(width_);
    pass found;
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) rows += static_cast<size_t>(examples[i].size);
    found.histories.resize(rows * width);
    std::vector<float> pairs(rows * 4 * width), joined(n * 3 * width);
    float *h = found.histories.data(), *pair = pairs.data();
    for (size_t i = 0; i < n; i++) {
        const float * e = items.row(examples[i].target);
        for (int64_t j = 0; j < examples[i].size; j++, h += width, pair += 4 * width) {
            const float *item = items.row(examples[i].items[j]), *label = labels.row(examples[i].liked[j]);
            for (size_t k = 0; k < width; k++) {
                h[k] = item[k] + label[k];
                pair[k] = h[k];
                pair[width + k] = e[k];
                pair[2 * width + k] = h[k] - e[k];
                pair[3 * width + k] = h[k] * e[k];
            }
        }
    }
    found.weights = attention_.forward(values, {pairs.data(), static_cast<int64_t>(rows), 4 * width_}, found.attention, lane);
    for (float & weight : found.weights) weight *= scale_of(width_);
    found.users.assign(n * width, 0.0f);
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        float *u = &found.users[i * width], *to = &joined[i * 3 * width];
        const float * e = items.row(examples[i].target);
        for (int64_t j = 0; j < examples[i].size; j++, row++)
            for (size_t k = 0; k < width; k++) u[k] += found.weights[row] * found.histories[row * width + k];
        for (size_t k = 0; k < width; k++) {
            to[k] = u[k];
            to[width + k] = e[k];
            to[2 * width + k] = u[k] * e[k];
        }
    }
    found.logits = layers_.forward(values, {joined.data(), static_cast<int64_t>(n), 3 * width_}, found.layers, lane);
    return found;
}

void din_network::back(const float * values, const din_example * examples, size_t n, const pass & pass, const std::vector<float> & d_logits, float * gradients, int lane) const {
    const const_matrix items = layout_.of(values, items_);
    const matrix_view d_items = layout_.of(gradients, items_), d_labels = layout_.of(gradients, labels_);
    const size_t width = static_cast<size_t>(width_), rows = pass.weights.size();
    const std::vector<float> d_joined = layers_.backward(values, pass.layers, d_logits, gradients, lane);
    std::vector<float> d_users(n * width), d_weights(rows);
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        const float *d = &d_joined[i * 3 * width], *u = &pass.users[i * width], *e = items.row(examples[i].target);
        float *du = &d_users[i * width], *de = d_items.row(examples[i].target);
        for (size_t k = 0; k < width; k++) {
            du[k] = d[k] + d[2 * width + k] * e[k];
            de[k] += d[width + k] + d[2 * width + k] * u[k];
        }
        for (int64_t j = 0; j < examples[i].size; j++, row++) {
            float product = 0;
            for (size_t k = 0; k < width; k++) product += du[k] * pass.histories[row * width + k];
            d_weights[row] = product * scale_of(width_);
        }
    }
    const std::vector<float> d_pairs = attention_.backward(values, pass.attention, d_weights, gradients, lane);
    row = 0;
    for (size_t i = 0; i < n; i++) {
        const float *du = &d_users[i * width], *e = items.row(examples[i].target);
        float * de = d_items.row(examples[i].target);
        for (int64_t j = 0; j < examples[i].size; j++, row++) {
            const float *d = &d_pairs[row * 4 * width], *h = &pass.histories[row * width];
            float *d_item = d_items.row(examples[i].items[j]), *d_label = d_labels.row(examples[i].liked[j]);
            for (size_t k = 0; k < width; k++) {
                const float dh = pass.weights[row] * du[k] + d[k] + d[2 * width + k] + d[3 * width + k] * e[k];
                de[k] += d[width + k] - d[2 * width + k] + d[3 * width + k] * h[k];
                d_item[k] += dh;
                d_label[k] += dh;
            }
        }
    }
}

// Calls body(begin, end) for parts of the examples whose histories have about as many rows as are computed at once.
template <typename Body> static void for_each_part(const din_example * examples, size_t n, const Body & body) {
    for (size_t begin = 0, end; begin < n; begin = end) {
        int64_t rows = 0;
        for (end = begin; end < n && (end == begin || rows + examples[end].size <= ROWS_AT_ONCE) && end - begin < static_cast<size_t>(ROWS_AT_ONCE); end++) rows += examples[end].size;
        body(begin, end);
    }
}

double din_network::learn(const float * values, const din_example * examples, const uint8_t * labels, size_t n, float weight, float * gradients, int lane) const {
    double loss = 0;
    for_each_part(examples, n, [&](size_t begin, size_t end) {
        const pass found = run(values, examples + begin, end - begin, lane);
        std::vector<float> d_logits(end - begin);
        for (size_t i = 0; i < d_logits.size(); i++) {
            const double logit = found.logits[i], wrong = labels[begin + i] ? -logit : logit; // loss = ln(1 + exp(wrong))
            loss += wrong > 0 ? wrong + std::log1p(std::exp(-wrong)) : std::log1p(std::exp(wrong));
            d_logits[i] = static_cast<float>(static_cast<double>(weight) * (1 / (1 + std::exp(-logit)) - labels[begin + i]));
        }
        back(values, examples + begin, end - begin, found, d_logits, gradients, lane);
    });
    return loss;
}

void din_network::logits(const float * values, const din_example * examples, size_t n, float * logits, int lane) const {
    for_each_part(examples, n, [&](size_t begin, size_t end) {
        const pass found = run(values, examples + begin, end - begin, lane);
        std::copy(found.logits.begin(), found.logits.end(), logits + begin);
    });
}

namespace {

class din : public fit_model {
  public:
    din(const interaction_log & log, const din_settings & settings, const fit_context & context)
        : log_(log), settings_(settings), context_(context), network_(log.n_items, settings), trained_(network_.layout()) {
        network_.initialise(trained_.values(), context.seed);
        const std::string where = "model \"din\"";
        bool found[2] = {};
        if (settings_.negatives > 0) met_ = met_items();
        for (int32_t user = 0; user < log.n_users(); user++) {
            const user_history history = log.of(user);
            for (size_t i = 1; i < history.size; i++) {
                if (settings_.negatives > 0 && (!history.liked[i] || met_[static_cast<size_t>(user)].size() == static_cast<size_t>(log.n_items))) continue;
                found[history.liked[i]] = true;
                targets_.push_back({user, i});
            }
        }
        if (settings_.negatives > 0 && targets_.empty()) throw user_error(exit_data, "no liked interaction comes after another one, of a user who left an item", where, "give it longer histories, or \"negatives\" 0 to learn from labels");
        if (settings_.negatives == 0 && !(found[0] && found[1])) throw user_error(exit_data, "all interactions that come after another one have the same label", where, "give it liked and disliked ones, or set \"negatives\" above 0");
    }

    std::optional<double> train_epoch(int64_t epoch) override {
        const int64_t each = 1 + settings_.negatives, n = static_cast<int64_t>(targets_.size()) * each;
        const int64_t n_batches = (n + settings_.batch_size - 1) / settings_.batch_size;
        std::vector<din_example> examples;
        std::vector<uint8_t> labels;
        random_stream chance(context_.seed, "din other items", static_cast<uint64_t>(epoch));
        for (const target & one : targets_) {
            const user_history history = log_.of(one.user);
            examples.push_back(example(history, one.place, history.items[one.place]));
            labels.push_back(history.liked[one.place]);
            for (int64_t i = 0; i < settings_.negatives; i++) {
                const std::vector<int32_t> & met = met_[static_cast<size_t>(one.user)];
                int32_t other;
                do other = static_cast<int32_t>(chance.below(static_cast<uint64_t>(log_.n_items))); while (std::binary_search(met.begin(), met.end(), other));
                examples.push_back(example(history, one.place, other));
                labels.push_back(0);
            }
        }
        const std::vector<int64_t> order = permutation(n, context_.seed, static_cast<uint64_t>(epoch));
        double loss = 0;
        for (int64_t batch = 0; batch < n_batches; batch++) {
            context_.between_batches();
            const int64_t begin = n * batch / n_batches, size = n * (batch + 1) / n_batches - begin;
            loss += trained_.step(epoch * n_batches + batch + 1, settings_.learning_rate, context_.threads, [&](size_t share, float * gradients, int lane) {
                std::vector<din_example> own;
                std::vector<uint8_t> own_labels;
                for (int64_t i = begin + static_cast<int64_t>(share); i < begin + size; i += static_cast<int64_t>(SHARES)) {
                    own.push_back(examples[static_cast<size_t>(order[static_cast<size_t>(i)])]);
                    own_labels.push_back(labels[static_cast<size_t>(order[static_cast<size_t>(i)])]);
                }
                return network_.learn(trained_.values(), own.data(), own_labels.data(), own.size(), 1.0f / static_cast<float>(size), gradients, lane);
            });
        }
        return loss / static_cast<double>(n);
    }

    std::vector<fit_values> parameters() override { return trained_.parameters(); }
    std::vector<fit_values> optimizer_state() override { return trained_.optimizer_state(); }

    void score_all(const user_history * users, size_t n, float * scores) override {
        std::vector<int32_t> all(static_cast<size_t>(log_.n_items));
        for (int32_t item = 0; item < log_.n_items; item++) all[static_cast<size_t>(item)] = item;
        std::vector<candidate_row> rows;
        for (size_t i = 0; i < n; i++) rows.push_back({users[i], all.data(), all.size(), scores + i * all.size()});
        score(rows.data(), n);
    }

    void score(const candidate_row * rows, size_t n) override {
        for_each_index(SHARES, context_.threads, [&](size_t share) {
            std::vector<din_example> examples;
            for (size_t i = share; i < n; i += SHARES) {
                examples.clear();
                for (size_t c = 0; c < rows[i].size; c++) examples.push_back(example(rows[i].user, rows[i].user.size, rows[i].candidates[c]));
                network_.logits(trained_.values(), examples.data(), examples.size(), rows[i].scores, static_cast<int>(share));
            }
        });
    }

  private:
    struct target { int32_t user; size_t place; };

    // What came before the interaction at `place`.
    din_example example(const user_history & history, size_t place, int32_t target) const {
        const size_t size = std::min(place, static_cast<size_t>(settings_.most_inputs));
        return {history.items + (place - size), history.liked + (place - size), static_cast<int64_t>(size), target};
    }

    std::vector<std::vector<int32_t>> met_items() const {
        std::vector<std::vector<int32_t>> met;
        for (int32_t user = 0; user < log_.n_users(); user++) {
            const user_history history = log_.of(user);
            met.emplace_back(history.items, history.items + history.size);
            std::sort(met.back().begin(), met.back().end());
            met.back().erase(std::unique(met.back().begin(), met.back().end()), met.back().end());
        }
        return met;
    }

    const interaction_log & log_;
    din_settings settings_;
    fit_context context_;
    din_network network_;
    trained_parameters trained_;
    std::vector<std::vector<int32_t>> met_; // items by user, in rising order, when negatives are drawn
    std::vector<target> targets_;
};

} // namespace

std::unique_ptr<fit_model> make_din(const interaction_log & log, const din_settings & settings, const fit_context & context) { return std::make_unique<din>(log, settings, context); }
