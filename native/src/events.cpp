#include "events.h"
#include "error.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>

static const std::chrono::steady_clock::time_point program_started = std::chrono::steady_clock::now();
static std::chrono::steady_clock::time_point started = program_started;
static std::optional<size_t> current_run;

double seconds_since_start() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

void begin_run_events(std::optional<size_t> run) {
    current_run = run;
    started = run ? std::chrono::steady_clock::now() : program_started;
}

void emit(const std::string & event, json fields) {
    json line = {{"event", event}};
    if (current_run) line["run"] = *current_run;
    line.update(fields);
    // Text from files may hold bytes that are not UTF-8; a line must be JSON all the same.
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace);
    if (std::printf("%s\n", text.c_str()) >= 0 && std::fflush(stdout) == 0) return;
    // Nobody can be told by an event. What was sealed so far stays.
    std::fputs("error: events cannot be written to the standard output\n", stderr);
    std::_Exit(exit_data);
}
