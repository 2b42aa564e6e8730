// The configs of the verbs that train nothing.
#include "config.h"
#include "config_reader.h"

score_config read_score_config(const std::string & path) {
    return read_config<score_config>(path, [](config_reader & reader, score_config & config) {
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
    }, [](const config_reader & reader, const score_config & config) {
        require(reader, config.labels.size() == 2, "labels", config.labels.size(), "two labels, the positive one first");
        require_batch(reader, config.batch_size.value_or(1));
        require_threads(reader, config.threads);
        require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
    });
}

init_config read_init_config(const std::string & path) {
    return read_config<init_config>(path, [&](config_reader & reader, init_config & config) {
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
        require(reader, tokens.is_array() && !tokens.empty(), "tokens", tokens.type_name(), "an array of tokens");
        for (const json & token : tokens) {
            config_reader entry(token, path + ": tokens");
            config.tokens.push_back({entry.take<std::string>("text"), entry.take<double>("score"), entry.take<std::string>("kind")});
            entry.finish();
        }
        config.bos = reader.take<int32_t>("bos");
        config.eos = reader.take<int32_t>("eos");
    }, [](const config_reader & reader, const init_config & config) {
        for (const int32_t size : {config.n_block, config.n_embd, config.n_ff, config.n_head, config.n_head_kv, config.head_dim, config.context_length}) {
            require(reader, size >= 1, "shape", size, "at least 1");
        }
        const int32_t n_tokens = static_cast<int32_t>(config.tokens.size());
        require(reader, config.bos >= 0 && config.bos < n_tokens, "bos", config.bos, "the index of a token");
        require(reader, config.eos >= 0 && config.eos < n_tokens, "eos", config.eos, "the index of a token");
    });
}

merge_config read_merge_config(const std::string & path) {
    return read_config<merge_config>(path, [](config_reader & reader, merge_config & config) {
        config.model = reader.take<std::string>("model");
        config.adapter = reader.take<std::string>("adapter");
        config.output = reader.take<std::string>("output");
        config.type = take_merged_type(reader, "type");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const merge_config & config) {
        require_threads(reader, config.threads);
    });
}

measure_config read_measure_config(const std::string & path) {
    return read_config<measure_config>(path, [](config_reader & reader, measure_config & config) {
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const measure_config & config) {
        require_threads(reader, config.threads);
    });
}
