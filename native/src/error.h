// An error a user can act on: what happened (with the value), where, and what to do. Anything else thrown is our bug.
#pragma once
#include <stdexcept>
#include <string>

// Exit codes, the same in native/ and in the CLI (docs/protocol.md).
enum exit_code {
    exit_done = 0,
    exit_bug = 1,
    exit_usage = 2,    // command line or config
    exit_data = 3,     // a data file, a model, a checkpoint
    exit_memory = 4,   // memory or device
    exit_diverged = 5, // the loss is not finite, or a spike
    exit_stopped = 130 // SIGTERM or SIGINT; a checkpoint was saved
};

struct user_error : std::runtime_error {
    user_error(exit_code code, const std::string & what, const std::string & where, const std::string & fix)
        : std::runtime_error(what), code(code), where(where), fix(fix) {}
    exit_code code;
    std::string where;
    std::string fix;
};

// Does work on one row of a file; an error about the row names the file too.
template <typename Work> auto naming_file(const std::string & file, Work work) {
    try {
        return work();
    } catch (user_error & error) {
        error.where = file + ", " + error.where;
        throw;
    }
}
