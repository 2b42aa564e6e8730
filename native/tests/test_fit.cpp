// The verb fit: what it says, ranks against sorting, kills and resumes, and what is refused.
#include "check.h"
#include "fit/fit.h"
#include "fit/learning.h"
#include "native_process.h"
#include "random_log.h"
#include "refusal.h"
#include "stop_signal.h"
#include "whole_verb.h"
#include <algorithm>
#include <csignal>
#include <map>

namespace {

const int32_t USERS = 40, ITEMS = 60;

// A fit of random interactions, with candidate rows and full rankings to score.
struct tiny_fit {
    temporary_folder folder;
    json config;

    explicit tiny_fit(const std::string & model = "bpr") {
        const interaction_log log = random_log(USERS, ITEMS, 25, 13);
        random_stream chance(4, "rows");
        std::ofstream interactions(folder.path + "/interactions.jsonl"), rows(folder.path + "/rows.jsonl"), valid(folder.path + "/valid.jsonl");
        for (int32_t user = 0; user < USERS; user++) {
            const user_history history = log.of(user);
            json items = json::array(), liked = json::array();
            for (size_t i = 0; i < history.size; i++) {
                items.push_back(history.items[i]);
                liked.push_back(history.liked[i] != 0);
            }
            interactions << json{{"items", items}, {"liked", liked}}.dump() << "\n";
            const int target = static_cast<int>(chance.below(ITEMS)), other = (target + 1 + static_cast<int>(chance.below(ITEMS - 1))) % ITEMS;
            const json known = {{"user", user % 9 == 0 ? json() : json(user)}, {"history", items}, {"liked", liked}};
            json ranked = {{"row", user}, {"candidates", nullptr}, {"excluded", {other}}, {"relevant", {target}}};
            json asked = {{"row", 100 + user}, {"candidates", {target, other}}, {"excluded", nullptr}, {"relevant", user % 2 == 0 ? json({target}) : json::array()}};
            ranked.update(known);
            asked.update(known);
            rows << ranked.dump() << "\n" << asked.dump() << "\n";
            valid << ranked.dump() << "\n";
        }
        config = {{"protocol", PROTOCOL}, {"model", model}, {"settings", settings(model)}, {"interactions", folder.path + "/interactions.jsonl"}, {"items", ITEMS}, {"rows", folder.path + "/rows.jsonl"},
                  {"validation", {{"rows", folder.path + "/valid.jsonl"}, {"metric", "ndcg@10"}}}, {"learning", nullptr}, {"seed", 3}, {"threads", 1}};
        if (learns(model)) config["learning"] = learning();
    }

    static bool learns(const std::string & model) { return model != "pop" && model != "item-knn" && model != "ease"; }

    static json settings(const std::string & model) {
        if (model == "item-knn") return {{"neighbours", 20}, {"shrink", 0}};
        if (model == "ease") return {{"l2", 10}};
        if (model == "bpr") return {{"width", 8}, {"batchSize", 16}, {"learningRate", 0.02}, {"l2", 0}};
        json own = json::object();
        if (model == "gru4rec") own = {{"hidden", 8}, {"layers", 1}, {"dropout", 0.1}, {"targetsAtOnce", 4}};
        if (model == "sasrec") own = {{"heads", 2}, {"layers", 1}, {"inner", 8}, {"dropout", 0.1}, {"attentionDropout", 0.1}, {"targetsAtOnce", 4}};
        if (model == "caser") own = {{"filtersDown", 2}, {"filtersAcross", 2}, {"dropout", 0.1}, {"l2", 0.001}, {"targetsAtOnce", 4}};
        if (model == "din") own = {{"attention", {8}}, {"layers", {8}}, {"negatives", 1}};
        if (!own.empty() && model != "din") own["sampledItems"] = 0;
        if (!own.empty()) own.update({{"width", 8}, {"mostInputs", 6}, {"batchSize", 64}, {"learningRate", 0.01}});
        return own;
    }

    json learning() const {
        return {{"epochs", 6}, {"evaluateEvery", 1}, {"patience", nullptr}, {"state", nullptr}, {"stateEvery", 0}, {"resume", false}};
    }

