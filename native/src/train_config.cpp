// The configs of the verbs train and series.
#include "config.h"
#include "config_reader.h"
#include <map>

static const int32_t MOST_RANK = 1 << 20; // so that sums with it cannot overflow

static validation_config read_validation(const json & object, const std::string & path) {
    config_reader reader(object, path + ": validation");
    validation_config config;
    config.data = reader.take<std::string>("data");
    config.rows = reader.take<std::vector<int64_t>>("rows");
    config.every = reader.take_or_null<int64_t>("every");
    config.patience = reader.take_or_null<int64_t>("patience");
    const std::string keep = reader.take<std::string>("keep");
    reader.finish();
    require(reader, !config.rows.empty(), "rows", "empty", "at least one row");
    require(reader, config.every.value_or(1) >= 1, "every", config.every.value_or(1), "at least 1");
    require(reader, config.patience.value_or(1) >= 1, "patience", config.patience.value_or(1), "at least 1");
    require(reader, keep == "last" || keep == "best", "keep", keep, "last or best");
    config.keeps_best = keep == "best";
    return config;
}

static train_config read_training(const json & object, const std::string & path) {
    config_reader reader(object, path);
    check_protocol(reader);
    train_config config;
    config.model = reader.take<std::string>("model");
    config.adapter = reader.take_or_null<std::string>("adapter");
    config.run_directory = reader.take<std::string>("runDirectory");
    config.data = reader.take<std::string>("data");
    config.labels = reader.take_or_null<std::vector<std::string>>("labels").value_or(std::vector<std::string>{});
    config.rows = reader.take_or_null<std::vector<int64_t>>("rows");
    config.seed = reader.take<uint64_t>("seed");
    config.epochs = reader.take_or_null<int64_t>("epochs");
    config.steps = reader.take_or_null<int64_t>("steps");
    config.batch_size = reader.take<int64_t>("batchSize");
    config.micro_batch_size = reader.take_or_null<int64_t>("microBatchSize");
    config.learning_rate = reader.take<double>("learningRate");
    config.schedule = reader.take_choice<schedule_kind>("schedule",
        {{"constant", schedule_kind::constant}, {"linear", schedule_kind::linear}, {"cosine", schedule_kind::cosine}});
    config.warmup_steps = reader.take<int64_t>("warmupSteps");
    config.weight_decay = reader.take<double>("weightDecay");
    config.max_gradient_norm = reader.take<double>("maxGradientNorm");
    config.begin.rank = reader.take<int32_t>("rank");
    config.begin.alpha = reader.take<double>("alpha");
    config.begin.scaling = reader.take_choice<lora_scaling>("scaling", {{"standard", lora_scaling::by_rank}, {"rslora", lora_scaling::by_root_of_rank}});
    config.begin.init = reader.take_choice<lora_init>("init", {{"random", lora_init::random}, {"pissa", lora_init::principal}});
    config.begin.magnitudes = reader.take_choice<bool>("variant", {{"lora", false}, {"dora", true}});
    config.begin.seed = config.seed;
    config.lora_plus_ratio = reader.take<double>("loraPlusRatio");
    config.dropout = reader.take<double>("dropout");
    config.targets = reader.take<std::vector<std::string>>("targets");
    config.layers = reader.take<std::string>("layers");
    const std::string loss = reader.take<std::string>("loss");
    config.objective = reader.take_choice<objective_kind>("objective",
        {{"next-token", objective_kind::next_token}, {"label-softmax", objective_kind::label_softmax}, {"pairwise", objective_kind::pairwise}});
    config.spike_factor = reader.take<double>("spikeFactor");
    config.shuffle = reader.take<bool>("shuffle");
    config.max_length = reader.take<int32_t>("maxLength");
    config.share_prefixes = reader.take<bool>("sharePrefixes");
    if (const std::optional<json> validation = reader.take_or_null<json>("validation")) {
        require(reader, validation->is_object(), "validation", validation->type_name(), "an object or null");
        config.validation = read_validation(*validation, path);
    }
    const std::string place = reader.take<std::string>("cacheHidden"), precision = reader.take<std::string>("cachePrecision");
    const std::string recompute = reader.take<std::string>("recompute");
    config.memory_limit = reader.take_or_null<uint64_t>("memoryLimit");
    config.hidden_states.limit = reader.take<uint64_t>("cacheLimit");
    config.hidden_states.folder = reader.take<std::string>("cacheDirectory");
    config.checkpoint_every = reader.take<int64_t>("checkpointEvery");
    config.device = reader.take<std::string>("device");
    config.precision = take_precision(reader);
    config.threads = reader.take<int32_t>("threads");
    config.resume = reader.take<bool>("resume");
    config.merged_type = take_merged_type_or_null(reader, "mergedType");
    reader.finish();

    require(reader, config.epochs.has_value() != config.steps.has_value(), "epochs", "given with steps or without it", "given alone, or steps alone");
    require(reader, config.epochs.value_or(1) >= 1, "epochs", config.epochs.value_or(1), "at least 1");
    require(reader, config.steps.value_or(1) >= 1, "steps", config.steps.value_or(1), "at least 1");
    require_batch(reader, config.batch_size);
    require(reader, config.micro_batch_size.value_or(1) >= 1, "microBatchSize", config.micro_batch_size.value_or(1), "at least 1");
    require(reader, config.learning_rate > 0, "learningRate", config.learning_rate, "above 0");
    require(reader, config.weight_decay >= 0, "weightDecay", config.weight_decay, "at least 0");
    require(reader, config.max_gradient_norm >= 0, "maxGradientNorm", config.max_gradient_norm, "at least 0");
    require(reader, config.labels.empty() || config.labels.size() >= 2, "labels", config.labels.size(), "two labels or more, or null");
    require(reader, config.warmup_steps >= 0, "warmupSteps", config.warmup_steps, "at least 0");
    require(reader, config.begin.rank >= 1 && config.begin.rank <= MOST_RANK, "rank", config.begin.rank, "between 1 and " + std::to_string(MOST_RANK));
    require(reader, config.begin.alpha > 0, "alpha", config.begin.alpha, "above 0");
    require(reader, config.lora_plus_ratio > 0, "loraPlusRatio", config.lora_plus_ratio, "above 0");
    require(reader, config.dropout >= 0 && static_cast<float>(config.dropout) < 1, "dropout", config.dropout, "in [0, 1)");
    require(reader, !config.targets.empty(), "targets", "empty", "at least one layer");
    require(reader, config.checkpoint_every >= 1, "checkpointEvery", config.checkpoint_every, "at least 1");
    require_threads(reader, config.threads);
    require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
    require(reader, loss == "answer" || loss == "all", "loss", loss, "answer or all");
    require(reader, config.objective == objective_kind::next_token || loss == "answer", "loss", loss, "answer: another objective than next-token reads the labels alone");
    require(reader, config.spike_factor == 0 || config.spike_factor > 1, "spikeFactor", config.spike_factor, "above 1, or 0 for none");
    require(reader, place == "auto" || place == "memory" || place == "disk" || place == "off", "cacheHidden", place, "auto, memory, disk or off");
    require(reader, precision == "f32" || precision == "f16", "cachePrecision", precision, "f32 or f16");
    config.hidden_states.place = place == "memory" ? state_place::memory : place == "disk" ? state_place::disk : place == "off" ? state_place::nowhere : state_place::choose;
    config.hidden_states.is_f16 = precision == "f16";
    require(reader, recompute == "auto" || recompute == "on" || recompute == "off", "recompute", recompute, "auto, on or off");
    if (recompute != "auto") config.recomputes = recompute == "on";
    config.loss_on_all = loss == "all";

    nlohmann::json deciding = nlohmann::json::parse(object.dump()); // sorted by key: the order in the file says nothing
    for (const char * key : {"model", "adapter", "runDirectory", "data", "targets", "layers", "cacheHidden", "cacheLimit", "cacheDirectory", "recompute", "memoryLimit", "checkpointEvery", "device", "precision", "spikeFactor", "threads", "resume", "mergedType"}) deciding.erase(key);
    if (config.validation) deciding["validation"].erase("data");
    config.fingerprint = deciding.dump();
    return config;
}

