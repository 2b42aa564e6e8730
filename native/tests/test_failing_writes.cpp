// A disk that fails: the k-th open, write, fsync, close or rename of a training goes wrong, for every k that there is.
#include "check.h"
#include "checkpoint.h"
#include "checkpoint_file.h"
#include "gguf_writer.h"
#include "mapped_file.h"
#include "refusal.h"
#include "sealed_file.h"
#include "train.h"
#include "training_config.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace {

const disk_calls REAL = disk;

enum call { call_open, call_write, call_fsync, call_close, call_rename, n_calls };
const char * const CALL_NAMES[] = {"open", "write", "fsync", "close", "rename"};

// Which calls go wrong: those of one kind, the k-th (from 1) or all from the k-th on, as on a disk that is full.
struct plan { call which = n_calls; int k = 0; int fault = 0; bool goes_on = false; };
plan planned;
int made[n_calls];
bool is_short = false;   // a write takes a part only
bool is_rotten = false;  // a write changes a bit on its way

bool fails(call which) {
    const int k = ++made[which];
    if (which != planned.which || !(planned.goes_on ? k >= planned.k : k == planned.k)) return false;
    errno = planned.fault;
    return true;
}

int failing_open(const char * path, int flags, mode_t mode) { return fails(call_open) ? -1 : REAL.open(path, flags, mode); }
ssize_t failing_write(int descriptor, const void * data, size_t size) {
    if (fails(call_write)) {
        if (planned.fault != 0) return -1;
        return REAL.write(descriptor, data, size / 2) < 0 ? -1 : 0; // a disk that takes no more, without a word
    }
    if (is_rotten && made[call_rename] > 0) { // after the gate's copy
        std::string changed(static_cast<const char *>(data), size);
        changed[size / 2] = static_cast<char>(changed[size / 2] ^ 4);
        return REAL.write(descriptor, changed.data(), size);
    }
    return REAL.write(descriptor, data, is_short ? (size + 2) / 3 : size);
}
int failing_fsync(int descriptor) { return fails(call_fsync) ? -1 : REAL.fsync(descriptor); }
int failing_close(int descriptor) {
    const bool fault = fails(call_close);
    const int code = REAL.close(descriptor); // the descriptor is gone in either case
    return fault ? (errno = planned.fault, -1) : code;
}
int failing_rename(const char * from, const char * to) { return fails(call_rename) ? -1 : REAL.rename(from, to); }

// Puts the failing calls in the place of the real ones for as long as it has a name.
struct failing_disk {
    explicit failing_disk(const plan & wanted) {
        planned = wanted;
        std::fill(std::begin(made), std::end(made), 0);
        disk = {failing_open, failing_write, failing_fsync, failing_close, failing_rename};
    }
    ~failing_disk() { disk = REAL; }
};

// Steps of the checkpoints of a run; fails when one is torn, or anything else lies beside them.
std::vector<long> whole_checkpoints(const std::string & run) {
    std::vector<long> steps;
    for (const auto & entry : std::filesystem::directory_iterator(run)) {
        const std::string name = entry.path().filename().string();
        if (name != "checkpoints" && name != "adapter.gguf") throw check_failed(name + " is left behind");
    }
    for (const auto & entry : std::filesystem::directory_iterator(run + "/checkpoints")) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() != ".gguf" || !is_whole_checkpoint(entry.path().string())) throw check_failed(name + " is left behind");
        steps.push_back(std::stol(name.substr(5)));
    }
    std::sort(steps.begin(), steps.end());
    return steps;
}

struct fixture {
    tiny_training training;
    std::string expected;

    fixture() {
        training.set("steps", 4); // checkpoints at 2 and 4
        training.set("rank", 24); // bytes enough for more than one write
        training.set("targets", json::array({"attn_q", "ffn_up"}));
        std::filesystem::create_directories(training.run_directory("whole"));
        train_to_the_end("whole", false);
        expected = training.adapter_bytes("whole");
    }
    std::vector<json> train_to_the_end(const std::string & name, bool resume) {
        return events_of([&] { CHECK(train(read_train_config(training.write_config(name, resume))) == exit_done); });
    }

    // Trains while the disk fails, then goes on with a sound one. returns whether anything failed
    bool survives(const plan & fault) {
        std::filesystem::remove_all(training.run_directory("run"));
        std::filesystem::create_directories(training.run_directory("run"));
        long told = 0;
        bool has_failed = false;
        {
            const failing_disk bad(fault);
            const std::vector<json> events = events_of([&] {
                try {
                    train(read_train_config(training.write_config("run", false)));
                } catch (const user_error & error) {
                    has_failed = true;
                    const std::string reason = std::strerror(fault.fault == 0 ? EIO : fault.fault);
                    if (error.code != exit_data || !says(error.what(), reason) || error.where.empty() || error.fix.empty()) throw check_failed(error.what());
                }
            });
            for (const json & event : events) {
                if (event["event"] == "checkpoint") told = event["step"];
            }
        }
        for (const auto & entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
            if (entry.path().filename().string().rfind("rectune-parity-" + std::to_string(getpid()), 0) == 0) throw check_failed("the gate's copy is left behind");
        }
        const std::vector<long> left = whole_checkpoints(training.run_directory("run"));
        CHECK(told == 0 || std::count(left.begin(), left.end(), told) == 1); // what was told is there
        if (!has_failed) return false;
        train_to_the_end("run", true);
        CHECK(training.adapter_bytes("run") == expected);
        CHECK(whole_checkpoints(training.run_directory("run")).back() == 4);
        return true;
    }
};

