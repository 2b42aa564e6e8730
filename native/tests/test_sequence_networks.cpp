// The sequence networks of fit/ against slow forwards in double precision, and their gradients against central differences of those.
#include "check.h"
#include "error.h"
#include "fit/sequence_window.h"
#include "fit/softmax_loss.h"
#include "kernels/cpu_kernels.h"
#include "random.h"
#include "sequence_oracle.h"
#include <cstring>
#include <functional>
#include <map>
#include <set>

namespace {

const int32_t N_ITEMS = 11, N_USERS = 9;

struct invented_log : interaction_log {
    // lengths from 0 to `longest`, items with a tendency to come after each other
    invented_log(int32_t users, uint64_t longest, uint64_t seed) {
        n_items = N_ITEMS;
        random_stream chance(seed, "invented log");
        for (int32_t user = 0; user < users; user++) {
            const uint64_t size = chance.below(longest + 1);
            for (uint64_t i = 0; i < size; i++) {
                const bool follows = i > 0 && chance.below(3) > 0;
                items.push_back(follows ? (items.back() + 1) % N_ITEMS : static_cast<int32_t>(chance.below(N_ITEMS)));
                liked.push_back(1);
            }
            begin.push_back(items.size());
        }
    }
};

struct network_case {
    std::string name;
    std::unique_ptr<sequence_network> network;
    std::function<std::vector<oracle::numbers>(const oracle::parameters &, const sequence_window &, const oracle::masks &, bool with_dropout)> states;
    std::function<double(const oracle::parameters &)> penalty ; // of each target
};

double no_penalty(const oracle::parameters &) { return 0; }

std::vector<network_case> cases(int64_t targets_at_once) {
    const sequence_settings sequence{{7, targets_at_once}, 16, 0.01, 0};
    std::vector<network_case> found;
    for (const gru4rec_settings & s : {gru4rec_settings{sequence, 6, 5, 1, 0.0}, gru4rec_settings{sequence, 5, 19, 2, 0.3}}) {
        found.push_back({"gru4rec of " + std::to_string(s.layers) + " layers", make_gru4rec_network(N_ITEMS, s), [s](const oracle::parameters & p, const sequence_window & w, const oracle::masks & m, bool drops) {
            return oracle::gru4rec_states(p, s, w, m, drops ? s.dropout : 0);
        }, no_penalty});
    }
    for (const sasrec_settings & s : {sasrec_settings{sequence, 6, 1, 2, 9, 0.0, 0.0}, sasrec_settings{sequence, 18, 2, 3, 20, 0.4, 0.2}}) {
        found.push_back({"sasrec of " + std::to_string(s.layers) + " layers", make_sasrec_network(N_ITEMS, s), [s](const oracle::parameters & p, const sequence_window & w, const oracle::masks & m, bool drops) {
            return oracle::sasrec_states(p, s, w, m, drops ? s.dropout : 0, drops ? s.attention_dropout : 0);
        }, no_penalty});
    }
    const sequence_settings fully{{7, targets_at_once, true}, 16, 0.01, 0};
    for (const caser_settings & s : {caser_settings{fully, 5, 2, 10, 0.0, 0.0}, caser_settings{fully, 17, 3, 18, 0.3, 0.05}}) {
        found.push_back({"caser of width " + std::to_string(s.width), make_caser_network(N_USERS, N_ITEMS, s), [s](const oracle::parameters & p, const sequence_window & w, const oracle::masks & m, bool drops) {
            return oracle::caser_states(p, s, w, m, drops ? s.dropout : 0);
        }, [s](const oracle::parameters & p) { return oracle::caser_penalty(p, s); }});
    }
    return found;
}

std::vector<network_case> some_of_each() {
    std::vector<network_case> found = cases(3);
    for (network_case & one : cases(1)) found.push_back(std::move(one)); // one target at once
    return found;
}

// Initial values, made livelier: with all biases at zero a wrong gradient could hide.
std::vector<float> lively_values(const sequence_network & network) {
    std::vector<float> values(network.layout().size(), 0.0f);
    network.initialise(values.data(), 3);
    random_stream chance(4, "livelier");
    for (float & value : values) value += static_cast<float>(0.3 * chance.normal());
    return values;
}

window_share some_windows(const interaction_log & log, const window_settings & settings) {
    window_share share;
    share.windows = cut_windows(log, settings, 5, 0);
    for (size_t i = 0; i < share.windows.size(); i++) share.numbers.push_back(static_cast<int64_t>(3 * i + 1));
    share.dropout_seed = 77;
    share.weight = 1.0f / static_cast<float>(share.n_targets());
    return share;
}

void gradients_are_central_differences() {
    const invented_log log(5, 12, 1);
    for (const int64_t targets_at_once : {1, 3, 7}) {
        for (const network_case & one : cases(targets_at_once)) {
            const parameter_layout & layout = one.network->layout();
            window_share share = some_windows(log, one.network->windows());
            const drawn_items drawn{{0, 3, 4, 9}, {0, 0.7f, 1.5f, 0.2f}}; // some of them targets
            if (targets_at_once == 3 || one.name == "caser of width 17") share.drawn = &drawn;
            const std::vector<float> values = lively_values(*one.network);
            oracle::numbers exact(values.begin(), values.end());
            const auto loss = [&] {
                const oracle::parameters p{layout, exact};
                const double of_targets = oracle::loss(p, share, one.network->windows().most_inputs, [&](const sequence_window & w, const oracle::masks & m) { return one.states(p, w, m, true); });
                return of_targets + static_cast<double>(share.n_targets()) * one.penalty(p);
            };
            std::vector<float> fused;
            const double expected = loss();
            for (const cpu_kernels * kernels : supported_cpu_kernels()) {
                use_cpu_kernels(*kernels);
                std::vector<float> gradients(values.size(), 0.0f);
                CHECK_NEAR(one.network->learn(values.data(), share, gradients.data(), 0), expected, 1e-5 * expected);
                if (std::string(kernels->name) != "baseline") {
                    if (fused.empty()) fused = gradients;
                    CHECK(std::memcmp(fused.data(), gradients.data(), gradients.size() * sizeof(float)) == 0);
                } else if (fused.empty()) fused = gradients;
                double largest = 0;
                for (size_t i = 0; i < fused.size(); i++) largest = std::max(largest, std::fabs(static_cast<double>(fused[i])));
                for (size_t i = 0; i < fused.size(); i++) CHECK_NEAR(gradients[i], fused[i], 1e-5 * largest);
            }
            double largest = 0;
            for (const float g : fused) largest = std::max(largest, std::fabs(static_cast<double>(g)));
            CHECK(largest > 1e-3);
            for (const parameter_layout::part & part : layout.parts()) {
                bool moves = false;
                for (size_t i = part.begin; i < part.begin + static_cast<size_t>(part.rows * part.columns); i += targets_at_once == 3 ? 3 : 13) {
                    const double at = exact[i], step = 1e-5;
                    exact[i] = at + step;
                    const double above = loss();
                    exact[i] = at - step;
                    const double below = loss();
                    exact[i] = at;
                    const double difference = (above - below) / (2 * step) * static_cast<double>(share.weight);
                    if (!(std::fabs(difference - static_cast<double>(fused[i])) <= 2e-5 * largest))
                        throw check_failed(one.name + ", " + part.name + " at " + std::to_string(i - part.begin) + ": gradient " + std::to_string(fused[i]) + ", central difference " + std::to_string(difference));
                    moves = moves || std::fabs(difference) > 1e-7;
                }
                if (part.name.find("key.bias") == std::string::npos) CHECK(moves); // a softmax does not see what is added to all scores
            }
        }
    }
}

void few_items_are_drawn_as_often_as_they_are_to_be() {
    const invented_log log(60, 20, 4);
    for (const int64_t n : {1, 4, 8}) {
        const item_draw draw(log, n);
        double sum = 0, most = 0;
        std::vector<double> counts(N_ITEMS, 1.0), drawn(N_ITEMS, 0.0);
        for (const int32_t item : log.items) counts[static_cast<size_t>(item)]++;
        for (const double chance : draw.chances()) sum += chance, most = std::max(most, chance);
        CHECK_NEAR(sum, n, 1e-9);
        CHECK(most <= 1);
        for (size_t a = 0; a < counts.size(); a++) // in proportion to the counts, as far as a chance may go
            for (size_t b = 0; b < counts.size(); b++)
                if (draw.chances()[a] < 1 && draw.chances()[b] < 1) CHECK_NEAR(draw.chances()[a] * counts[b], draw.chances()[b] * counts[a], 1e-9);
        const int times = 20000;
        for (int i = 0; i < times; i++) {
            random_stream chance(9, "draws", static_cast<uint64_t>(i));
            const drawn_items found = draw.draw(chance);
            CHECK(std::is_sorted(found.items.begin(), found.items.end()) && found.items.size() == found.corrections.size());
            for (size_t j = 0; j < found.items.size(); j++) {
                drawn[static_cast<size_t>(found.items[j])]++;
                CHECK_NEAR(found.corrections[j], -std::log(draw.chances()[static_cast<size_t>(found.items[j])]), 1e-6);
            }
        }
        for (size_t item = 0; item < drawn.size(); item++) CHECK_NEAR(drawn[item] / times, draw.chances()[item], 5 * 0.5 / std::sqrt(times)); // 5 deviations at most
    }
}

// One state, so that the mean over many draws can be taken.
struct one_state {
    static const int64_t width = 6;
    std::vector<float> h, items, dh, d_items;
    int32_t target;

