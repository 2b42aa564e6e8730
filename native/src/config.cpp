// The configs of the verbs that train nothing.
#include "config.h"
#include "config_reader.h"

score_config read_score_config(const std::string & path) {
    return read_config<score_config>(path, [](config_reader & reader, score_config & config) {
        config.model = reader.take<std::string>("model");
        config.adapter = reader.take_or_null<std::string>("adapter");
        config.merged = reader.take_or_null<std::string>("merged");
        config.data = reader.take<std::string>("data");
        config.labels = reader.take_or_null<std::vector<std::string>>("labels").value_or(std::vector<std::string>{});
        config.max_length = reader.take<int32_t>("maxLength");
        config.share_prefixes = reader.take<bool>("sharePrefixes");
        config.batch_size = reader.take_or_null<int64_t>("batchSize");
        config.skip = reader.take<std::vector<int64_t>>("skip");
        config.device = reader.take<std::string>("device");
        config.precision = take_precision(reader);
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const score_config & config) {
        require(reader, config.labels.empty() || config.labels.size() == 2, "labels", config.labels.size(), "two labels, the positive one first, or null");
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

generate_config read_generate_config(const std::string & path) {
    return read_config<generate_config>(path, [](config_reader & reader, generate_config & config) {
        config.model = reader.take<std::string>("model");
        config.adapter = reader.take_or_null<std::string>("adapter");
        config.prompts = reader.take<std::string>("prompts");
        config.chat = reader.take<bool>("chat");
        config.grammar = reader.take_or_null<std::string>("grammar");
        config.max_tokens = reader.take<int32_t>("maxTokens");
        config.sampling.temperature = reader.take<double>("temperature");
        config.sampling.top_p = reader.take<double>("topP");
        config.sampling.seed = reader.take<uint64_t>("seed");
        config.parallel = reader.take<int32_t>("parallel");
        config.context_length = reader.take_or_null<int64_t>("contextLength");
        config.skip = reader.take<std::vector<int64_t>>("skip");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const generate_config & config) {
        const int32_t most = static_cast<int32_t>(llama_max_parallel_sequences());
        require(reader, config.max_tokens >= 1, "maxTokens", config.max_tokens, "at least 1");
        require(reader, config.sampling.temperature >= 0 && config.sampling.temperature <= 100, "temperature", config.sampling.temperature, "between 0 and 100");
        require(reader, config.sampling.top_p > 0 && config.sampling.top_p <= 1, "topP", config.sampling.top_p, "above 0 and at most 1");
        require(reader, config.parallel >= 1 && config.parallel <= most, "parallel", config.parallel, "between 1 and " + std::to_string(most));
        require(reader, config.context_length.value_or(1) >= 1, "contextLength", config.context_length.value_or(0), "at least 1");
        require_threads(reader, config.threads);
    });
}

serve_config read_serve_config(const std::string & path) {
    return read_config<serve_config>(path, [](config_reader & reader, serve_config & config) {
        config.model = reader.take<std::string>("model");
        config.adapter = reader.take_or_null<std::string>("adapter");
        config.data = reader.take<std::string>("data");
        config.labels = reader.take_or_null<std::vector<std::string>>("labels").value_or(std::vector<std::string>{});
        config.rows = reader.take_or_null<std::vector<int64_t>>("rows");
        config.max_length = reader.take<int32_t>("maxLength");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const serve_config & config) {
        require(reader, config.labels.empty() || config.labels.size() == 2, "labels", config.labels.size(), "two labels, the positive one first, or null");
        require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
        require_threads(reader, config.threads);
    });
}

rank_config read_rank_config(const std::string & path) {
    return read_config<rank_config>(path, [](config_reader & reader, rank_config & config) {
        config.model = reader.take<std::string>("model");
        config.adapter = reader.take_or_null<std::string>("adapter");
        config.data = reader.take<std::string>("data");
        config.rows = reader.take_or_null<std::vector<int64_t>>("rows");
        const auto titles = reader.take_or_null<std::vector<std::string>>("titles");
        require(reader, !titles || !titles->empty(), "titles", 0, "a list of one title or more, or null"); // an empty set lets nothing through, and not everything
        config.titles = titles.value_or(std::vector<std::string>{});
        config.max_length = reader.take<int32_t>("maxLength");
        config.beams = reader.take<int32_t>("beams");
        config.top = reader.take<int32_t>("top");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const rank_config & config) {
        const int32_t most = static_cast<int32_t>(llama_max_parallel_sequences()) - 1;
        require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
        require(reader, config.beams >= 1 && config.beams <= most, "beams", config.beams, "between 1 and " + std::to_string(most));
        require(reader, config.top >= 1 && config.top <= config.beams, "top", config.top, "between 1 and the beams");
        require_threads(reader, config.threads);
    });
}

inspect_config read_inspect_config(const std::string & path) {
    return read_config<inspect_config>(path, [](config_reader & reader, inspect_config & config) {
        config.model = reader.take<std::string>("model");
        config.data = reader.take<std::string>("data");
        config.labels = reader.take_or_null<std::vector<std::string>>("labels").value_or(std::vector<std::string>{});
        config.rows = reader.take_or_null<std::vector<int64_t>>("rows");
        config.max_length = reader.take<int32_t>("maxLength");
        config.pieces = reader.take<bool>("pieces");
        config.threads = reader.take<int32_t>("threads");
    }, [](const config_reader & reader, const inspect_config & config) {
        require(reader, config.labels.empty() || config.labels.size() >= 2, "labels", config.labels.size(), "two labels or more, or null");
        require(reader, config.max_length >= 0, "maxLength", config.max_length, "at least 0");
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
