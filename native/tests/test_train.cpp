// Whole runs on a tiny model: learning, stopping, resuming, refusing.
#include "check.h"
#include "checkpoint.h"
#include "config.h"
#include "events.h"
#include "gguf_file.h"
#include "reference.h"
#include "refusal.h"
#include "tiny_run.h"
#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

namespace {

user_error refused(const std::function<void()> & body) {
    return refusal([&] { events_of(body); });
}

void same_seed_same_bytes() {
    run one, two, other;
    other.config.seed = other.config.begin.seed = 6;
    events_of([&] { train(one.config); train(two.config); train(other.config); });
    CHECK(one.adapter_bytes() == two.adapter_bytes());
    CHECK(one.adapter_bytes() != other.adapter_bytes());
}

void threads_change_nothing() {
    std::string expected;
    for (const int32_t threads : {1, 2, 3, 5}) { // few steps: more threads than cores wait long for each other
        run r;
        r.config.steps = 2;
        r.config.threads = threads;
        events_of([&] { train(r.config); });
        if (threads == 1) expected = r.adapter_bytes();
        CHECK(!expected.empty() && r.adapter_bytes() == expected);
    }
}

void resume_gives_the_same_bytes() {
    run whole;
    events_of([&] { train(whole.config); });
    for (const int step : {9, 12}) {
        run cut;
        events_of([&] { train(cut.config); });
        // As if the run had died right after this checkpoint: later files are not there.
        for (const int later : {9, 12}) {
            if (later > step) std::filesystem::remove(cut.checkpoint(later));
        }
        std::filesystem::remove(cut.config.run_directory + "/adapter.gguf");
        cut.config.resume = true;
        const std::vector<json> events = events_of([&] { train(cut.config); });
        bool resumed = false;
        for (const json & event : events) resumed = resumed || (event["event"] == "resumed" && event["step"] == step);
        CHECK(resumed);
        CHECK(cut.adapter_bytes() == whole.adapter_bytes());
    }
}

// A signal between two micro-batches: the half step is dropped, and nothing before it is lost.
void a_signal_stops_inside_a_step() {
    run whole, cut;
    for (run * r : {&whole, &cut}) {
        r->config.micro_batch_size = 1;
        r->config.checkpoint_every = 1000;
        r->config.steps = 400;
    }
    events_of([&] { train(whole.config); });
    int stops = 0;
    for (exit_code code = exit_stopped; code == exit_stopped; stops += code == exit_stopped) {
        const std::vector<json> events = events_of([&] {
            // Another thread signals when some steps are done, at whatever point of a step that is.
            std::thread signaller([stops] {
                std::this_thread::sleep_for(std::chrono::milliseconds(150 + 20 * stops)); // later each time: a slow machine must come to its end, too
                kill(getpid(), SIGTERM);
            });
            code = train(cut.config);
            signaller.join();
            std::signal(SIGTERM, SIG_IGN);
        });
        cut.config.resume = true;
        if (code == exit_stopped) CHECK(events.back()["event"] == "stopped" && std::filesystem::exists(std::string(events.back()["checkpoint"])));
        CHECK(stops < 100);
    }
    CHECK(stops > 0);
    CHECK(cut.adapter_bytes() == whole.adapter_bytes());
}

void checkpoints_of_another_run_are_left_alone() {
    run r;
    events_of([&] { train(r.config); });
    r.config.seed = 6;
    CHECK(refused([&] { train(r.config); }).code == exit_usage); // not resumed: it would remove the other run's checkpoints
    CHECK(std::filesystem::exists(r.checkpoint(12)));
    r.config.resume = true;
    std::filesystem::resize_file(r.config.data, 0);
    std::ofstream(r.config.data) << instruction_line(0, true, "Other rows.");
    CHECK(refused([&] { train(r.config); }).code == exit_usage); // the same settings on other rows
}

void a_place_that_cannot_be_written_is_told_first() {
    run r;
    r.config.run_directory = r.config.data; // a file
    r.config.model = "nowhere.gguf";         // would be told next
    const user_error error = refused([&] { train(r.config); });
    CHECK(error.code == exit_data && error.where.find("train.jsonl/checkpoints") != std::string::npos);
}

void newest_two_checkpoints_are_kept() {
    run r;
    events_of([&] { train(r.config); });
    CHECK(!std::filesystem::exists(r.checkpoint(3)) && !std::filesystem::exists(r.checkpoint(6)));
    CHECK(std::filesystem::exists(r.checkpoint(9)) && std::filesystem::exists(r.checkpoint(12)));
}

void broken_checkpoint_falls_back() {
    run whole, cut;
    events_of([&] { train(whole.config); train(cut.config); });
    std::filesystem::resize_file(cut.checkpoint(12), std::filesystem::file_size(cut.checkpoint(12)) - 100);
    std::filesystem::remove(cut.config.run_directory + "/adapter.gguf");
    cut.config.resume = true;
    events_of([&] { train(cut.config); });
    CHECK(cut.adapter_bytes() == whole.adapter_bytes());
}

void rotten_checkpoints_are_refused() {
    run r;
    events_of([&] { train(r.config); });
    for (const int step : {9, 12}) { // one bit in the last byte: only the digest can see it
        std::fstream file(r.checkpoint(step), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(-1, std::ios::end);
        const char flipped = static_cast<char>(file.get() ^ 1);
        file.seekp(-1, std::ios::end);
        file.put(flipped);
    }
    r.config.resume = true;
    const user_error error = refused([&] { train(r.config); });
    CHECK(error.code == exit_data && error.fix.find("remove the folder " + r.config.run_directory + "/checkpoints ") == 0);
    std::filesystem::remove_all(r.config.run_directory + "/checkpoints"); // what the fix says
    events_of([&] { train(r.config); });
    CHECK(std::filesystem::exists(r.checkpoint(12)));
}

void other_settings_are_refused() {
    run r;
    events_of([&] { train(r.config); });
    r.config.resume = true;
    r.config.fingerprint = "other";
    CHECK(refused([&] { train(r.config); }).code == exit_usage);
}

void one_batch_can_be_learned_by_heart() {
    run r;
    r.config.rows = std::vector<int64_t>{0, 1, 2, 3};
    r.config.steps = 150;
    r.config.dropout = 0;
    r.config.begin.rank = 8;
    r.config.checkpoint_every = 1000;
    r.config.targets = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output"};
    r.config.learning_rate = 2e-2;
    double first = 0, last = 0;
    for (const json & event : events_of([&] { train(r.config); })) {
        if (event["event"] != "step") continue;
        if (event["step"] == 1) first = event["loss"];
        last = event["loss"];
    }
    CHECK(first > 2);
    CHECK(last < 0.05);
}

void a_start_adapter_goes_on() {
    run first, second;
    events_of([&] { train(first.config); });
    second.config.adapter = first.config.run_directory + "/adapter.gguf";
    second.config.steps = 1;
    second.config.learning_rate = 1e-30; // the adapter comes out as it went in
    events_of([&] { train(second.config); });
    const gguf_file in(*second.config.adapter), out(second.config.run_directory + "/adapter.gguf");
    for (const ggml_tensor * tensor : in.tensors()) CHECK(as_floats(tensor) == as_floats(out.find(tensor->name)));

    second.config.begin.rank = 2;
    CHECK(refused([&] { train(second.config); }).code == exit_usage);
}

// As PEFT's converter to GGUF writes them: F16, keys of a model card, pairs in the order of their names; values as they were rounded.
void an_f16_adapter_goes_on() {
    run first, half, rounded;
    first.config.targets = {"attn_q", "attn_v", "output"};
    events_of([&] { train(first.config); });
    const std::string made = first.config.run_directory + "/adapter.gguf";
    for (run * r : {&half, &rounded}) {
        r->config.targets = first.config.targets;
        r->config.model = first.config.model;
        r->config.adapter = r->folder.path + "/start.gguf";
        std::filesystem::copy_file(made, *r->config.adapter);
    }
    rewrite(*half.config.adapter, [](gguf_context * keys, std::vector<stored_tensor> & tensors) {
        gguf_set_val_u32(keys, "general.file_type", 1);
        gguf_set_val_u32(keys, "general.quantization_version", 2);
        gguf_set_val_str(keys, "general.base_model.0.name", "Tiny");
        std::sort(tensors.begin(), tensors.end(), [](const stored_tensor & a, const stored_tensor & b) { return a.name < b.name; });
    }, GGML_TYPE_F16);
    CHECK(gguf_file(*half.config.adapter).tensors()[0]->type == GGML_TYPE_F16);
    rewrite(*rounded.config.adapter, [](gguf_context *, std::vector<stored_tensor> & tensors) {
        for (stored_tensor & tensor : tensors) {
            for (float & value : tensor.values) value = ggml_fp16_to_fp32(ggml_fp32_to_fp16(value));
        }
    });
    events_of([&] { train(half.config); train(rounded.config); });
    CHECK(half.adapter_bytes() == rounded.adapter_bytes() && half.adapter_bytes() != first.adapter_bytes());
}

// Blocks 1 and 2 of 3; the bytes of what libllama loads, and going on from it.
void adapters_sit_on_the_blocks_that_were_named() {
    run r;
    r.config.layers = "last:2";
    r.config.steps = 2;
    events_of([&] { train(r.config); });
    const std::string made = r.config.run_directory + "/adapter.gguf";
    {
        const gguf_file file(made);
        std::set<std::string> names;
        for (const ggml_tensor * tensor : file.tensors()) names.insert(std::string(tensor->name).substr(0, 6));
        CHECK((names == std::set<std::string>{"blk.1.", "blk.2."}) && file.tensors().size() == 8);
    }
    const std::vector<llama_token> tokens = {1, 70, 80, 90};
    reference_model base(r.config.model, std::nullopt, 1, 16), adapted(r.config.model, made, 1, 16);
    CHECK(base.logits(tokens, 1) != adapted.logits(tokens, 1));

    run next;
    next.config.adapter = made;
    next.config.layers = "1-2";
    next.config.steps = 1;
    events_of([&] { train(next.config); });
    run other;
    other.config.adapter = made;
    const user_error error = refused([&] { train(other.config); });
    CHECK(error.code == exit_usage && says(error.what(), "blk.1.attn_q, blk.1.attn_v, blk.2.attn_q"));
}

void kept_states_change_no_byte_of_the_adapter() {
    std::string expected;
    for (const state_place place : {state_place::nowhere, state_place::memory, state_place::disk}) {
        run r;
        r.config.layers = "last:1";
        r.config.hidden_states = {place, false, uint64_t(1) << 30, r.folder.path + "/states", 1};
        events_of([&] { train(r.config); });
        if (place == state_place::nowhere) expected = r.adapter_bytes();
        CHECK(r.adapter_bytes() == expected && !expected.empty());
    }
}

void layers_that_the_model_does_not_have_are_refused() {
    const auto is = [](const std::string & text, int32_t first, int32_t end) {
        const block_range range = parse_block_range(text, 30);
        CHECK(range.first == first && range.end == end);
    };
    is("all", 0, 30), is("last:8", 22, 30), is("last:30", 0, 30), is("first:1", 0, 1), is("0-0", 0, 1), is("4-29", 4, 30);
    for (const std::string text : {"", "last", "last:", "last:0", "last:31", "last:-1", "first:31", "3", "-3", "3-", "5-4", "0-30", "all ", "last:99999999999", "some:3", "3-4-5"}) {
        const user_error error = refusal([&] { parse_block_range(text, 30); });
        if (error.code != exit_usage || !says(error.what(), "\"" + text + "\"")) throw check_failed(text);
    }
}

void bad_models_are_refused() {
    run r;
    const std::string whole = r.config.model;
    r.config.model = r.folder.path + "/broken.gguf";
    for (const uintmax_t size : {uintmax_t(0), uintmax_t(3), uintmax_t(43), std::filesystem::file_size(whole) / 2, std::filesystem::file_size(whole) - 1}) {
        std::filesystem::copy_file(whole, r.config.model, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(r.config.model, size);
        const user_error error = refused([&] { train(r.config); });
        CHECK(error.code == exit_data && !error.fix.empty() && error.where.find("broken.gguf") != std::string::npos);
    }
    r.config.model = r.folder.path + "/nowhere.gguf";
    CHECK(refused([&] { train(r.config); }).code == exit_data);
}

void bad_rows_and_targets_are_refused() {
    run r;
    r.config.rows = std::vector<int64_t>{99};
    CHECK(refused([&] { train(r.config); }).code == exit_usage);
    r.config.rows.reset();
    r.config.targets = {"attn_qq"};
    CHECK(refused([&] { train(r.config); }).code == exit_usage);
    r.config.targets = {"attn_q"};
    r.config.max_length = 8;
    CHECK(refused([&] { train(r.config); }).code == exit_data); // the label is never cut
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"the same seed gives the same adapter bytes, another seed others", same_seed_same_bytes},
        {"1, 2, 3 and 5 threads give the same adapter bytes", threads_change_nothing},
        {"a resumed run gives the adapter bytes of the uninterrupted one", resume_gives_the_same_bytes},
        {"a signal stops training inside a step, and the resumed runs give the bytes of the uninterrupted one", a_signal_stops_inside_a_step},
        {"checkpoints of another run, or on other rows, are neither used nor removed", checkpoints_of_another_run_are_left_alone},
        {"a run folder that cannot be written is told before anything else", a_place_that_cannot_be_written_is_told_first},
        {"the two newest checkpoints are kept", newest_two_checkpoints_are_kept},
        {"a cut-off checkpoint is passed over for the one before it", broken_checkpoint_falls_back},
        {"when every checkpoint is rotten, resume is refused and names a way out that works", rotten_checkpoints_are_refused},
        {"a checkpoint of a run with other settings is refused", other_settings_are_refused},
        {"one batch can be learned by heart", one_batch_can_be_learned_by_heart},
        {"training goes on from a start adapter, and refuses one of another rank", a_start_adapter_goes_on},
        {"training goes on from an F16 adapter, as PEFT's converter writes it, with its rounded values", an_f16_adapter_goes_on},
        {"a broken, empty or missing model is refused with place and fix", bad_models_are_refused},
        {"an adapter sits on the blocks that were named, loads in libllama, and goes on from there", adapters_sit_on_the_blocks_that_were_named},
        {"hidden states that are kept, in memory or on disk, change no byte of the adapter", kept_states_change_no_byte_of_the_adapter},
        {"layers are named as all, last:N, first:N or A-B, and must be in the model", layers_that_the_model_does_not_have_are_refused},
        {"rows, targets and lengths that cannot be are refused", bad_rows_and_targets_are_refused},
    });
}