    explicit one_state(int32_t target) : target(target) {
        random_stream chance(3, "one state");
        for (int64_t i = 0; i < width; i++) h.push_back(static_cast<float>(chance.normal()));
        for (int64_t i = 0; i < width * N_ITEMS; i++) items.push_back(static_cast<float>(chance.normal()));
    }
    double loss(const drawn_items * drawn) {
        dh.assign(h.size(), 0.0f), d_items.assign(items.size(), 0.0f);
        return softmax_loss({h.data(), 1, width}, {items.data(), N_ITEMS, width}, &target, drawn, 1, {dh.data(), 1, width}, {d_items.data(), N_ITEMS, width}, 0);
    }
};

void a_sum_over_drawn_items_is_that_over_all_in_the_mean() {
    const invented_log log(60, 20, 4);
    for (const int32_t target : {0, 5}) {
        one_state state(target);
        const double expected = std::exp(state.loss(nullptr)); // Z / exp(s_t)
        const item_draw draw(log, 4);
        double sum = 0, squares = 0;
        const int times = 40000;
        for (int i = 0; i < times; i++) {
            random_stream chance(2, "draws", static_cast<uint64_t>(i));
            const drawn_items drawn = draw.draw(chance);
            const double one = std::exp(state.loss(&drawn));
            sum += one, squares += one * one;
        }
        const double mean = sum / times, deviation = std::sqrt((squares / times - mean * mean) / times);
        CHECK(deviation < 0.02 * expected);
        CHECK_NEAR(mean, expected, 5 * deviation);
    }
}

void a_draw_of_all_items_is_the_softmax_itself() {
    const invented_log log(60, 20, 4);
    one_state state(7);
    const double expected = state.loss(nullptr);
    const std::vector<float> dh = state.dh, d_items = state.d_items;
    random_stream chance(1, "draws");
    const drawn_items all = item_draw(log, N_ITEMS).draw(chance);
    CHECK(all.items.size() == static_cast<size_t>(N_ITEMS));
    CHECK_NEAR(state.loss(&all), expected, 1e-6);
    for (size_t i = 0; i < dh.size(); i++) CHECK_NEAR(state.dh[i], dh[i], 1e-6);
    for (size_t i = 0; i < d_items.size(); i++) CHECK_NEAR(state.d_items[i], d_items[i], 1e-6);
    const drawn_items none;
    CHECK(state.loss(&none) == 0 && std::all_of(state.dh.begin(), state.dh.end(), [](float d) { return d == 0; }));
}

// Caser computes neighbouring targets together, and gives what it gives them alone: of the layers below, of the gradients and of the loss.
void casers_targets_at_once_are_its_targets_alone() {
    const invented_log log(20, 40, 3);
    for (const int64_t most_inputs : {1, 4, 9}) {
        const int64_t at_once = most_inputs;
        const auto network = [&](int64_t targets) { return make_caser_network(20, N_ITEMS, {{{most_inputs, targets, true}, 16, 0.01, 0}, 6, 2, 3, 0, 0.01}); };
        const auto alone = network(1), together = network(at_once);
        const std::vector<float> values = lively_values(*alone);
        const window_share shares[] = {some_windows(log, alone->windows()), some_windows(log, together->windows())};
        CHECK(shares[0].n_targets() == shares[1].n_targets() && (most_inputs == 1 || shares[0].windows.size() > shares[1].windows.size()));
        std::vector<float> gradients[2];
        double losses[2];
        for (int i = 0; i < 2; i++) {
            gradients[i].assign(values.size(), 0.0f);
            losses[i] = (i == 0 ? alone : together)->learn(values.data(), shares[i], gradients[i].data(), 0);
        }
        CHECK_NEAR(losses[1], losses[0], 1e-6 * losses[0]);
        double largest = 0;
        for (const float g : gradients[0]) largest = std::max(largest, std::fabs(static_cast<double>(g)));
        for (size_t i = 0; i < values.size(); i++) CHECK_NEAR(gradients[1][i], gradients[0][i], 2e-6 * largest);
    }
}

void states_are_those_of_the_definition_whatever_stands_beside() {
    const invented_log log(N_USERS, 12, 2);
    for (const network_case & one : some_of_each()) {
        const std::vector<float> values = lively_values(*one.network);
        const oracle::numbers exact(values.begin(), values.end());
        const oracle::parameters p{one.network->layout(), exact};
        const int64_t width = one.network->layout().parts()[one.network->item_vectors()].columns;
        std::vector<sequence_window> windows;
        for (int32_t user = 0; user < log.n_users(); user++)
            if (log.of(user).size > 0) windows.push_back(last_inputs(log.of(user), one.network->windows().most_inputs));
        CHECK(windows.size() > 3);
        std::vector<float> together(windows.size() * static_cast<size_t>(width)), alone(static_cast<size_t>(width));
        one.network->encode(values.data(), windows, {together.data(), static_cast<int64_t>(windows.size()), width}, 0);
        for (size_t w = 0; w < windows.size(); w++) {
            one.network->encode(values.data(), {windows[w]}, {alone.data(), 1, width}, 0);
            CHECK(std::memcmp(alone.data(), &together[w * static_cast<size_t>(width)], alone.size() * sizeof(float)) == 0);
            const oracle::numbers expected = one.states(p, windows[w], {}, false).back();
            for (size_t k = 0; k < alone.size(); k++) CHECK_NEAR(alone[k], expected[k], 2e-5 * (1 + std::fabs(expected[k])));
        }
    }
}

void each_target_stands_in_one_window() {
    for (uint64_t seed = 0; seed < 30; seed++) {
        const invented_log log(6, 40, seed);
        const int64_t most = 1 + static_cast<int64_t>(seed % 9), at_once = 1 + static_cast<int64_t>(seed % static_cast<uint64_t>(most));
        std::multiset<const int32_t *> found, expected;
        const bool fully = seed % 2 == 0;
        for (const sequence_window & window : cut_windows(log, {most, at_once, fully}, seed, 3)) {
            const user_history history = log.of(window.user);
            CHECK(window.n_targets >= 1 && window.n_targets <= window.n_inputs && window.n_inputs <= most + (fully ? at_once - 1 : 0) && window.n_targets <= at_once);
            CHECK(window.inputs >= history.items && window.inputs + window.n_inputs < history.items + history.size);
            for (int32_t i = 0; i < window.n_targets; i++) {
                found.insert(window.targets() + i);
                const int64_t before = window.targets() + i - history.items, seen = window.targets() + i - window.inputs;
                CHECK(seen == before || seen > most - at_once); // all that came before, or nearly as much as there may be
                if (fully) CHECK(seen >= std::min(before, most)); // nothing is missing
                if (at_once == 1) CHECK(seen == std::min(before, most)); // RecBole's prefixes
            }
        }
        for (int32_t user = 0; user < log.n_users(); user++)
            for (size_t i = 1; i < log.of(user).size; i++) expected.insert(log.of(user).items + i);
        CHECK(found == expected && static_cast<int64_t>(found.size()) == count_targets(log));
    }
}

void batches_hold_each_window_once() {
    for (uint64_t seed = 0; seed < 20; seed++) {
        const invented_log log(20, 30, seed);
        const std::vector<sequence_window> windows = cut_windows(log, {8, 4}, seed, 0);
        const int64_t n = 1 + static_cast<int64_t>(seed);
        std::multiset<const int32_t *> found, expected;
        for (const sequence_window & window : windows) expected.insert(window.targets());
        const std::vector<std::vector<sequence_window>> batches = deal_batches(windows, n, seed, 0);
        CHECK(static_cast<int64_t>(batches.size()) == n);
        for (const std::vector<sequence_window> & batch : batches) {
            int64_t targets = 0;
            for (const sequence_window & window : batch) found.insert(window.targets()), targets += window.n_targets;
            CHECK(targets <= count_targets(log) / n + 4 + 1); // one window more, at most
        }
        CHECK(found == expected);
    }
}

std::unique_ptr<fit_model> make(const std::string & name, const interaction_log & log, int64_t targets_at_once, const fit_context & context, int64_t sampled_items = 0) {
    const sequence_settings sequence{{7, targets_at_once}, 40, 0.01, sampled_items};
    if (name == "gru4rec") return make_gru4rec(log, {sequence, 8, 12, 1, 0.2}, context);
    if (name == "sasrec") return make_sasrec(log, {sequence, 8, 2, 2, 16, 0.2, 0.2}, context);
    return make_caser(log, {{{7, targets_at_once, true}, 40, 0.01, sampled_items}, 8, 3, 4, 0.2, 1e-4}, context);
}

std::vector<float> all_values(fit_model & model) {
    std::vector<float> values;
    for (const fit_values & part : model.parameters()) values.insert(values.end(), part.values, part.values + part.size);
    for (const fit_values & part : model.optimizer_state()) values.insert(values.end(), part.values, part.values + part.size);
    return values;
}

fit_context context_of(uint64_t seed, int32_t threads) {
    fit_context context;
    context.seed = seed;
    context.threads = threads;
    return context;
}

const char * const MODELS[] = {"gru4rec", "sasrec", "caser"};

void bytes_follow_from_the_seed_alone() {
    const invented_log log(40, 20, 6);
    for (const char * name : MODELS) {
        std::map<std::pair<uint64_t, int32_t>, std::vector<float>> found;
        for (const auto & [seed, threads] : {std::pair<uint64_t, int32_t>{1, 1}, {1, 2}, {1, 5}, {2, 1}}) {
            const std::unique_ptr<fit_model> model = make(name, log, 3, context_of(seed, threads), 5);
            for (int64_t epoch = 0; epoch < 2; epoch++) model->train_epoch(epoch);
            found[{seed, threads}] = all_values(*model);
        }
        const auto same = [&](uint64_t seed, int32_t threads) { return std::memcmp(found[{1, 1}].data(), found[{seed, threads}].data(), found[{1, 1}].size() * sizeof(float)) == 0; };
        CHECK(same(1, 2) && same(1, 5) && !same(2, 1));
    }
}

// The state that a checkpoint keeps is all there is: a model that gets it goes on as the first one would.
void a_fit_goes_on_from_what_was_kept() {
    const invented_log log(30, 20, 7);
    for (const char * name : MODELS) {
        const std::unique_ptr<fit_model> whole = make(name, log, 7, context_of(3, 2)), second = make(name, log, 7, context_of(3, 1));
        whole->train_epoch(0);
        const auto copy = [](std::vector<fit_values> from, std::vector<fit_values> to) {
            CHECK(from.size() == to.size());
            for (size_t i = 0; i < from.size(); i++) {
                CHECK(from[i].name == to[i].name && from[i].size == to[i].size);
                std::copy_n(from[i].values, from[i].size, to[i].values);
            }
        };
        copy(whole->parameters(), second->parameters());
        copy(whole->optimizer_state(), second->optimizer_state());
        CHECK(*whole->train_epoch(1) == *second->train_epoch(1));
        CHECK(all_values(*whole) == all_values(*second));
    }
}

void what_always_follows_is_learned_and_ranked_first() {
    interaction_log log;
    log.n_items = N_ITEMS;
    for (int32_t user = 0; user < N_ITEMS; user++) {
        for (int32_t i = 0; i < 15; i++) log.items.push_back((user + 4 * i) % N_ITEMS), log.liked.push_back(1);
        log.begin.push_back(log.items.size());
    }
    for (const auto & [name, sampled_items] : {std::pair{"gru4rec", 0}, {"sasrec", 0}, {"caser", 0}, {"gru4rec", 6}, {"sasrec", 6}, {"caser", 6}}) {
        const std::unique_ptr<fit_model> model = make(name, log, 2, context_of(1, 2), sampled_items);
        double loss = 0;
        for (int64_t epoch = 0; epoch < 60; epoch++) loss = *model->train_epoch(epoch);
        CHECK(loss < 0.7); // with dropout; ln 11 = 2.4
        std::vector<float> scores(static_cast<size_t>(N_ITEMS));
        for (int32_t user = 0; user < N_ITEMS; user++) {
            const user_history history = log.of(user);
            model->score_all(&history, 1, scores.data());
            const int64_t best = std::max_element(scores.begin(), scores.end()) - scores.begin();
            CHECK(best == (history.items[history.size - 1] + 4) % N_ITEMS);
        }
    }
}

void candidates_are_scored_as_all_items_are() {
    const invented_log log(150, 12, 8);
    for (const char * name : MODELS) {
        const std::unique_ptr<fit_model> model = make(name, log, 7, context_of(1, 3)), alone = make(name, log, 7, context_of(1, 1));
        std::vector<user_history> users;
        for (int32_t user = 0; user < log.n_users(); user++) users.push_back(log.of(user)); // some have met nothing
        std::vector<float> all(users.size() * N_ITEMS), one(N_ITEMS), candidates(users.size() * 4);
        model->score_all(users.data(), users.size(), all.data());
        const int32_t asked[] = {3, 0, 10, 3};
        std::vector<candidate_row> rows;
        for (size_t i = 0; i < users.size(); i++) rows.push_back({users[i], asked, 4, &candidates[i * 4]});
        model->score(rows.data(), rows.size());
        bool met_empty = false;
        for (size_t i = 0; i < users.size(); i++) {
            alone->score_all(&users[i], 1, one.data());
            CHECK(std::memcmp(one.data(), &all[i * N_ITEMS], one.size() * sizeof(float)) == 0);
            for (size_t c = 0; c < 4; c++) CHECK(candidates[i * 4 + c] == one[static_cast<size_t>(asked[c])]);
            if (users[i].size > 0) continue;
            met_empty = true;
            for (int32_t item = 0; item < N_ITEMS; item++)
                CHECK_NEAR(one[static_cast<size_t>(item)], std::log1p(static_cast<double>(std::count(log.items.begin(), log.items.end(), item))), 1e-6);
        }
        CHECK(met_empty);
    }
}

void a_log_that_teaches_nothing_is_refused() {
    interaction_log log;
    log.n_items = N_ITEMS;
    log.items = {1, 2};
    log.liked = {1, 1};
    log.begin = {0, 1, 2};
    for (const char * name : MODELS) {
        bool refused = false;
        try {
            make(name, log, 1, context_of(1, 1));
        } catch (const user_error & error) {
            refused = error.code == exit_data && std::string(error.what()) == "no user has two interactions";
        }
        CHECK(refused);
    }
}

} // namespace

int main() {
    return run_tests({
        {"gradients are the central differences of a slow forward, for every instruction set", gradients_are_central_differences},
        {"few items are drawn as often as they are to be", few_items_are_drawn_as_often_as_they_are_to_be},
        {"a sum over drawn items is that over all in the mean", a_sum_over_drawn_items_is_that_over_all_in_the_mean},
        {"a draw of all items is the softmax itself", a_draw_of_all_items_is_the_softmax_itself},
        {"Caser's targets at once are its targets alone", casers_targets_at_once_are_its_targets_alone},
        {"states are those of the definition, whatever stands beside", states_are_those_of_the_definition_whatever_stands_beside},
        {"each target stands in one window", each_target_stands_in_one_window},
        {"batches hold each window once", batches_hold_each_window_once},
        {"bytes follow from the seed, not from the threads", bytes_follow_from_the_seed_alone},
        {"a fit goes on from what was kept", a_fit_goes_on_from_what_was_kept},
        {"what always follows is learned and ranked first", what_always_follows_is_learned_and_ranked_first},
        {"candidates are scored as all items are", candidates_are_scored_as_all_items_are},
        {"a log that teaches nothing is refused", a_log_that_teaches_nothing_is_refused},
    });
}
