// DIN against a slow forward in double precision, and its gradients against central differences of that.
#include "check.h"
#include "error.h"
#include "fit/din.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include "sequence_oracle.h"
#include <cstring>

namespace {

using oracle::numbers;

const int32_t N_ITEMS = 9;

// As din.h writes it.
double slow_logit(const oracle::parameters & p, const din_settings & s, const din_example & example) {
    const auto dense = [&](const std::string & name, size_t n_hidden, numbers x, bool has_prelu) {
        for (size_t i = 0;; i++) {
            const std::string one = name + "." + std::to_string(i);
            x = p.linear(one, x);
            if (i == n_hidden) return x[0];
            for (size_t j = 0; j < x.size(); j++) x[j] = !has_prelu ? oracle::sigmoid(x[j]) : x[j] > 0 ? x[j] : p.at(one + ".slope", 0, static_cast<int64_t>(j)) * x[j];
        }
    };
    const auto joined = [](std::initializer_list<numbers> parts) {
        numbers all;
        for (const numbers & part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    const auto times = [](numbers a, const numbers & b) {
        for (size_t k = 0; k < a.size(); k++) a[k] *= b[k];
        return a;
    };
    const numbers e = p.row("items", example.target);
    numbers u(e.size(), 0.0);
    for (int64_t j = 0; j < example.size; j++) {
        const numbers h = oracle::add(p.row("items", example.items[j]), p.row("labels", example.liked[j]));
        numbers difference = h;
        for (size_t k = 0; k < e.size(); k++) difference[k] -= e[k];
        const double a = dense("attention", s.attention.size(), joined({h, e, difference, times(h, e)}), false) / std::sqrt(static_cast<double>(e.size()));
        for (size_t k = 0; k < e.size(); k++) u[k] += a * h[k];
    }
    return dense("layers", s.layers.size(), joined({u, e, times(u, e)}), true);
}

interaction_log invented_log(int32_t users, uint64_t seed, bool with_dislikes) {
    interaction_log log;
    log.n_items = N_ITEMS;
    random_stream chance(seed, "invented log");
    for (int32_t user = 0; user < users; user++) {
        for (uint64_t i = chance.below(12); i > 0; i--) {
            const int32_t item = static_cast<int32_t>(chance.below(with_dislikes ? N_ITEMS : N_ITEMS - 1)); // one that nobody met
            log.items.push_back(item);
            log.liked.push_back(with_dislikes ? (item + user) % 3 > 0 : 1);
        }
        log.begin.push_back(log.items.size());
    }
    return log;
}

const din_settings SETTINGS[] = {{5, {7}, {6}, 4, 0, 16, 0.01}, {17, {19, 4}, {20, 3}, 8, 0, 16, 0.01}};

std::vector<float> lively_values(const din_network & network) {
    std::vector<float> values(network.layout().size(), 0.0f);
    network.initialise(values.data(), 3);
    random_stream chance(4, "livelier");
    for (float & value : values) value += static_cast<float>(0.2 * chance.normal());
    return values;
}

struct labelled { std::vector<din_example> examples; std::vector<uint8_t> labels; };

// Histories of all lengths, also none.
labelled some_examples(const interaction_log & log, size_t most) {
    labelled found;
    for (int32_t user = 0; user < log.n_users(); user++) {
        const user_history history = log.of(user);
        for (size_t i = 0; i < history.size; i++) {
            const size_t size = std::min(i, most);
            found.examples.push_back({history.items + (i - size), history.liked + (i - size), static_cast<int64_t>(size), history.items[i]});
            found.labels.push_back(history.liked[i]);
        }
    }
    return found;
}

void gradients_are_central_differences() {
    const interaction_log log = invented_log(6, 1, true);
    for (const din_settings & settings : SETTINGS) {
        const din_network network(N_ITEMS, settings);
        const std::vector<float> values = lively_values(network);
        const labelled some = some_examples(log, static_cast<size_t>(settings.most_inputs));
        CHECK(some.examples.size() > 20);
        const float weight = 1.0f / static_cast<float>(some.examples.size());
        numbers exact(values.begin(), values.end());
        const auto loss = [&] {
            double sum = 0;
            for (size_t i = 0; i < some.examples.size(); i++) {
                const double chance = oracle::sigmoid(slow_logit({network.layout(), exact}, settings, some.examples[i]));
                sum -= std::log(some.labels[i] ? chance : 1 - chance);
            }
            return sum;
        };
        const double expected = loss();
        std::vector<float> first;
        for (const cpu_kernels * kernels : supported_cpu_kernels()) {
            use_cpu_kernels(*kernels);
            std::vector<float> gradients(values.size(), 0.0f);
            CHECK_NEAR(network.learn(values.data(), some.examples.data(), some.labels.data(), some.examples.size(), weight, gradients.data(), 0), expected, 1e-5 * expected);
            if (first.empty()) first = gradients;
            if (std::string(kernels->name) != "baseline") CHECK(std::memcmp(first.data(), gradients.data(), first.size() * sizeof(float)) == 0);
            for (size_t i = 0; i < first.size(); i++) CHECK_NEAR(gradients[i], first[i], 1e-5);
        }
        double largest = 0;
        for (const float g : first) largest = std::max(largest, std::fabs(static_cast<double>(g)));
        CHECK(largest > 1e-3);
        for (const parameter_layout::part & part : network.layout().parts()) {
            bool moves = false;
            for (size_t i = part.begin; i < part.begin + static_cast<size_t>(part.rows * part.columns); i += settings.width < 10 ? 1 : 5) {
                const double at = exact[i], step = 1e-6;
                exact[i] = at + step;
                const double above = loss();
                exact[i] = at - step;
                const double below = loss();
                exact[i] = at;
                const double difference = (above - below) / (2 * step) * static_cast<double>(weight);
                if (!(std::fabs(difference - static_cast<double>(first[i])) <= 2e-5 * largest + 1e-8))
                    throw check_failed(part.name + " at " + std::to_string(i - part.begin) + ": gradient " + std::to_string(first[i]) + ", central difference " + std::to_string(difference));
                moves = moves || std::fabs(difference) > 1e-7;
            }
            CHECK(moves);
        }
    }
}

void logits_are_those_of_the_definition_whatever_stands_beside() {
    const interaction_log log = invented_log(300, 2, true);
    for (const din_settings & settings : SETTINGS) {
        const din_network network(N_ITEMS, settings);
        const std::vector<float> values = lively_values(network);
        const numbers exact(values.begin(), values.end());
        const labelled some = some_examples(log, static_cast<size_t>(settings.most_inputs));
        std::vector<float> together(some.examples.size());
        network.logits(values.data(), some.examples.data(), some.examples.size(), together.data(), 0);
        for (size_t i = 0; i < together.size(); i += 7) {
            float alone;
            network.logits(values.data(), &some.examples[i], 1, &alone, 0);
            CHECK(alone == together[i]);
            const double expected = slow_logit({network.layout(), exact}, settings, some.examples[i]);
            CHECK_NEAR(alone, expected, 2e-5 * (1 + std::fabs(expected)));
        }
    }
}

fit_context context_of(uint64_t seed, int32_t threads) {
    fit_context context;
    context.seed = seed;
    context.threads = threads;
    return context;
}

std::vector<float> all_values(fit_model & model) {
    std::vector<float> values;
    for (const fit_values & part : model.parameters()) values.insert(values.end(), part.values, part.values + part.size);
    for (const fit_values & part : model.optimizer_state()) values.insert(values.end(), part.values, part.values + part.size);
    return values;
}

void bytes_follow_from_the_seed_alone() {
    for (const int64_t negatives : {0, 2}) {
        const interaction_log log = invented_log(40, 6, negatives == 0);
        din_settings settings = SETTINGS[0];
        settings.negatives = negatives;
        const auto fitted = [&](uint64_t seed, int32_t threads) {
            const std::unique_ptr<fit_model> model = make_din(log, settings, context_of(seed, threads));
            for (int64_t epoch = 0; epoch < 2; epoch++) model->train_epoch(epoch);
            return all_values(*model);
        };
        const std::vector<float> first = fitted(1, 1);
        CHECK(first == fitted(1, 2) && first == fitted(1, 5) && first != fitted(2, 1));
    }
}

void candidates_are_scored_as_all_items_are() {
    const interaction_log log = invented_log(30, 8, true);
    const std::unique_ptr<fit_model> model = make_din(log, SETTINGS[0], context_of(1, 3));
    model->train_epoch(0);
    std::vector<user_history> users;
    for (int32_t user = 0; user < log.n_users(); user++) users.push_back(log.of(user));
    std::vector<float> all(users.size() * N_ITEMS), candidates(users.size() * 3);
    model->score_all(users.data(), users.size(), all.data());
    const int32_t asked[] = {8, 0, 8};
    std::vector<candidate_row> rows;
    for (size_t i = 0; i < users.size(); i++) rows.push_back({users[i], asked, 3, &candidates[i * 3]});
    model->score(rows.data(), rows.size());
    for (size_t i = 0; i < users.size(); i++)
        for (size_t c = 0; c < 3; c++) CHECK(candidates[i * 3 + c] == all[i * N_ITEMS + static_cast<size_t>(asked[c])]);
}

// Whether an item is liked depends on what the user liked before: no function of the item alone could tell.
void taste_is_learned_from_the_history() {
    interaction_log log;
    log.n_items = N_ITEMS;
    random_stream chance(9, "taste");
    for (int32_t user = 0; user < 120; user++) {
        for (int i = 0; i < 14; i++) {
            const int32_t item = static_cast<int32_t>(chance.below(N_ITEMS));
            log.items.push_back(item);
            log.liked.push_back((item % 2 == user % 2) ? 1 : 0);
        }
        log.begin.push_back(log.items.size());
    }
    const std::unique_ptr<fit_model> model = make_din(log, {8, {16}, {16}, 10, 0, 64, 0.01}, context_of(1, 2));
    double loss = 1;
    for (int64_t epoch = 0; epoch < 25; epoch++) loss = *model->train_epoch(epoch);
    CHECK(loss < 0.1); // ln 2 = 0.69 without the history
    std::vector<float> scores(N_ITEMS);
    for (int32_t user = 0; user < 4; user++) {
        const user_history history = log.of(user);
        model->score_all(&history, 1, scores.data());
        for (int32_t item = 0; item < N_ITEMS; item++) CHECK((scores[static_cast<size_t>(item)] > 0) == (item % 2 == user % 2));
    }
}

void what_is_met_is_told_from_what_is_drawn() {
    const interaction_log log = invented_log(60, 5, false); // the last item is met by nobody
    din_settings settings = SETTINGS[0];
    settings.negatives = 1;
    const std::unique_ptr<fit_model> model = make_din(log, settings, context_of(1, 2));
    for (int64_t epoch = 0; epoch < 30; epoch++) model->train_epoch(epoch);
    std::vector<float> scores(N_ITEMS);
    for (int32_t user = 0; user < 10; user++) {
        const user_history history = log.of(user);
        if (history.size == 0) continue;
        model->score_all(&history, 1, scores.data());
        CHECK(std::min_element(scores.begin(), scores.end()) - scores.begin() == N_ITEMS - 1);
    }
}

void logs_without_a_lesson_are_refused() {
    const auto refusal = [](const interaction_log & log, int64_t negatives) {
        din_settings settings = SETTINGS[0];
        settings.negatives = negatives;
        try {
            make_din(log, settings, context_of(1, 1));
        } catch (const user_error & error) {
            CHECK(error.code == exit_data);
            return std::string(error.what());
        }
        return std::string("none");
    };
    CHECK(refusal(invented_log(9, 5, false), 0) == "all interactions that come after another one have the same label");
    CHECK(refusal(invented_log(9, 5, true), 0) == "none" && refusal(invented_log(9, 5, false), 1) == "none");
    interaction_log single;
    single.n_items = N_ITEMS;
    single.items = {1};
    single.liked = {1};
    single.begin = {0, 1};
    CHECK(refusal(single, 1) == "no liked interaction comes after another one, of a user who left an item");
}

} // namespace

int main() {
    return run_tests({
        {"gradients are the central differences of a slow forward, for every instruction set", gradients_are_central_differences},
        {"logits are those of the definition, whatever stands beside", logits_are_those_of_the_definition_whatever_stands_beside},
        {"bytes follow from the seed, not from the threads", bytes_follow_from_the_seed_alone},
        {"candidates are scored as all items are", candidates_are_scored_as_all_items_are},
        {"taste is learned from the history", taste_is_learned_from_the_history},
        {"what is met is told from what is drawn", what_is_met_is_told_from_what_is_drawn},
        {"logs without a lesson are refused", logs_without_a_lesson_are_refused},
    });
}
