#include "fit/fit_config.h"

namespace {

const std::vector<std::pair<std::string, fit_metric>> METRICS = {
    {"auc", fit_metric::auc}, {"ndcg@10", fit_metric::ndcg_at_10}, {"mrr@10", fit_metric::mrr_at_10}, {"hit@10", fit_metric::hit_at_10}};

fit_validation take_validation(const json & object, const std::string & where) {
    config_reader reader(object, where);
    fit_validation validation;
    validation.rows = reader.take<std::string>("rows");
    validation.metric_name = reader.take<std::string>("metric");
    validation.metric = reader.take_choice("metric", METRICS);
    reader.finish();
    return validation;
}

fit_learning take_learning(const json & object, const std::string & where, bool is_validated) {
    const int64_t most = 1'000'000'000;
    config_reader reader(object, where);
    fit_learning learning;
    learning.epochs = reader.take<int64_t>("epochs");
    learning.evaluate_every = reader.take<int64_t>("evaluateEvery");
    learning.patience = reader.take_or_null<int64_t>("patience");
    learning.state = reader.take_or_null<std::string>("state");
    learning.state_every = reader.take<double>("stateEvery");
    learning.resume = reader.take<bool>("resume");
    reader.finish();
    require(reader, learning.epochs >= 1 && learning.epochs <= most, "epochs", learning.epochs, "between 1 and " + std::to_string(most));
    require(reader, learning.evaluate_every >= 1 && learning.evaluate_every <= learning.epochs, "evaluateEvery", learning.evaluate_every, "between 1 and \"epochs\", " + std::to_string(learning.epochs));
    require(reader, learning.patience.value_or(1) >= 1, "patience", learning.patience.value_or(1), "at least 1");
    require(reader, learning.state_every >= 0, "stateEvery", learning.state_every, "at least 0 seconds");
    if (learning.patience && !is_validated) throw reader.wrong("\"patience\" without \"validation\"");
    return learning;
}

} // namespace

fit_config read_fit_config(const std::string & path) {
    return read_config<fit_config>(path, [&](config_reader & reader, fit_config & config) {
        const json settings = reader.take<json>("settings");
        config_reader own(settings, path + ": settings");
        config.model = choose_model(reader.take<std::string>("model"), own);
        config.settings = settings.dump();
        config.interactions = reader.take<std::string>("interactions");
        config.n_items = reader.take<int32_t>("items");
        config.rows = reader.take_or_null<std::string>("rows");
        const std::optional<json> validation = reader.take_or_null<json>("validation");
        const std::optional<json> learning = reader.take_or_null<json>("learning");
        if (validation) config.validation = take_validation(*validation, path + ": validation");
        if (learning) config.learning = take_learning(*learning, path + ": learning", config.validation.has_value());
        config.seed = reader.take<uint64_t>("seed");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const fit_config & config) {
        require(reader, config.n_items >= 1, "items", config.n_items, "at least 1");
        require_threads(reader, config.threads);
        if (config.model.learns != config.learning.has_value()) {
            throw reader.wrong(config.model.learns ? "\"learning\" is null, but the model \"" + config.model.name + "\" learns by epochs"
                                                   : "\"learning\" must be null: the model \"" + config.model.name + "\" is made in one pass");
        }
    });
}
