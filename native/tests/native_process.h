// A process of rectune-native, and what it says; it may be killed at any moment.
#pragma once
#include "check.h"
#include "events.h"
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

using clock_type = std::chrono::steady_clock;
inline double seconds_between(clock_type::time_point from, clock_type::time_point to) { return std::chrono::duration<double>(to - from).count(); }

struct spoken { json event; double at; }; // seconds since the start of the process

// One process of rectune-native and what it says.
class process {
  public:
    explicit process(const std::string & config, const std::string & verb = "train") : started_(clock_type::now()) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        pid_ = fork();
        CHECK(pid_ >= 0);
        if (pid_ == 0) {
            dup2(ends[1], 1);
            dup2(open("/dev/null", O_WRONLY), 2);
            close(ends[0]);
            close(ends[1]);
            execl(RECTUNE_NATIVE, RECTUNE_NATIVE, verb.c_str(), "--config", config.c_str(), static_cast<char *>(nullptr));
            _exit(127);
        }
        close(ends[1]);
        output_ = ends[0];
    }
    ~process() {
        if (pid_ > 0) kill_now();
        close(output_);
    }

    // Reads until the condition holds for an event, until `seconds` have passed since the start, or until there is no more.
    // returns  whether the process may still be running
    bool read_until(const std::function<bool(const json &)> & is_awaited, double seconds) {
        for (;;) {
            const double left = seconds - elapsed();
            if (left <= 0) return true;
            pollfd waiting{output_, POLLIN, 0};
            const timespec limit{static_cast<time_t>(left), static_cast<long>((left - static_cast<double>(static_cast<time_t>(left))) * 1e9)};
            if (ppoll(&waiting, 1, &limit, nullptr) == 0) return true;
            const size_t before = events.size();
            if (!read_some()) return false;
            for (size_t i = before; i < events.size(); i++) {
                if (is_awaited(events[i].event)) return true;
            }
        }
    }

    // Waits until the file is there or the process is over. Does not sleep: the moments that it is for are short.
    void wait_for_file(const std::string & path) const {
        for (siginfo_t ended{}; ended.si_pid == 0 && access(path.c_str(), F_OK) != 0;) waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    }

    // Asks it to end, hears what it still says, and returns its exit code; nothing else may be asked of it then.
    int terminate() {
        ::kill(pid_, SIGTERM);
        while (read_some()) {}
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        CHECK(WIFEXITED(status));
        return WEXITSTATUS(status);
    }

    // Kills it and hears what it had still said. returns whether it was killed, and had not ended before
    bool kill_now() {
        ::kill(pid_, SIGKILL);
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        while (read_some()) {}
        if (WIFSIGNALED(status)) {
            if (WTERMSIG(status) != SIGKILL) throw check_failed("the process ended by signal " + std::to_string(WTERMSIG(status)));
            return true;
        }
        if (WEXITSTATUS(status) != 0) throw check_failed("the run ended with code " + std::to_string(WEXITSTATUS(status)) + ": " + (events.empty() ? "" : events.back().event.dump()));
        return false;
    }

    double elapsed() const { return seconds_between(started_, clock_type::now()); }

    std::vector<spoken> events;

  private:
    bool read_some() {
        char buffer[65536];
        const ssize_t n = ::read(output_, buffer, sizeof buffer);
        if (n <= 0) return false;
        line_.append(buffer, static_cast<size_t>(n));
        for (size_t end; (end = line_.find('\n')) != std::string::npos; line_.erase(0, end + 1)) events.push_back({json::parse(line_.substr(0, end)), elapsed()});
        return true;
    }

    clock_type::time_point started_;
    pid_t pid_;
    int output_;
    std::string line_;
};

inline bool is(const json & event, const char * name) { return event["event"] == name; }