void any_failing_call_is_survived() {
    fixture runs;
    for (const call which : {call_open, call_write, call_fsync, call_close, call_rename}) {
        int k = 1;
        for (; ; k++) {
            bool has_failed = false;
            for (const int fault : {ENOSPC, EIO}) {
                for (const bool goes_on : {false, true}) {
                    try {
                        has_failed = runs.survives({which, k, fault, goes_on});
                    } catch (const std::exception & error) {
                        throw check_failed(std::string(CALL_NAMES[which]) + " " + std::to_string(k) + ", " + std::strerror(fault) + ": " + error.what());
                    }
                }
            }
            if (!has_failed) break; // there is no k-th call, or it is one whose result decides nothing
        }
        // The gate's copy of the model, two checkpoints and an adapter. Opened, synced and closed: the files and their folders.
        const int least = which == call_rename ? 4 : which == call_close ? 7 : 8;
        if (k - 1 < least) throw check_failed("only " + std::to_string(k - 1) + " calls of " + CALL_NAMES[which] + " failed");
    }
}

void short_writes_lose_nothing() {
    fixture runs;
    is_short = true;
    CHECK(!runs.survives({}));
    is_short = false;
    CHECK(made[call_write] > 6 && runs.training.adapter_bytes("run") == runs.expected);
    CHECK(runs.survives({call_write, 2, 0, false})); // and a write that takes nothing is an error, not a loop
}

// Two checkpoints are there; the third is changed on its way to the disk, or cannot be made durable: the two stay.
void older_checkpoints_go_only_for_a_whole_one() {
    fixture runs;
    runs.training.set("steps", 6);
    std::filesystem::create_directories(runs.training.run_directory("run"));
    const auto train_with = [&](const plan & fault, bool rotten, bool resume) {
        const failing_disk bad(fault);
        is_rotten = rotten;
        std::optional<user_error> error;
        events_of([&] {
            try { train(read_train_config(runs.training.write_config("run", resume))); } catch (const user_error & thrown) { error = thrown; }
        });
        is_rotten = false;
        return error;
    };
    CHECK(train_with({call_rename, 4, EIO, false}, false, false));
    CHECK((whole_checkpoints(runs.training.run_directory("run")) == std::vector<long>{2, 4}));
    const auto rotten = train_with({}, true, true);
    CHECK(rotten && rotten->code == exit_data && says(rotten->what(), "read back"));
    CHECK((whole_checkpoints(runs.training.run_directory("run")) == std::vector<long>{2, 4}));
    CHECK(train_with({call_fsync, 4, EIO, false}, false, true)); // the folder: the third has its name, but a power cut may take it
    CHECK((whole_checkpoints(runs.training.run_directory("run")) == std::vector<long>{2, 4, 6}));
    runs.train_to_the_end("run", true);
    CHECK((whole_checkpoints(runs.training.run_directory("run")) == std::vector<long>{4, 6}));
}

void folders_that_cannot_be_synced_at_all_are_no_error() {
    temporary_folder folder;
    for (const int fault : {EINVAL, ENOTSUP, ENOSYS}) {
        const failing_disk bad({call_fsync, 2, fault, false});
        sealed_file file(folder.path + "/file");
        file.write("text", 4);
        file.seal();
        CHECK(made[call_fsync] == 2 && bytes_of(folder.path + "/file") == "text");
    }
}

void every_changed_byte_of_a_checkpoint_is_seen() {
    fixture runs;
    const std::string path = runs.training.run_directory("whole") + "/checkpoints/step-4.gguf", whole = bytes_of(path);
    const auto is_whole = [&](const std::string & bytes) {
        std::ofstream(path, std::ios::binary) << bytes;
        return is_whole_checkpoint(path);
    };
    CHECK(is_whole(whole));
    for (size_t at = 0; at < whole.size(); at += at < 3000 || at + 100 > whole.size() ? 1 : 97) { // the header, the end, and some of the rest
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        CHECK(!is_whole(changed));
    }
    for (const size_t length : {whole.size() - 1, whole.size() / 2, size_t(31), size_t(1)}) CHECK(!is_whole(whole.substr(0, length)));
    CHECK(!is_whole(whole + whole.substr(whole.size() - 1)));
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"any failing open, write, fsync, close or rename ends with code 3, leaves whole checkpoints only, and resume gives the same bytes", any_failing_call_is_survived},
        {"writes that take a part only lose nothing, and one that takes nothing is an error", short_writes_lose_nothing},
        {"an older checkpoint goes only when a newer one was synced and read back whole", older_checkpoints_go_only_for_a_whole_one},
        {"a file system that cannot sync folders at all is no error", folders_that_cannot_be_synced_at_all_are_no_error},
        {"any changed, missing or added byte of a checkpoint is seen", every_changed_byte_of_a_checkpoint_is_seen},
    });
}
