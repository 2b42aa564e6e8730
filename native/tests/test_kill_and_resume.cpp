// Real runs of rectune-native on a tiny model, killed with SIGKILL at any moment and resumed until they are done.
//   test_kill_and_resume [KILLS]    at least so many kills, and some in each part of a run's life; without it, 50
#include "check.h"
#include "checkpoint.h"
#include "random.h"
#include "training_config.h"
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <random>
#include <sys/wait.h>

namespace {

using clock_type = std::chrono::steady_clock;
double seconds_between(clock_type::time_point from, clock_type::time_point to) { return std::chrono::duration<double>(to - from).count(); }

// Where a run was when it died, told by its last event and by what it left.
enum phase { opening, stepping, writing_checkpoint, checkpoint_not_told, after_checkpoint, writing_adapter, adapter_not_told, n_phases };
const std::array<const char *, n_phases> PHASE_NAMES = {
    "before the first step", "between steps", "while a checkpoint is written", "a checkpoint has its name but is not told", "a checkpoint is told",
    "while the adapter is written", "the adapter has its name but is not told"};
const int LEAST_HITS = 3; // of each phase

struct spoken { json event; double at; }; // seconds since the start of the process

// One process of rectune-native and what it says.
class process {
  public:
    process(const std::string & config) : started_(clock_type::now()) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        pid_ = fork();
        CHECK(pid_ >= 0);
        if (pid_ == 0) {
            dup2(ends[1], 1);
            dup2(open("/dev/null", O_WRONLY), 2);
            close(ends[0]);
            close(ends[1]);
            execl(RECTUNE_NATIVE, RECTUNE_NATIVE, "train", "--config", config.c_str(), static_cast<char *>(nullptr));
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

    // Kills it and hears what it had still said. returns whether it was killed, and had not ended before
    bool kill_now() {
        ::kill(pid_, SIGKILL);
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        while (read_some()) {}
        if (WIFSIGNALED(status)) {
            CHECK(WTERMSIG(status) == SIGKILL);
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

bool is(const json & event, const char * name) { return event["event"] == name; }

// The files of a run directory: adapter, checkpoints, and what is only half written.
struct contents {
    std::vector<long> checkpoints; // steps, ascending
    bool is_writing_checkpoint = false, is_writing_adapter = false, has_adapter = false;

    explicit contents(const std::string & folder) {
        for (const auto & entry : std::filesystem::directory_iterator(folder)) {
            const std::string name = entry.path().filename().string();
            if (name == "adapter.gguf") has_adapter = true;
            else if (name == "adapter.gguf.tmp") is_writing_adapter = true;
            else if (name != "checkpoints") throw check_failed("what is " + name + "?");
        }
        if (!std::filesystem::exists(folder + "/checkpoints")) return;
        for (const auto & entry : std::filesystem::directory_iterator(folder + "/checkpoints")) {
            const std::string name = entry.path().filename().string();
            if (entry.path().extension() == ".tmp") {
                CHECK(!is_writing_checkpoint);
                is_writing_checkpoint = true;
            } else {
                if (!is_whole_checkpoint(entry.path().string())) throw check_failed(name + " is torn");
                checkpoints.push_back(std::stol(name.substr(5)));
            }
        }
        std::sort(checkpoints.begin(), checkpoints.end());
    }
};

class killer {
  public:
    explicit killer(uint64_t seed) : chance_(seed, "kills") {
        training_.set("rank", 16); // more bytes: it takes longer to write them
        training_.set("targets", json::array({"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}));
        begin("whole");
        process whole(training_.write_config("whole", false));
        whole.read_until([](const json &) { return false; }, 60);
        CHECK(!whole.kill_now() && is(whole.events.back().event, "done"));
        seconds_ = whole.events.back().at;
        expected_ = training_.adapter_bytes("whole");
    }

    void kill_at_least(int n_kills) {
        for (int life = 0; n_kills_ < n_kills || *std::min_element(hits_.begin(), hits_.end()) < LEAST_HITS; life++) {
            if (n_kills_ > 2 * n_kills + 500) throw check_failed("some part of a run's life was not hit\n" + summary());
            const std::string name = "life-" + std::to_string(life);
            begin(name);
            bool is_resumed = false;
            while (!attempt(name, is_resumed)) is_resumed = true;
            CHECK(training_.adapter_bytes(name) == expected_);
            const contents left(training_.run_directory(name));
            CHECK(left.has_adapter && !left.is_writing_adapter && !left.is_writing_checkpoint && (left.checkpoints == std::vector<long>{4, 6}));
            std::filesystem::remove_all(training_.run_directory(name));
            n_lives_++;
        }
    }

    std::string summary() const {
        std::string text = std::to_string(n_kills_) + " kills in " + std::to_string(n_lives_) + " runs, each of which ended with the bytes of the uninterrupted one\n";
        for (size_t i = 0; i < hits_.size(); i++) text += "  " + std::to_string(hits_[i]) + "  " + PHASE_NAMES[i] + "\n";
        return text;
    }

  private:
    void begin(const std::string & name) {
        std::filesystem::create_directories(training_.run_directory(name));
        told_ = n_attempts_ = 0;
    }

    // Runs until it is done (true) or killed (false).
    bool attempt(const std::string & name, bool is_resumed) {
        process run(training_.write_config(name, is_resumed));
        // Half of the kills come at any time, half upon something: an event, or a file that is there for less than a thousandth of a second.
        const double longest = 1.1 * seconds_ * (1 + n_attempts_++ / 8.0); // a machine that got busy must let some attempt come to its end
        const auto at_any_time = [&] { run.read_until([](const json &) { return false; }, chance_.uniform() * longest); };
        const auto upon_file = [&](const std::string & file) {
            const std::string path = training_.run_directory(name) + "/" + file;
            if (std::filesystem::exists(path)) at_any_time(); // of an attempt before this one
            else run.wait_for_file(path);
        };
        if (chance_.below(2) == 0) {
            at_any_time();
        } else {
            const std::string checkpoint = "checkpoints/step-" + std::to_string(2 + 2 * chance_.below(3)) + ".gguf", adapter = "adapter.gguf";
            switch (std::min_element(hits_.begin(), hits_.end()) - hits_.begin()) {
                case writing_checkpoint: upon_file(checkpoint + ".tmp"); break;
                case checkpoint_not_told: upon_file(checkpoint); break;
                case writing_adapter: upon_file(adapter + ".tmp"); break;
                case adapter_not_told: upon_file(adapter); break;
                case after_checkpoint: run.read_until([](const json & event) { return is(event, "checkpoint"); }, 60); break;
                case stepping: run.read_until([](const json & event) { return is(event, "step"); }, 60); break;
                default: break; // before the first step
            }
        }
        if (!run.kill_now()) return true; // it was faster
        judge(run, name);
        return false;
    }

    // What a killed run may leave, and which phase it was in.
    void judge(const process & run, const std::string & name) {
        const contents left(training_.run_directory(name));
        for (const spoken & line : run.events) {
            if (is(line.event, "checkpoint")) told_ = line.event["step"];
            if (is(line.event, "resumed")) CHECK(line.event["step"] >= told_); // what was told is there
        }
        const long newest = left.checkpoints.empty() ? 0 : left.checkpoints.back();
        CHECK(newest >= told_ && left.checkpoints.size() <= 3);
        if (left.has_adapter) CHECK(training_.adapter_bytes(name) == expected_);

        const std::string last = run.events.empty() ? "" : run.events.back().event["event"];
        phase hit = opening;
        if (last == "step" || last == "resumed") hit = stepping;
        if (last == "checkpoint") hit = after_checkpoint;
        const bool is_behind_steps = last == "checkpoint" || (last == "resumed" && newest == 6); // resumed with all its steps done
        if (left.is_writing_checkpoint && last == "step") hit = writing_checkpoint;
        else if (newest > told_ && last == "step") hit = checkpoint_not_told;
        else if (left.is_writing_adapter && is_behind_steps) hit = writing_adapter;
        else if (left.has_adapter && is_behind_steps) hit = adapter_not_told;
        hits_[hit]++;
        n_kills_++;
    }

    tiny_training training_;
    random_stream chance_;
    std::string expected_;
    double seconds_ = 0; // of the uninterrupted run
    long told_ = 0;      // newest checkpoint of this life that an event told
    int n_attempts_ = 0; // of this life
    int n_kills_ = 0, n_lives_ = 0;
    std::array<int, n_phases> hits_{};
};

int n_kills = 50;

void killed_runs_go_on_to_the_same_bytes() {
    killer any(std::random_device{}());
    any.kill_at_least(n_kills);
    std::printf("%s", any.summary().c_str());
}

} // namespace

int main(int argc, char ** argv) {
    if (argc > 1) n_kills = std::atoi(argv[1]);
    return run_tests({{"runs killed at any moment go on to the bytes of the uninterrupted one and leave nothing torn", killed_runs_go_on_to_the_same_bytes}});
}
