#include "temporary_copy.h"
#include "error.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace fs = std::filesystem;

static const std::string NAME = "rectune-parity-";

static user_error cannot_make(const std::string & where, const std::string & reason) {
    return user_error(exit_data, "cannot write into the folder for temporary files: " + reason, where, "set TMPDIR to a folder with some room");
}

// What killed processes left behind: the names hold the number of the process.
static void remove_orphans(const fs::path & folder) {
    std::error_code ignored;
    for (const fs::directory_entry & entry : fs::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind(NAME, 0) != 0) continue;
        const long owner = std::strtol(name.c_str() + NAME.size(), nullptr, 10);
        if (owner > 0 && kill(static_cast<pid_t>(owner), 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
    }
}

temporary_copy::temporary_copy() {
    std::error_code fault;
    const fs::path folder = fs::temp_directory_path(fault);
    if (fault) throw cannot_make(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp", fault.message());
    remove_orphans(folder);
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ending, signal);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
    std::string name = (folder / (NAME + std::to_string(getpid()) + "-XXXXXX")).string();
    if (!mkdtemp(&name[0])) {
        const std::string reason = std::strerror(errno);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        throw cannot_make(folder.string(), reason);
    }
    folder_ = name;
}

void temporary_copy::remove() {
    if (folder_.empty()) return;
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    folder_.clear();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}
