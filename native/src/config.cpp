#include "config.h"
#include "error.h"
#include "events.h"
#include "ggml.h"
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <type_traits>

static const int MOST_DEPTH = 8;
static const int32_t MOST_RANK = 1 << 20; // so that sums with it cannot overflow

// In which a merged model can be written.
static const std::vector<std::pair<std::string, ggml_type>> MERGED_TYPES = {
    {"f32", GGML_TYPE_F32}, {"f16", GGML_TYPE_F16}, {"bf16", GGML_TYPE_BF16}, {"q8_0", GGML_TYPE_Q8_0}};

namespace {

// Takes keys out of one JSON object; `finish` refuses what was not asked for.
class config_reader {
  public:
    config_reader(const json & object, std::string where) : object_(object), where_(std::move(where)) {}

    template <typename T> T take(const std::string & key) {
        used_.insert(key);
        const auto found = object_.find(key);
        if (found == object_.end()) throw wrong("the key \"" + key + "\" is missing");
        return as<T>(key, *found);
    }

    template <typename T> std::optional<T> take_or_null(const std::string & key) {
        used_.insert(key);
        const auto found = object_.find(key);
        if (found == object_.end()) throw wrong("the key \"" + key + "\" is missing");
        if (found->is_null()) return std::nullopt;
        return as<T>(key, *found);
    }

    // One of a few words.
    template <typename T> using choices = std::vector<std::pair<std::string, T>>;

    template <typename T> T take_choice(const std::string & key, const choices<T> & known) { return chosen(key, take<std::string>(key), known); }

    template <typename T> std::optional<T> take_choice_or_null(const std::string & key, const choices<T> & known) {
        const std::optional<std::string> word = take_or_null<std::string>(key);
        return word ? std::optional<T>(chosen(key, *word, known)) : std::nullopt;
    }

    void finish() const {
        for (const auto & item : object_.items()) {
            if (!used_.count(item.key())) throw wrong("unknown key \"" + item.key() + "\"");
        }
    }

    user_error wrong(const std::string & what) const {
        return user_error(exit_usage, what, where_, "write the config as docs/protocol.md describes it");
    }

  private:
    template <typename T> T chosen(const std::string & key, const std::string & word, const choices<T> & known) const {
        std::string list;
        for (const auto & [name, value] : known) {
            if (name == word) return value;
            list += (list.empty() ? "" : ", ") + name;
        }
        throw wrong("\"" + key + "\" is " + word + ", but must be one of " + list);
    }

    template <typename T> T as(const std::string & key, const json & value) const {
        try {
            if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
                if (!value.is_array()) throw wrong("\"" + key + "\" must be a list of whole numbers");
                T values;
                for (const json & one : value) values.push_back(as<int64_t>(key, one)); // one by one, so that 1.5 does not become 1
                return values;
            } else if constexpr (std::is_same_v<T, bool>) {
                if (!value.is_boolean()) throw wrong("\"" + key + "\" must be true or false");
            } else if constexpr (std::is_integral_v<T>) {
                if (!value.is_number_integer()) throw wrong("\"" + key + "\" must be a whole number");
                const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<T>::max())
                                                             : std::is_signed_v<T> && value.get<int64_t>() >= static_cast<int64_t>(std::numeric_limits<T>::min());
                if (!fits) throw wrong("\"" + key + "\" is " + value.dump() + ", which is out of range");
            } else if constexpr (std::is_floating_point_v<T>) {
                if (!value.is_number()) throw wrong("\"" + key + "\" must be a number");
            }
            return value.get<T>();
        } catch (const nlohmann::json::exception &) {
            throw wrong("\"" + key + "\" has the wrong type: " + value.dump());
        }
    }

    const json & object_;
    std::string where_;
    std::set<std::string> used_;
};

json read_object(const std::string & path) {
    std::ifstream file(path);
    if (!file) throw user_error(exit_usage, "cannot open the config", path, "check the path");
    std::stringstream text;
    text << file.rdbuf();
    const auto check_depth = [&](int depth, json::parse_event_t, const json &) { // to copy or print a value takes a stack as deep as it is
        if (depth > MOST_DEPTH) throw user_error(exit_usage, "the config is nested deeper than " + std::to_string(MOST_DEPTH) + " levels", path, "write it as docs/protocol.md describes it");
        return true;
    };
    try {
        json object = json::parse(text.str(), check_depth);
        if (!object.is_object()) throw user_error(exit_usage, "the config is not a JSON object", path, "write it as docs/protocol.md describes it");
        return object;
    } catch (const json::exception & error) { // bad syntax, or a number like 1e999
        throw user_error(exit_usage, std::string("the config is not JSON: ") + error.what(), path, "write it as docs/protocol.md describes it");
    }
}

void check_protocol(config_reader & reader) {
    const int protocol = reader.take<int>("protocol");
    if (protocol != PROTOCOL) {
        throw user_error(exit_usage, "protocol " + std::to_string(protocol) + " is not " + std::to_string(PROTOCOL), "config", "build native/ again (npm run build:native)");
    }
}