    std::string state() const { return folder.path + "/state.gguf"; }

    std::string write(const std::string & name = "config") const {
        const std::string path = folder.path + "/" + name + ".json";
        std::ofstream(path) << config.dump();
        return path;
    }

    std::vector<json> run() const {
        return events_of([&] { CHECK(fit(read_fit_config(write())) == exit_done); });
    }
};

std::vector<json> only(const std::vector<json> & events, const std::string & name) {
    std::vector<json> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found), [&](const json & event) { return event["event"] == name; });
    return found;
}

std::vector<json> said_of_rows(const std::vector<json> & events) {
    std::vector<json> said = only(events, "scores"), ranks = only(events, "rank");
    said.insert(said.end(), ranks.begin(), ranks.end());
    return said;
}

user_error refused(const std::function<void(json & config)> & change, const std::string & model = "bpr") {
    tiny_fit one(model);
    change(one.config);
    return refusal([&] { events_of([&] { fit(read_fit_config(one.write())); }); });
}

} // namespace

int main() {
    return run_tests({
        {"every model says where it stands, then each row once, in the order of the file", [] {
            for (const std::string model : {"pop", "item-knn", "ease", "bpr", "gru4rec", "sasrec", "caser", "din"}) {
                const std::vector<json> events = tiny_fit(model).run();
                CHECK(events.front()["event"] == "start" && events.front()["verb"] == "fit" && events.back()["event"] == "done");
                CHECK(events[1]["event"] == "interactions" && events[1]["users"] == USERS && events[1]["items"] == ITEMS && events[1]["rows"] == 2 * USERS);
                CHECK(only(events, "epoch").size() == (tiny_fit::learns(model) ? 6 : 0) && only(events, "fitted").size() == 1);
                const std::vector<json> ranks = only(events, "rank"), scores = only(events, "scores");
                CHECK(ranks.size() == USERS && scores.size() == USERS);
                for (int i = 0; i < USERS; i++) CHECK(ranks[i]["row"] == i && scores[i]["row"] == 100 + i && scores[i]["scores"].size() == 2);
            }
        }},
        {"a rank is that of sorting the scores of all items that are not excluded", [] {
            tiny_fit one;
            const std::vector<json> ranks = only(one.run(), "rank");
            const std::vector<fit_row> rows = read_fit_rows(one.folder.path + "/valid.jsonl", USERS, ITEMS);
            { // the same rows, with all of these as candidates
                std::ofstream file(one.folder.path + "/rows.jsonl");
                for (const fit_row & row : rows) {
                    json candidates = json::array(), liked = json::array();
                    for (const uint8_t flag : row.liked) liked.push_back(flag != 0);
                    for (int32_t item = 0; item < ITEMS; item++)
                        if (item != row.excluded[0]) candidates.push_back(item);
                    file << json{{"row", row.row}, {"user", row.user == NO_USER ? json() : json(row.user)}, {"history", row.history}, {"liked", liked}, {"candidates", candidates}, {"excluded", nullptr}, {"relevant", nullptr}}.dump() << "\n";
                }
            }
            const std::vector<json> all = only(one.run(), "scores");
            for (size_t i = 0; i < rows.size(); i++) {
                std::vector<double> scores = all[i]["scores"].get<std::vector<double>>();
                const int32_t target = rows[i].relevant->front();
                const double own = scores[static_cast<size_t>(target - (target > rows[i].excluded[0]))];
                std::sort(scores.rbegin(), scores.rend());
                CHECK(ranks[i]["above"] == std::find(scores.begin(), scores.end(), own) - scores.begin());
                CHECK(ranks[i]["tied"] == std::count(scores.begin(), scores.end(), own) - 1);
            }
        }},
        {"metrics on ranks are the mean over all orders that a random tie break may give", [] {
            for (int64_t above = 0; above < 13; above++) {
                for (int64_t tied = 0; tied < 13; tied++) {
                    double ndcg = 0, mrr = 0, hit = 0;
                    for (int64_t rank = above + 1; rank <= above + 1 + tied; rank++) {
                        if (rank > 10) continue;
                        ndcg += std::log(2) / std::log(rank + 1) / static_cast<double>(tied + 1);
                        mrr += 1 / static_cast<double>(rank) / static_cast<double>(tied + 1);
                        hit += 1 / static_cast<double>(tied + 1);
                    }
                    CHECK_NEAR(rank_metric(fit_metric::ndcg_at_10, {above, tied}), ndcg, 1e-12);
                    CHECK_NEAR(rank_metric(fit_metric::mrr_at_10, {above, tied}), mrr, 1e-12);
                    CHECK_NEAR(rank_metric(fit_metric::hit_at_10, {above, tied}), hit, 1e-12);
                }
            }
        }},
        {"the value of an epoch is the metric of its ranks, and the rows are scored by the best epoch", [] {
            for (const std::string metric : {"ndcg@10", "mrr@10", "hit@10"}) {
                tiny_fit one;
                one.config["validation"]["metric"] = metric;
                one.config["rows"] = one.folder.path + "/valid.jsonl";
                const std::vector<json> events = one.run(), epochs = only(events, "epoch"), ranks = only(events, "rank");
                const json fitted = only(events, "fitted").front();
                double best = -1, sum = 0;
                int64_t best_epoch = 0;
                for (const json & epoch : epochs) {
                    const double value = epoch["value"];
                    CHECK(epoch["best"] == (value > best));
                    if (value > best) { best = value; best_epoch = epoch["epoch"]; }
                }
                CHECK(fitted["bestEpoch"] == best_epoch && fitted["value"] == best && fitted["epochs"] == 6 && fitted["stoppedEarly"] == false);
                for (const json & rank : ranks) {
                    const int64_t place = rank["above"].get<int64_t>() + 1; // no ties
                    CHECK(rank["tied"] == 0);
                    if (place <= 10) sum += metric == "hit@10" ? 1 : metric == "mrr@10" ? 1.0 / static_cast<double>(place) : std::log(2) / std::log(place + 1);
                }
                CHECK_NEAR(sum / USERS, best, 1e-12);
            }
        }},
        {"a model that is made in one pass has the value of its own ranks", [] {
            tiny_fit one("item-knn");
            one.config["rows"] = one.folder.path + "/valid.jsonl";
            const std::vector<json> events = one.run();
            double sum = 0;
            for (const json & rank : only(events, "rank")) sum += rank_metric(fit_metric::ndcg_at_10, {rank["above"], rank["tied"]});
            CHECK_NEAR(only(events, "fitted").front()["value"].get<double>(), sum / USERS, 1e-12);
            one.config["validation"] = nullptr;
            CHECK(only(one.run(), "fitted").front()["value"].is_null());
        }},
        {"without validation the last epoch scores the rows", [] {
            tiny_fit one;
            one.config["validation"] = nullptr;
            const std::vector<json> events = one.run();
            const json fitted = only(events, "fitted").front();
            CHECK(fitted["bestEpoch"].is_null() && fitted["value"].is_null() && fitted["epochs"] == 6);
            one.config["learning"]["epochs"] = 5;
            CHECK(said_of_rows(one.run()) != said_of_rows(events));
        }},
        {"AUC for validation counts all pairs of relevant and other candidates", [] {
            tiny_fit one;
            std::ofstream valid(one.folder.path + "/valid.jsonl");
            std::ifstream rows(one.folder.path + "/rows.jsonl");
            for (std::string line; std::getline(rows, line);)
                if (json::parse(line)["row"] >= 100) valid << line << "\n";
            valid.close();
            one.config["validation"]["metric"] = "auc";
            one.config["rows"] = one.folder.path + "/valid.jsonl";
            const std::vector<json> events = one.run();
            std::vector<double> relevant, others;
            for (const json & row : only(events, "scores"))
                for (size_t c = 0; c < 2; c++) (c == 0 && row["row"].get<int>() % 2 == 0 ? relevant : others).push_back(row["scores"][c]);
            double won = 0;
            for (const double a : relevant)
                for (const double b : others) won += a > b ? 1 : a == b ? 0.5 : 0;
            CHECK_NEAR(only(events, "fitted").front()["value"].get<double>(), won / static_cast<double>(relevant.size() * others.size()), 1e-12);
        }},
        {"a fit stops when it gets no better, and says so", [] {
            tiny_fit one;
            one.config["learning"]["epochs"] = 500;
            one.config["learning"]["patience"] = 4;
            const std::vector<json> events = one.run();
            const json fitted = only(events, "fitted").front();
            CHECK(fitted["stoppedEarly"] == true && fitted["epochs"] == fitted["bestEpoch"].get<int>() + 4 && fitted["epochs"] == only(events, "epoch").size());
        }},
        {"a fit is validated every so many epochs", [] {
            tiny_fit one;
            one.config["learning"]["evaluateEvery"] = 4;
            const std::vector<json> epochs = only(one.run(), "epoch");
            for (size_t i = 0; i < epochs.size(); i++) CHECK(epochs[i]["value"].is_null() == (i != 3));
        }},
        {"one thread and two say the same, another seed does not", [] {
            tiny_fit one;
            const std::vector<json> expected = said_of_rows(one.run());
            one.config["threads"] = 2;
            CHECK(said_of_rows(one.run()) == expected);
            one.config["seed"] = 4;
            CHECK(said_of_rows(one.run()) != expected);
        }},
        {"a fit that is given more epochs goes on to what one of so many says", [] {
            tiny_fit one;
            one.config["learning"]["epochs"] = 9;
            const std::vector<json> expected = said_of_rows(one.run());
            one.config["learning"]["epochs"] = 6;
            one.config["learning"]["state"] = one.state();
            one.run();
            one.config["learning"]["resume"] = true;
            one.config["learning"]["epochs"] = 9;
            const std::vector<json> events = one.run();
            CHECK(only(events, "resumed").front()["step"] == 6 && only(events, "epoch").size() == 3);
            CHECK(said_of_rows(events) == expected);
            CHECK(said_of_rows(one.run()) == expected); // nothing is left to learn
        }},
        {"a fit that is killed at any moment goes on to what one says that was not", [] {
            tiny_fit one;
            one.config["learning"]["epochs"] = 60;
            one.config["learning"]["patience"] = 40;
            const std::vector<json> whole = one.run(), expected = said_of_rows(whole);
            one.config["learning"]["state"] = one.state();
            random_stream chance(static_cast<uint64_t>(getpid()), "kills");
            double seconds = 0; // of a fit that nobody kills
            {
                process run(one.write("whole"), "fit");
                run.read_until([](const json &) { return false; }, 60);
                CHECK(!run.kill_now());
                seconds = run.elapsed();
            }
            int killed = 0, resumed = 0;
            for (int life = 0; life < 4 || killed < 8 || resumed < 4; life++) {
                CHECK(life < 200);
                std::filesystem::remove(one.state());
                for (int attempt = 0;; attempt++) {
                    one.config["learning"]["resume"] = attempt > 0;
                    process run(one.write("kill"), "fit");
                    size_t left = 1 + chance.below(only(whole, "epoch").size() + static_cast<size_t>(attempt));
                    if (life % 2 == 0) run.read_until([&](const json &) { return --left == 0; }, 60);
                    else run.read_until([](const json &) { return false; }, 1.2 * seconds * (1 + attempt / 8.0) * chance.uniform());
                    const bool was_killed = run.kill_now();
                    std::vector<json> events;
                    for (const spoken & line : run.events) events.push_back(line.event);
                    resumed += !only(events, "resumed").empty();
                    if (was_killed) { killed++; continue; }
                    CHECK(said_of_rows(events) == expected);
                    break;
                }
            }
        }},
        {"a signal ends a fit with its state saved, and it goes on from there", [] {
            tiny_fit one;
            one.config["learning"]["epochs"] = 8;
            const std::vector<json> expected = said_of_rows(one.run());
            one.config["learning"]["state"] = one.state();
            one.config["learning"]["stateEvery"] = 1000; // never by the clock
            one.config["learning"]["epochs"] = 1'000'000;
            const std::string path = one.write("endless");
            process run(path, "fit");
            run.read_until([](const json & event) { return event["event"] == "epoch" && event["epoch"] == 3; }, 60);
            CHECK(run.terminate() == exit_stopped);
            const json last = run.events.back().event;
            CHECK(last["event"] == "stopped" && last["step"] >= 3 && last["checkpoint"] == one.state());
            one.config["learning"]["resume"] = true;
            one.config["learning"]["epochs"] = std::max<int64_t>(8, last["step"]);
            const std::vector<json> events = one.run();
            CHECK(only(events, "resumed").front()["step"] == last["step"]);
            if (one.config["learning"]["epochs"] == 8) CHECK(said_of_rows(events) == expected);
        }},
        {"a state that is torn, of another fit or in the way is refused", [] {
            tiny_fit one;
            one.config["learning"]["state"] = one.state();
            one.run();
            const user_error in_the_way = refusal([&] { one.run(); });
            CHECK(in_the_way.code == exit_usage && says(in_the_way.what(), "another fit left its state here"));
            one.config["learning"]["resume"] = true;
            const std::string other_rows = one.folder.path + "/other.jsonl";
            std::ofstream(other_rows) << "{\"row\":0,\"user\":1,\"history\":[],\"liked\":null,\"candidates\":null,\"excluded\":null,\"relevant\":[4]}\n";
            const json before = one.config;
            const std::vector<std::function<void(json &)>> changes = {[](json & c) { c["seed"] = 9; }, [](json & c) { c["settings"]["l2"] = 0.5; },
                                                                      [](json & c) { c["validation"]["metric"] = "mrr@10"; },
                                                                      [&](json & c) { c["validation"]["rows"] = other_rows; }};
            for (const auto & change : changes) {
                change(one.config);
                const user_error other = refusal([&] { one.run(); });
                CHECK(other.code == exit_usage && says(other.what(), "other settings or data"));
                one.config = before;
            }
            std::fstream file(one.state(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(300);
            file.put('\x5a');
            file.close();
            const user_error torn = refusal([&] { one.run(); });
            CHECK(torn.code == exit_data && says(torn.what(), "digest"));
        }},
        {"a config that is not as it should be is refused, and the key is named", [] {
            const auto says_usage = [](const user_error & error, const std::string & words) {
                if (error.code != exit_usage || !says(error.what(), words)) throw check_failed(words + " is not in: " + error.what());
            };
            says_usage(refused([](json & c) { c["model"] = "svd"; }), "\"model\" is svd, but must be one of pop, item-knn, ease, bpr, gru4rec, sasrec, caser, din");
            says_usage(refused([](json & c) { c["settings"].erase("width"); }), "the key \"width\" is missing");
            says_usage(refused([](json & c) { c["settings"]["depth"] = 1; }), "unknown key \"depth\"");
            says_usage(refused([](json & c) { c["settings"]["width"] = 0; }), "\"width\" is 0, but must be between 1 and 4096");
            says_usage(refused([](json & c) { c["settings"]["learningRate"] = 0; }), "\"learningRate\" is 0, but must be above 0");
            says_usage(refused([](json & c) { c["settings"]["l2"] = -1; }), "\"l2\" is -1, but must be at least 0");
            says_usage(refused([](json & c) { c["settings"]["neighbours"] = 0; }, "item-knn"), "\"neighbours\" is 0");
            says_usage(refused([](json & c) { c["settings"]["shrink"] = -0.5; }, "item-knn"), "\"shrink\" is -0.5");
            says_usage(refused([](json & c) { c["settings"]["l2"] = 0; }, "ease"), "\"l2\" is 0, but must be above 0");
            says_usage(refused([](json & c) { c["settings"]["k"] = 1; }, "pop"), "unknown key \"k\"");
            says_usage(refused([](json & c) { c["settings"]["dropout"] = 1; }, "gru4rec"), "\"dropout\" is 1, but must be at least 0 and below 1");
            says_usage(refused([](json & c) { c["settings"]["targetsAtOnce"] = 7; }, "gru4rec"), "\"targetsAtOnce\" is 7, but must be between 1 and 6");
            says_usage(refused([](json & c) { c["settings"]["sampledItems"] = -1; }, "gru4rec"), "\"sampledItems\" is -1, but must be between 0 and 1000000000");
            says_usage(refused([](json & c) { c["settings"]["heads"] = 3; }, "sasrec"), "\"heads\" is 3, but must be a divisor of \"width\", 8");
            says_usage(refused([](json & c) { c["settings"]["attentionDropout"] = -0.1; }, "sasrec"), "\"attentionDropout\" is -0.1");
            says_usage(refused([](json & c) { c["settings"]["targetsAtOnce"] = 7; }, "caser"), "\"targetsAtOnce\" is 7, but must be between 1 and 6");
            says_usage(refused([](json & c) { c["settings"]["filtersAcross"] = 0; }, "caser"), "\"filtersAcross\" is 0");
            says_usage(refused([](json & c) { c["settings"]["layers"] = json::array(); }, "din"), "\"layers\" is 0, but must be 1 to 64 widths");
            says_usage(refused([](json & c) { c["settings"]["attention"] = {8, 0}; }, "din"), "\"attention\" is 0, but must be widths between 1 and 4096");
            says_usage(refused([](json & c) { c["settings"]["negatives"] = -1; }, "din"), "\"negatives\" is -1");
            says_usage(refused([](json & c) { c["learning"] = nullptr; }), "\"learning\" is null, but the model \"bpr\" learns by epochs");
            says_usage(refused([](json & c) { c["learning"] = tiny_fit().learning(); }, "ease"), "\"learning\" must be null");
            says_usage(refused([](json & c) { c["learning"]["epochs"] = 0; }), "\"epochs\" is 0");
            says_usage(refused([](json & c) { c["validation"]["metric"] = "recall"; }), "\"metric\" is recall, but must be one of auc, ndcg@10, mrr@10, hit@10");
            says_usage(refused([](json & c) { c["learning"]["evaluateEvery"] = 7; }), "\"evaluateEvery\" is 7, but must be between 1 and \"epochs\", 6");
            says_usage(refused([](json & c) { c["learning"]["patience"] = 0; }), "\"patience\" is 0");
            says_usage(refused([](json & c) { c["learning"]["patience"] = 2; c["validation"] = nullptr; }), "\"patience\" without \"validation\"");
            says_usage(refused([](json & c) { c["items"] = 0; }), "\"items\" is 0");
            says_usage(refused([](json & c) { c["threads"] = 0; }), "\"threads\" is 0");
            says_usage(refused([](json & c) { c["extra"] = 0; }), "unknown key \"extra\"");
        }},
        {"rows that cannot be judged as asked are refused", [] {
            const user_error ranks = refused([](json & c) { c["validation"]["metric"] = "auc"; });
            CHECK(ranks.code == exit_data && says(ranks.what(), "the row ranks all items"));
            const user_error none = refused([](json & c) { c["validation"]["rows"] = c["rows"]; });
            CHECK(none.code == exit_data && says(none.what(), "the row has 0 relevant items"));
        }},
        {"a loss or a score that is not finite is an error of its own", [] {
            struct broken : fit_model {
                std::optional<double> train_epoch(int64_t) override { return NAN; }
                void score_all(const user_history *, size_t n, float * scores) override { std::fill(scores, scores + n * ITEMS, INFINITY); }
                void score(const candidate_row * rows, size_t) override { rows[0].scores[0] = NAN; }
            } model;
            const user_error loss = refusal([&] { learn(model, {3, 1, std::nullopt, std::nullopt, 0, false}, nullptr, ITEMS, "", [] {}); });
            CHECK(loss.code == exit_diverged && says(loss.what(), "the loss is not finite") && loss.where == "epoch 1");
            for (const std::vector<int32_t> & candidates : {std::vector<int32_t>{}, std::vector<int32_t>{4, 5}}) {
                fit_row row{7, 0, {}, {}, candidates, {}, std::vector<int32_t>{4}};
                const user_error score = refusal([&] { score_rows(model, {row}, ITEMS, [] {}, [](size_t, const row_result &) {}); });
                CHECK(score.code == exit_diverged && says(score.what(), "a score is not finite") && score.where == "row 7");
            }
        }},
    });
}
