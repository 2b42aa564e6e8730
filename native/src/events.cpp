#include "events.h"
#include <cstdio>

static const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

double seconds_since_start() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

void emit(const std::string & event, json fields) {
    json line = {{"event", event}};
    line.update(fields);
    // Text from files may hold bytes that are not UTF-8; a line must be JSON all the same.
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
}
