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
    validation.every = reader.take<int64_t>("every");
    validation.patience = reader.take_or_null<int64_t>("patience");
    reader.finish();
    require(reader, validation.every >= 1, "every", validation.every, "at least 1");
    require(reader, validation.patience.value_or(1) >= 1, "patience", validation.patience.value_or(1), "at least 1");
    return validation;
}

fit_learning take_learning(const json & object, const std::string & where) {
    const int64_t most = 1'000'000'000;
    config_reader reader(object, where);
    fit_learning learning;
    learning.epochs = reader.take<int64_t>("epochs");
    const std::optional<json> validation = reader.take_or_null<json>("validation");
    learning.state = reader.take_or_null<std::string>("state");
    learning.state_every = reader.take<double>("stateEvery");
    learning.resume = reader.take<bool>("resume");
    reader.finish();
    require(reader, learning.epochs >= 1 && learning.epochs <= most, "epochs", learning.epochs, "between 1 and " + std::to_string(most));
    require(reader, learning.state_every >= 0, "stateEvery", learning.state_every, "at least 0 seconds");
    if (!validation) return learning;
    learning.validation = take_validation(*validation, where + ".validation");
    require(reader, learning.epochs >= learning.validation->every, "epochs", learning.epochs, "at least \"every\" of the validation, " + std::to_string(learning.validation->every));
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
        const std::optional<json> learning = reader.take_or_null<json>("learning");
        if (learning) config.learning = take_learning(*learning, path + ": learning");
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
