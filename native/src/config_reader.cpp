#include "config_reader.h"
#include "config.h"
#include <fstream>

static const int MOST_DEPTH = 8;

// In which a merged model can be written.
static const std::vector<std::pair<std::string, ggml_type>> MERGED_TYPES = {
    {"f32", GGML_TYPE_F32}, {"f16", GGML_TYPE_F16}, {"bf16", GGML_TYPE_BF16}, {"q8_0", GGML_TYPE_Q8_0}};

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

void require_threads(const config_reader & reader, int32_t threads) {
    require(reader, threads >= 1 && threads <= GGML_MAX_N_THREADS, "threads", threads, "between 1 and " + std::to_string(GGML_MAX_N_THREADS));
}

void require_batch(const config_reader & reader, int64_t rows) {
    const int64_t most = 1'000'000'000; // so that sums with it cannot overflow
    require(reader, rows >= 1 && rows <= most, "batchSize", rows, "between 1 and " + std::to_string(most));
}

std::string take_precision(config_reader & reader) {
    const std::string type = reader.take<std::string>("precision");
    require(reader, type == "auto" || type == "f32" || type == "bf16" || type == "fp16", "precision", type, "auto, f32, bf16 or fp16");
    return type;
}

ggml_type take_merged_type(config_reader & reader, const std::string & key) { return reader.take_choice(key, MERGED_TYPES); }

std::optional<ggml_type> take_merged_type_or_null(config_reader & reader, const std::string & key) { return reader.take_choice_or_null(key, MERGED_TYPES); }
