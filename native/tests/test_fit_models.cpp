// Models of users and items against their definitions, written down slowly.
#include "check.h"
#include "fit/bpr.h"
#include "fit/ease.h"
#include "fit/item_knn.h"
#include "fit/popularity.h"
#include "fit/symmetric_inverse.h"
#include "fit/vector_products.h"
#include "random_log.h"
#include "refusal.h"
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace {

using matrix = std::vector<std::vector<double>>;

matrix zeros(size_t rows, size_t columns) { return matrix(rows, std::vector<double>(columns, 0.0)); }

// [user][item]: 1 when the user liked the item at least once
matrix liked_matrix(const interaction_log & log) {
    matrix liked = zeros(static_cast<size_t>(log.n_users()), static_cast<size_t>(log.n_items));
    for (int32_t user = 0; user < log.n_users(); user++) {
        const user_history history = log.of(user);
        for (size_t i = 0; i < history.size; i++)
            if (history.liked[i]) liked[static_cast<size_t>(user)][static_cast<size_t>(history.items[i])] = 1;
    }
    return liked;
}

// Gauss-Jordan on [A | I], with row exchanges, in f64.
matrix inverse(matrix a) {
    const size_t n = a.size();
    matrix out = zeros(n, n);
    for (size_t i = 0; i < n; i++) out[i][i] = 1;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k; i < n; i++)
            if (std::fabs(a[i][k]) > std::fabs(a[pivot][k])) pivot = i;
        std::swap(a[k], a[pivot]);
        std::swap(out[k], out[pivot]);
        const double by = a[k][k];
        for (size_t j = 0; j < n; j++) { a[k][j] /= by; out[k][j] /= by; }
        for (size_t i = 0; i < n; i++) {
            if (i == k) continue;
            const double factor = a[i][k];
            for (size_t j = 0; j < n; j++) { a[i][j] -= factor * a[k][j]; out[i][j] -= factor * out[k][j]; }
        }
    }
    return out;
}

std::vector<std::vector<float>> all_scores(fit_model & model, const interaction_log & log) {
    std::vector<user_history> users;
    for (int32_t user = 0; user < log.n_users(); user++) users.push_back(log.of(user));
    std::vector<float> scores(users.size() * static_cast<size_t>(log.n_items));
    model.score_all(users.data(), users.size(), scores.data());
    std::vector<std::vector<float>> rows;
    for (size_t i = 0; i < users.size(); i++) rows.emplace_back(scores.begin() + static_cast<std::ptrdiff_t>(i) * log.n_items, scores.begin() + static_cast<std::ptrdiff_t>(i + 1) * log.n_items);
    return rows;
}

void agree(const std::vector<std::vector<float>> & scores, const matrix & expected, double tolerance) {
    CHECK(scores.size() == expected.size());
    for (size_t u = 0; u < scores.size(); u++)
        for (size_t i = 0; i < scores[u].size(); i++) CHECK_NEAR(scores[u][i], expected[u][i], tolerance);
}

// Every model of the file on one log, by name.
struct named_model { std::string name; std::function<std::unique_ptr<fit_model>(const interaction_log &, const fit_context &)> make; int64_t epochs; };

std::vector<named_model> every_model() {
    return {{"pop", make_popularity, 1},
            {"item-knn", [](const interaction_log & log, const fit_context & context) { return make_item_knn(log, {7, 2}, context); }, 1},
            {"ease", [](const interaction_log & log, const fit_context & context) { return make_ease(log, ease_form::by_items, {3}, context); }, 1},
            {"ease by users", [](const interaction_log & log, const fit_context & context) { return make_ease(log, ease_form::by_users, {3}, context); }, 1},
            {"bpr", [](const interaction_log & log, const fit_context & context) { return make_bpr(log, {20, 32, 0.01, 0.001}, context); }, 3}};
}

std::unique_ptr<fit_model> fitted(const named_model & one, const interaction_log & log, int32_t threads) {
    fit_context context;
    context.seed = 11;
    context.threads = threads;
    std::unique_ptr<fit_model> model = one.make(log, context);
    for (int64_t epoch = 0; epoch < one.epochs; epoch++) model->train_epoch(epoch);
    return model;
}

matrix positive_definite(size_t n, uint64_t seed) {
    random_stream chance(seed, "matrix");
    matrix root = zeros(n, n), a = zeros(n, n);
    for (auto & row : root)
        for (double & value : row) value = chance.normal();
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            for (size_t k = 0; k < n; k++) a[i][j] += root[i][k] * root[j][k] / static_cast<double>(n);
            if (i == j) a[i][j] += 1;
        }
    return a;
}

} // namespace

