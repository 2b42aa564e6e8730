// Files that are wrong in a few places, made from small right ones and from those kept in corpus/: models, adapters, checkpoints, instructions and
// configs are read or refused with a user_error, and nothing else. Meant for a build with sanitizers (RECTUNE_SANITIZE), which ends the process at
// the first read out of bounds, overflow, or allocation beyond what such files can need.
//
//   fuzz_loaders [--seconds S | --count N] [--seed K] [--keep FOLDER] [--kind KIND]     N inputs of each kind; the same seed, the same inputs
//   fuzz_loaders --replay FILE --kind KIND                                              one input, in this process
//
// An input that is not refused as it should be is kept as FOLDER/KIND-DIGEST.
#include "loader_inputs.h"
#include "digest.h"
#include "mutations.h"
#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern "C" const char * __asan_default_options() { return "detect_leaks=0:max_allocation_size_mb=128:allocator_may_return_null=0"; } // leaks: needs ptrace
extern "C" const char * __ubsan_default_options() { return "print_stacktrace=1"; }

namespace {

const char * const INPUT = "step-2.gguf"; // a checkpoint is known by its name
const size_t TOLD = 6000;                 // bytes of the log of an input that ended the process
const unsigned LONGEST = 20;              // seconds for one input, on a busy machine

// What one kind of file is made from, changed by, and read with.
struct input_kind {
    const char * name;
    std::vector<std::string> seeds;
    std::function<std::string(mutator &, const std::string &)> change;
    std::function<void(const std::string & path)> read; // throws user_error, or reads
};

std::string change_gguf(mutator & by, const std::string & bytes) { return by.gguf(bytes); }

std::vector<std::string> lines_of(const std::string & text) {
    std::vector<std::string> lines;
    for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
        end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
    }
    return lines;
}

// One line of them is changed, or lines change places.
std::string change_lines(mutator & by, random_stream & chance, const std::string & text) {
    std::vector<std::string> lines = lines_of(text);
    if (lines.empty()) return by.bytes(text);
    std::string & line = lines[chance.below(lines.size())];
    line = by.json(line);
    std::string changed;
    for (const std::string & one : lines) changed += one + "\n";
    return chance.below(8) == 0 ? by.bytes(changed) : changed;
}

void read_instruction_file(const std::string & path) {
    for (const instruction & row : read_instructions(path)) {
        for (size_t n = 0; n <= row.history.size(); n++) {
            const marked_text shorter = prompt_without(row, n);
            for (const byte_range & value : shorter.values) {
                if (value.begin > value.end || value.end > shorter.text.size()) throw std::logic_error("a value reaches past its text");
            }
        }
    }
}

void read_config(const std::string & path) {
    const std::function<void()> readers[] = {[&] { read_train_config(path); }, [&] { read_score_config(path); }, [&] { read_init_config(path); },
                                             [&] { read_merge_config(path); }, [&] { read_measure_config(path); }};
    size_t refused = 0;
    std::optional<user_error> last;
    for (const auto & reader : readers) {
        try { reader(); } catch (const user_error & error) { last = error; refused++; }
    }
    if (refused == std::size(readers)) throw *last;
}

std::vector<input_kind> all_kinds(loader_inputs & inputs, random_stream & chance) {
    const auto instructions = [&](mutator & by, const std::string & text) { return change_lines(by, chance, text); };
    return {
        {"model", inputs.models(), change_gguf, [&](const std::string & path) { inputs.read_model(path); }},
        {"adapter", {inputs.adapter()}, change_gguf, [&](const std::string & path) { inputs.read_adapter(path); }},
        {"checkpoint", {inputs.checkpoint()}, [&](mutator & by, const std::string & bytes) { return inputs.sealed(by.gguf(bytes), chance.below(20) > 0); },
         [&](const std::string & path) { inputs.read_checkpoint(path); }},
        {"instructions", inputs.instructions(), instructions, read_instruction_file},
        {"config", inputs.configs(), [](mutator & by, const std::string & text) { return by.json(text); }, read_config},
    };
}

// Kept inputs of a kind, by name: read as they stand, and changed further.
std::vector<std::string> kept_inputs(const std::string & kind) {
    std::vector<std::string> paths, contents;
    std::error_code none;
    for (const auto & entry : std::filesystem::directory_iterator(std::string(RECTUNE_CORPUS) + "/" + kind, none)) paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    for (const std::string & path : paths) contents.push_back(bytes_of(path));
    return contents;
}

// Shared with the process that reads; it may die at any moment.
struct progress { uint64_t n_inputs, n_read; };

