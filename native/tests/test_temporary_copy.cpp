// The copy that the parity gate makes: nothing of it stays, whatever ends the process.
#include "check.h"
#include "temporary_copy.h"
#include "tiny_model.h"
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// A folder for temporary files with nothing in it.
struct empty_place {
    temporary_folder folder;
    empty_place() { setenv("TMPDIR", folder.path.c_str(), 1); }
    ~empty_place() { unsetenv("TMPDIR"); }
    size_t count() const {
        return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder.path), std::filesystem::directory_iterator()));
    }
};

// A process of its own that makes a copy, is sent a signal, and goes on when the signal let it.
void die_of(int signal) {
    const pid_t child = fork();
    if (child == 0) {
        temporary_copy copy;
        std::ofstream(copy.path()) << "gigabytes";
        raise(signal);
        copy.remove();
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signal);
}

void signals_wait_until_it_is_gone() {
    const empty_place place;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        die_of(signal);
        CHECK(place.count() == 0);
    }
}

void the_next_one_removes_what_a_kill_left() {
    const empty_place place;
    die_of(SIGKILL);
    CHECK(place.count() == 1);
    temporary_copy first;
    CHECK(place.count() == 1); // its own
    temporary_copy second;
    CHECK(place.count() == 2); // those of living processes stay
}

} // namespace

int main() {
    return run_tests({
        {"signals wait until the copy is gone, and then end the process", signals_wait_until_it_is_gone},
        {"a copy that kill -9 left behind goes with the next one, and no other", the_next_one_removes_what_a_kill_left},
    });
}