int main() {
    return run_tests({
        {"pop scores an item by the users who liked it", [] {
            const interaction_log log = random_log(30, 17, 12, 1);
            const auto model = fitted(every_model()[0], log, 1);
            const matrix liked = liked_matrix(log);
            matrix expected = zeros(30, 17);
            for (auto & row : expected)
                for (size_t i = 0; i < 17; i++)
                    for (const auto & user : liked) row[i] += user[i];
            agree(all_scores(*model, log), expected, 0);
        }},
        {"item-knn agrees with the cosine of all pairs, of which each item keeps the k largest", [] {
            for (uint64_t seed = 0; seed < 8; seed++) {
                const int32_t n_users = 25, n_items = 150; // more items than are computed at once
                const int64_t k = seed % 2 == 0 ? 3 : 1000;
                const double shrink = seed < 4 ? 0 : 2.5;
                const interaction_log log = random_log(n_users, n_items, 20, seed);
                const std::unique_ptr<fit_model> model = make_item_knn(log, {k, shrink}, {});
                CHECK(!model->train_epoch(0));
                const matrix liked = liked_matrix(log);
                const auto dot = [&](size_t i, size_t j) { double sum = 0; for (const auto & user : liked) sum += user[i] * user[j]; return sum; };
                matrix expected = zeros(n_users, n_items);
                for (size_t j = 0; j < static_cast<size_t>(n_items); j++) {
                    std::vector<std::pair<double, size_t>> like; // the negative similarity, so that ties go to the lower number
                    for (size_t i = 0; i < static_cast<size_t>(n_items); i++)
                        if (i != j && dot(i, j) > 0) like.push_back({-static_cast<float>(dot(i, j) / (std::sqrt(dot(i, i) * dot(j, j)) + shrink)), i});
                    std::sort(like.begin(), like.end());
                    for (size_t n = 0; n < std::min(like.size(), static_cast<size_t>(k)); n++)
                        for (size_t u = 0; u < liked.size(); u++) expected[u][j] -= like[n].first * liked[u][like[n].second];
                }
                agree(all_scores(*model, log), expected, 1e-5);
            }
        }},
        {"ease agrees with a plain inverse in f64, and no item speaks for itself", [] {
            for (const auto & [l2, form] : {std::pair{0.5, ease_form::by_items}, {250.0, ease_form::by_items}, {0.5, ease_form::by_users}, {250.0, ease_form::by_users}}) {
                const int32_t n_users = form == ease_form::by_items ? 60 : 140, n_items = 150; // more than one block of pivots
                const interaction_log log = random_log(n_users, n_items, 40, 3);
                const std::unique_ptr<fit_model> model = make_ease(log, form, {l2}, {});
                model->train_epoch(0);
                const matrix liked = liked_matrix(log);
                matrix gram = zeros(n_items, n_items), expected = zeros(n_users, n_items);
                for (size_t i = 0; i < gram.size(); i++) {
                    for (size_t j = 0; j < gram.size(); j++)
                        for (const auto & user : liked) gram[i][j] += user[i] * user[j];
                    gram[i][i] += l2;
                }
                const matrix p = inverse(gram);
                for (size_t u = 0; u < liked.size(); u++)
                    for (size_t j = 0; j < gram.size(); j++)
                        for (size_t i = 0; i < gram.size(); i++)
                            if (i != j) expected[u][j] -= liked[u][i] * p[i][j] / p[j][j];
                agree(all_scores(*model, log), expected, 2e-4);
                const uint8_t yes = 1;
                for (int32_t item = 0; item < n_items; item += 37) {
                    float own = 1;
                    const candidate_row row{{NO_USER, &item, &yes, 1}, &item, 1, &own};
                    model->score(&row, 1);
                    CHECK(own == 0);
                }
            }
        }},
        {"ease by users says what ease by items says, whichever are more; it is taken where users are few", [] {
            for (uint64_t seed = 0; seed < 12; seed++) {
                const int32_t n_users = seed % 2 == 0 ? 25 : 150, n_items = seed % 3 == 0 ? 20 : 140;
                const interaction_log log = random_log(n_users, n_items, 1 + 5 * seed, seed);
                const double l2 = seed % 4 < 2 ? 2 : 100;
                const std::unique_ptr<fit_model> by_items = make_ease(log, ease_form::by_items, {l2}, {}), by_users = make_ease(log, ease_form::by_users, {l2}, {});
                by_items->train_epoch(0);
                by_users->train_epoch(0);
                const auto expected = all_scores(*by_items, log), found = all_scores(*by_users, log);
                for (size_t u = 0; u < found.size(); u++)
                    for (size_t i = 0; i < found[u].size(); i++) CHECK_NEAR(found[u][i], expected[u][i], 1e-4 * (1 + std::fabs(expected[u][i])));
                CHECK(choose_ease_form(log) == (n_users == 25 && n_items == 140 ? ease_form::by_users : ease_form::by_items));
            }
        }},
        {"ease names what it would take when there is no memory for it", [] {
            interaction_log log = random_log(5, 4, 3, 1);
            log.n_items = 100'000'000;
            const std::unique_ptr<fit_model> model = make_ease(log, ease_form::by_items, {1}, {});
            const user_error error = refusal([&] { model->train_epoch(0); });
            CHECK(error.code == exit_memory && says(error.what(), "EASE takes 38146972656 MiB for 5 users and 100000000 items"));
        }},
        {"a matrix of any size is inverted, with the same bytes for any number of threads; what is above the diagonal is not read", [] {
            for (const size_t n : {1, 2, 127, 128, 129, 200, 385}) {
                const matrix a = positive_definite(n, n);
                const matrix expected = inverse(a);
                std::vector<std::vector<float>> found;
                for (const int32_t threads : {1, 2, 5}) {
                    std::vector<float> values(n * n, NAN);
                    for (size_t i = 0; i < n; i++)
                        for (size_t j = 0; j <= i; j++) values[i * n + j] = static_cast<float>(a[i][j]);
                    invert_symmetric(values, static_cast<int64_t>(n), threads, [] {});
                    found.push_back(values);
                    CHECK(std::memcmp(values.data(), found[0].data(), values.size() * sizeof(float)) == 0);
                }
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++) CHECK_NEAR(found[0][i * n + j], expected[i][j], 2e-5);
            }
        }},
        {"a matrix that is not positive definite is found", [] {
            std::vector<float> values = {1, 2, 2, 1};
            bool found = false;
            try { invert_symmetric(values, 2, 1, [] {}); } catch (const std::domain_error &) { found = true; }
            CHECK(found);
        }},
        {"the gradients of bpr are those of central differences, in every vector, with and without l2", [] {
            const size_t width = 19; // not a whole number of lanes
            for (const double l2 : {0.0, 0.3}) {
                random_stream chance(5, "gradients");
                std::vector<float> users(4 * width), items(6 * width);
                for (std::vector<float> * all : {&users, &items})
                    for (float & value : *all) value = static_cast<float>(0.5 * chance.normal());
                std::vector<bpr_example> batch = {{0, 1, 2}, {0, 1, 3}, {2, 3, 1}, {3, 0, 4}, {2, 2, 5}};
                const auto loss = [&] {
                    std::vector<float> ignored_users(users.size()), ignored_items(items.size());
                    return bpr_loss(users, items, width, l2, batch.data(), batch.size(), ignored_users, ignored_items);
                };
                std::vector<float> d_users(users.size()), d_items(items.size());
                bpr_loss(users, items, width, l2, batch.data(), batch.size(), d_users, d_items);
                const float step = 1.0f / 64;
                for (const auto & [values, gradients] : {std::pair{&users, &d_users}, std::pair{&items, &d_items}}) {
                    for (size_t i = 0; i < values->size(); i++) {
                        const float before = (*values)[i];
                        (*values)[i] = before + step;
                        const double up = loss();
                        (*values)[i] = before - step;
                        const double down = loss();
                        (*values)[i] = before;
                        CHECK_NEAR((*gradients)[i], (up - down) / (2 * step), 2e-5);
                    }
                }
                for (size_t k = 0; k < width; k++) CHECK(d_users[width + k] == 0); // a user of no example
            }
        }},
        {"the loss of bpr is its definition, also far from zero", [] {
            for (const double margin : {-80.0, -3.0, 0.0, 2.0, 90.0}) {
                const std::vector<float> users = {1, 0}, items = {static_cast<float>(margin), 0, 0, 0};
                std::vector<float> d_users(2), d_items(4);
                const bpr_example one{0, 0, 1};
                CHECK_NEAR(bpr_loss(users, items, 2, 0, &one, 1, d_users, d_items), margin < -50 ? -margin : -std::log(1 / (1 + std::exp(-margin))), 1e-9);
                CHECK(std::isfinite(d_users[0]));
            }
        }},
        {"bpr learns to rank what a user liked above the rest", [] {
            interaction_log log; // two groups of users, each likes its half of the items but one
            log.n_items = 20;
            for (int32_t user = 0; user < 40; user++) {
                for (int32_t item = 0; item < 10; item++) {
                    if (item == user / 4) continue;
                    log.items.push_back(10 * (user % 2) + item);
                    log.liked.push_back(1);
                }
                log.begin.push_back(log.items.size());
            }
            fit_context context;
            context.seed = 3;
            const std::unique_ptr<fit_model> model = make_bpr(log, {8, 64, 0.02, 0}, context);
            const double before = *model->train_epoch(0);
            double after = before;
            for (int64_t epoch = 1; epoch < 60; epoch++) after = *model->train_epoch(epoch);
            CHECK_NEAR(before, std::log(2), 0.05);
            CHECK(after < 0.2);
            const auto scores = all_scores(*model, log);
            for (size_t user = 0; user < 40; user++) {
                const size_t held = 10 * (user % 2) + user / 4;
                for (size_t other = 0; other < 10; other++) CHECK(scores[user][held] > scores[user][10 - 10 * (user % 2) + other]);
            }
        }},
        {"the other items of bpr are drawn from all that the user did not like, each as often", [] {
            const std::vector<int32_t> liked = {0, 3, 4, 9};
            random_stream chance(1, "draws");
            std::vector<int> drawn(11, 0);
            const int n = 70000;
            for (int i = 0; i < n; i++) drawn[static_cast<size_t>(draw_other({liked.data(), liked.data() + liked.size()}, 11, chance))]++;
            for (int32_t item = 0; item < 11; item++) CHECK_NEAR(drawn[static_cast<size_t>(item)], std::count(liked.begin(), liked.end(), item) > 0 ? 0 : n / 7, std::count(liked.begin(), liked.end(), item) > 0 ? 0 : 500); // 5 deviations
        }},
        {"bpr scores a user it knows nothing of as the mean of those it knows", [] {
            const interaction_log log = random_log(30, 17, 12, 4);
            const auto model = fitted(every_model().back(), log, 1);
            const auto known = all_scores(*model, log);
            const matrix liked = liked_matrix(log);
            std::vector<double> mean(17, 0.0);
            int n = 0;
            for (size_t u = 0; u < known.size(); u++) {
                if (std::none_of(liked[u].begin(), liked[u].end(), [](double one) { return one > 0; })) continue;
                n++;
                for (size_t i = 0; i < 17; i++) mean[i] += known[u][i];
            }
            std::vector<float> scores(17);
            const user_history nobody;
            model->score_all(&nobody, 1, scores.data());
            for (size_t i = 0; i < 17; i++) {
                CHECK_NEAR(scores[i], mean[i] / n, 1e-5);
                CHECK(scores[i] == known[1][i] && scores[i] == known[2][i]); // who met nothing, and who liked nothing
            }
        }},
        {"what has nothing to learn from is refused", [] {
            interaction_log log = random_log(3, 4, 3, 1);
            std::fill(log.liked.begin(), log.liked.end(), 0);
            const user_error error = refusal([&] { make_bpr(log, {4, 8, 0.1, 0}, {}); });
            CHECK(error.code == exit_data && says(error.what(), "no interaction is liked"));
        }},
        {"every model gives the same bytes for any number of threads", [] {
            const interaction_log log = random_log(300, 150, 30, 6);
            for (const named_model & one : every_model()) {
                const auto expected = all_scores(*fitted(one, log, 1), log);
                for (const int32_t threads : {2, 3})
                    if (all_scores(*fitted(one, log, threads), log) != expected) throw check_failed(one.name + " differs on " + std::to_string(threads) + " threads");
            }
        }},
        {"every model scores candidates as it scores all items, to the bit, whoever is scored beside them", [] {
            const interaction_log log = random_log(40, 150, 30, 7);
            random_stream chance(8, "candidates");
            for (const named_model & one : every_model()) {
                const auto model = fitted(one, log, 2);
                const auto expected = all_scores(*model, log);
                std::vector<std::vector<int32_t>> candidates(static_cast<size_t>(log.n_users()));
                std::vector<std::vector<float>> scores(candidates.size());
                std::vector<candidate_row> rows;
                for (size_t u = 0; u < candidates.size(); u++) {
                    for (size_t n = 1 + chance.below(30); n > 0; n--) candidates[u].push_back(static_cast<int32_t>(chance.below(150)));
                    scores[u].resize(candidates[u].size());
                    rows.push_back({log.of(static_cast<int32_t>(u)), candidates[u].data(), candidates[u].size(), scores[u].data()});
                }
                model->score(rows.data(), rows.size());
                for (size_t u = 0; u < candidates.size(); u++)
                    for (size_t c = 0; c < candidates[u].size(); c++)
                        if (scores[u][c] != expected[u][static_cast<size_t>(candidates[u][c])]) throw check_failed(one.name + " scores a candidate otherwise");
                const user_history alone = log.of(7);
                std::vector<float> own(150);
                model->score_all(&alone, 1, own.data());
                CHECK(own == expected[7]);
            }
        }},
        {"an inner product is the sum of products, whatever the length", [] {
            random_stream chance(9, "products");
            for (size_t n = 0; n < 70; n++) {
                std::vector<float> a(n), b(n);
                double expected = 0;
                for (size_t i = 0; i < n; i++) {
                    a[i] = static_cast<float>(chance.normal());
                    b[i] = static_cast<float>(chance.normal());
                    expected += static_cast<double>(a[i]) * b[i];
                }
                CHECK_NEAR(inner_product(a.data(), b.data(), n), expected, 1e-5);
            }
        }},
    });
}