void write_file(const std::string & path, const std::string & bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// Whether it was read, not refused. Anything else than a user_error goes through.
bool reads(const input_kind & kind, const std::string & path) {
    try {
        kind.read(path);
        return true;
    } catch (const user_error & error) {
        if (error.code == exit_data || error.code == exit_usage) return false;
        throw;
    }
}

struct limits { double seconds = 1e9; uint64_t count = ~0ull, seed = 1; std::string keep = "fuzz-found", kind, replay; };

// Reads inputs of one kind until a limit; runs in a process of its own. What it reads stands in `path`.
void read_inputs(const input_kind & kind, const limits & until, random_stream & chance, const std::string & path, progress & done) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::string> seeds = kind.seeds;
    const size_t n_right = seeds.size();
    for (const std::string & kept : kept_inputs(kind.name)) seeds.push_back(kept);
    mutator by(chance);
    for (uint64_t i = 0; i < std::max<uint64_t>(until.count, seeds.size()); i++) {
        if (i >= seeds.size() && std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() > until.seconds) break;
        if (i < seeds.size()) write_file(path, seeds[i]);
        else write_file(path, kind.change(by, seeds[chance.below(chance.below(8) == 0 ? seeds.size() : n_right)])); // mostly a right one
        alarm(LONGEST);
        const bool was_read = reads(kind, path);
        alarm(0);
        if (i < n_right && !was_read) throw std::logic_error("a file as it should be was refused");
        done.n_inputs++;
        done.n_read += was_read;
        if (ftruncate(2, 0) != 0) throw std::runtime_error("the log cannot be emptied"); // warnings of inputs that went well
    }
}

// returns whether every input was read or refused
bool fuzz(const input_kind & kind, const limits & until, random_stream & chance, progress & done) {
    const temporary_folder folder;
    const std::string path = folder.path + "/" + INPUT, log = folder.path + "/log";
    done = {0, 0};
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const int descriptor = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0666);
        dup2(descriptor, 2);
        try {
            read_inputs(kind, until, chance, path, done);
            _exit(0);
        } catch (const user_error & error) {
            std::fprintf(stderr, "ended with code %d: %s\n", error.code, error.what());
        } catch (const std::exception & error) {
            std::fprintf(stderr, "ended with what is no error of the user: %s\n", error.what());
        }
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::printf("%s: %llu inputs, %llu of them read, all others refused\n", kind.name, static_cast<unsigned long long>(done.n_inputs), static_cast<unsigned long long>(done.n_read));
    if (status == 0) return true;
    const std::string input = bytes_of(path);
    digest name;
    name.add(input.data(), input.size());
    std::filesystem::create_directories(until.keep);
    const std::string kept = until.keep + "/" + kind.name + "-" + name.hexadecimal();
    write_file(kept, input);
    std::printf("%s\nnot ok - an input of the kind %s ended the process (%s %d); it is kept: %s\n", bytes_of(log).substr(0, TOLD).c_str(), kind.name,
                WIFSIGNALED(status) ? "signal" : "code", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), kept.c_str());
    return false;
}

limits read_arguments(int argc, char ** argv) {
    limits until;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (i + 1 == argc) throw std::runtime_error(name + " lacks its value");
        const std::string value = argv[i + 1];
        if (name == "--seconds") until.seconds = std::stod(value);
        else if (name == "--count") until.count = std::stoull(value);
        else if (name == "--seed") until.seed = std::stoull(value);
        else if (name == "--keep") until.keep = value;
        else if (name == "--kind") until.kind = value;
        else if (name == "--replay") until.replay = value;
        else throw std::runtime_error("no argument is called " + name);
    }
    if (until.replay.empty() && until.seconds == 1e9 && until.count == ~0ull) throw std::runtime_error("give --seconds or --count");
    return until;
}

} // namespace

int main(int argc, char ** argv) {
    limits until = read_arguments(argc, argv);
    load_ggml();
    loader_inputs inputs;
    random_stream chance(until.seed, "fuzz");
    std::vector<input_kind> kinds = all_kinds(inputs, chance);
    if (!until.kind.empty()) kinds.erase(std::remove_if(kinds.begin(), kinds.end(), [&](const input_kind & kind) { return kind.name != until.kind; }), kinds.end());
    if (kinds.empty()) throw std::runtime_error("no kind is called " + until.kind);
    if (!until.replay.empty()) {
        const temporary_folder folder;
        write_file(folder.path + "/" + INPUT, bytes_of(until.replay));
        std::printf("%s\n", reads(kinds[0], folder.path + "/" + INPUT) ? "read" : "refused");
        return 0;
    }
    until.seconds /= static_cast<double>(kinds.size());
    progress & done = *static_cast<progress *>(mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    bool is_well = true;
    for (const input_kind & kind : kinds) is_well = fuzz(kind, until, chance, done) && is_well;
    return is_well ? 0 : 1;
}