template <typename T> void require(const config_reader & reader, bool condition, const std::string & key, T value, const std::string & rule) {
    if (condition) return;
    std::ostringstream text;
    text << "\"" << key << "\" is " << value << ", but must be " << rule;
    throw reader.wrong(text.str());
}

void require_threads(const config_reader & reader, int32_t threads) {
    require(reader, threads >= 1 && threads <= GGML_MAX_N_THREADS, "threads", threads, "between 1 and " + std::to_string(GGML_MAX_N_THREADS));
}

std::string take_precision(config_reader & reader) {
    const std::string type = reader.take<std::string>("precision");
    require(reader, type == "auto" || type == "f32" || type == "bf16" || type == "fp16", "precision", type, "auto, f32, bf16 or fp16");
    return type;
}

void require_batch(const config_reader & reader, int64_t rows) {
    const int64_t most = 1'000'000'000; // so that sums with it cannot overflow
    require(reader, rows >= 1 && rows <= most, "batchSize", rows, "between 1 and " + std::to_string(most));
}

} // namespace

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
        require(reader, config.labels.size() == 2, "validation", "given", "null for data without two labels");
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
    config.merged_type = reader.take_choice_or_null("mergedType", MERGED_TYPES);
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
    require(reader, config.objective == objective_kind::next_token || !config.labels.empty(), "objective", "another", "next-token for data without labels");
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

score_config read_score_config(const std::string & path) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    score_config config;
    config.model = reader.take<std::string>("model");
    config.adapter = reader.take_or_null<std::string>("adapter");
    config.merged = reader.take_or_null<std::string>("merged");
    config.data = reader.take<std::string>("data");
    config.labels = reader.take<std::vector<std::string>>("labels");
    config.max_length = reader.take<int32_t>("maxLength");
    config.share_prefixes = reader.take<bool>("sharePrefixes");
    config.batch_size = reader.take_or_null<int64_t>("batchSize");
    config.skip = reader.take<std::vector<int64_t>>("skip");
    config.device = reader.take<std::string>("device");
    config.precision = take_precision(reader);
    config.threads = reader.take<int32_t>("threads");
    reader.finish();
    require(reader, config.labels.size() == 2, "labels", config.labels.size(), "two labels, the positive one first");
    require_batch(reader, config.batch_size.value_or(1));
    require_threads(reader, config.threads);
    require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
    return config;
}

init_config read_init_config(const std::string & path) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    init_config config;
    config.output = reader.take<std::string>("output");
    config.architecture = reader.take<std::string>("architecture");
    config.seed = reader.take<uint64_t>("seed");
    config.n_block = reader.take<int32_t>("blocks");
    config.n_embd = reader.take<int32_t>("width");
    config.n_ff = reader.take<int32_t>("feedForward");
    config.n_head = reader.take<int32_t>("heads");
    config.n_head_kv = reader.take<int32_t>("headsKv");
    config.head_dim = reader.take<int32_t>("headWidth");
    config.context_length = reader.take<int32_t>("contextLength");
    config.rope_base = reader.take<double>("ropeBase");
    config.rms_epsilon = reader.take<double>("rmsEpsilon");
    const json tokens = reader.take<json>("tokens");
    config.bos = reader.take<int32_t>("bos");
    config.eos = reader.take<int32_t>("eos");
    reader.finish();
    require(reader, tokens.is_array() && !tokens.empty(), "tokens", tokens.type_name(), "an array of tokens");
    for (const json & token : tokens) {
        config_reader entry(token, path + ": tokens");
        config.tokens.push_back({entry.take<std::string>("text"), entry.take<double>("score"), entry.take<std::string>("kind")});
        entry.finish();
    }
    for (const int32_t size : {config.n_block, config.n_embd, config.n_ff, config.n_head, config.n_head_kv, config.head_dim, config.context_length}) {
        require(reader, size >= 1, "shape", size, "at least 1");
    }
    const int32_t n_tokens = static_cast<int32_t>(config.tokens.size());
    require(reader, config.bos >= 0 && config.bos < n_tokens, "bos", config.bos, "the index of a token");
    require(reader, config.eos >= 0 && config.eos < n_tokens, "eos", config.eos, "the index of a token");
    return config;
}

merge_config read_merge_config(const std::string & path) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    merge_config config;
    config.model = reader.take<std::string>("model");
    config.adapter = reader.take<std::string>("adapter");
    config.output = reader.take<std::string>("output");
    config.type = reader.take_choice<ggml_type>("type", MERGED_TYPES);
    config.threads = reader.take<int32_t>("threads");
    reader.finish();
    require_threads(reader, config.threads);
    return config;
}

measure_config read_measure_config(const std::string & path) {
    const json object = read_object(path);
    config_reader reader(object, path);
    check_protocol(reader);
    measure_config config;
    config.threads = reader.take<int32_t>("threads");
    reader.finish();
    require_threads(reader, config.threads);
    return config;
}
