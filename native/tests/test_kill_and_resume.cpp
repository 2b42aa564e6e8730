// Real runs of rectune-native on a tiny model, killed with SIGKILL at any moment and resumed until they are done.
//   test_kill_and_resume [KILLS]    at least so many kills, and some in each part of a run's life; without it, 50
#include "check.h"
#include "checkpoint.h"
#include "checkpoint_file.h"
#include "native_process.h"
#include "random.h"
#include "training_config.h"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

namespace {

// Where a run was when it died, told by its last event and by what it left.
enum phase { opening, stepping, writing_checkpoint, checkpoint_not_told, after_checkpoint, writing_adapter, adapter_not_told, n_phases };
const std::array<const char *, n_phases> PHASE_NAMES = {
    "before the first step", "between steps", "while a checkpoint is written", "a checkpoint has its name but is not told", "a checkpoint is told",
    "while the adapter is written", "the adapter has its name but is not told"};
const int LEAST_HITS = 3; // of each phase

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