train_config read_train_config(const std::string & path) {
    return read_training(read_object(path), path);
}

// What the runs of a series share, and so must have alike.
static const char * const SHARED_KEYS[] = {"model", "data", "labels", "maxLength", "cacheHidden", "cachePrecision", "cacheLimit", "cacheDirectory", "device", "threads"};

series_config read_series_config(const std::string & path) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    const json runs = reader.take<json>("runs");
    reader.finish();
    require(reader, runs.is_array() && !runs.empty(), "runs", runs.is_array() ? "empty" : runs.type_name(), "a list of configs of train, at least one");
    series_config config;
    std::map<std::string, size_t> folders;
    for (size_t i = 0; i < runs.size(); i++) {
        const std::string where = path + ": runs[" + std::to_string(i) + "]";
        if (!runs[i].is_object()) throw user_error(exit_usage, "a run is " + std::string(runs[i].type_name()) + ", not an object", where, "write it as docs/protocol.md describes it");
        config.runs.push_back(read_training(runs[i], where));
        for (const char * key : SHARED_KEYS) {
            if (runs[i].value(key, json()) == runs[0].value(key, json())) continue;
            throw user_error(exit_usage, "\"" + std::string(key) + "\" is " + runs[i][key].dump() + ", but " + runs[0][key].dump() + " in the first run", where,
                "train runs that differ in it apart from each other");
        }
        const auto [other, is_new] = folders.insert({config.runs[i].run_directory, i});
        if (!is_new) {
            throw user_error(exit_usage, "\"runDirectory\" is " + config.runs[i].run_directory + ", as in runs[" + std::to_string(other->second) + "]", where,
                "give each run a folder of its own");
        }
    }
    return config;
}
