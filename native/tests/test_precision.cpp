// What products with frozen weights are computed in: chosen, told, kept for a run that goes on, and never for what must be exact.
#include "check.h"
#include "checkpoint.h"
#include "emulated_panels.h"
#include "network.h"
#include "precision.h"
#include "refusal.h"
#include "score.h"
#include "tiny_run.h"
#include <cmath>
#include <set>

namespace {

const std::vector<const narrow_panels *> NONE;

// Every matrix is larger than what the kernels for adapters take.
std::string write_wide_model(const std::string & folder) {
    init_config config = tiny_config(folder, "llama", 21);
    config.n_head = config.n_head_kv = 8;
    config.n_embd = 80;
    config.n_ff = 104;
    write_random_model(config);
    return config.output;
}

struct told { std::string asked, chosen; json difference; double tolerance; };

told precision_told(const std::vector<json> & events) {
    for (const json & event : events) {
        if (event["event"] != "precision") continue;
        return {event["asked"], event["chosen"], event["difference"], event["tolerance"].is_null() ? 0 : event["tolerance"].get<double>()};
    }
    throw check_failed("no event tells the precision");
}

std::vector<double> losses(const std::vector<json> & events) {
    std::vector<double> found;
    for (const json & event : events) {
        if (event["event"] == "step") found.push_back(event["loss"]);
    }
    return found;
}

struct training : run {
    explicit training(const std::string & precision) {
        config.model = write_wide_model(folder.path);
        config.precision = precision;
    }
    std::vector<json> go(const std::vector<const narrow_panels *> & panels) {
        return events_of([&] { CHECK(train(config, panels) == exit_done); });
    }
    user_error refused(const std::vector<const narrow_panels *> & panels) {
        return refusal([&] { events_of([&] { train(config, panels); }); });
    }
};

void what_the_processor_lacks_is_refused() {
    for (const std::string type : {"bf16", "fp16"}) {
        const user_error error = training(type).refused(NONE);
        CHECK(error.code == exit_memory && says(error.what(), "--precision " + type) && says(error.fix, "f32"));
        training early(type);
        const std::vector<json> events = events_of([&] { refusal([&] { train(early.config, NONE); }); });
        CHECK(events.back()["event"] == "model"); // before the parity gate, which takes long on a large model
    }
    training f32("f32"), automatic("auto");
    f32.go(NONE);
    const told event = precision_told(automatic.go(NONE));
    CHECK(event.asked == "auto" && event.chosen == "f32" && event.difference.is_null());
    CHECK(automatic.adapter_bytes() == f32.adapter_bytes() && !f32.adapter_bytes().empty());
}

// Of the types that this processor has, and no other, each is taken or refused as its test product comes out.
void this_processor_takes_what_it_has() {
    std::set<std::string> known;
    for (const narrow_panels * panels : supported_narrow_panels()) known.insert(panels->name);
    for (const std::string type : {"bf16", "fp16"}) {
        if (known.count(type)) CHECK(precision_of(panels_for({type}, supported_narrow_panels())) == type);
        else CHECK(refusal([&] { panels_for({type}, supported_narrow_panels()); }).code == exit_memory);
    }
}

void panels_with_wrong_answers_are_refused() {
    narrow_panels wrong = *emulated()[0];
    wrong.tile = [](int64_t, const uint32_t *, const uint32_t *, const float *, const float *, float *, int64_t, bool, int, int) {};
    CHECK(says(refusal([&] { panels_for({"bf16"}, {&wrong}); }).what(), "comes out wrong"));
    CHECK(panels_for({"auto"}, {&wrong}) == nullptr);
}

void a_run_tells_by_how_much_it_strays() {
    training exact("f32");
    const std::vector<double> expected = losses(exact.go(NONE));
    for (const narrow_panels * panels : emulated()) {
        training narrow(panels->name);
        const std::vector<json> events = narrow.go(emulated());
        const told event = precision_told(events);
        CHECK(event.asked == panels->name && event.chosen == panels->name);
        CHECK(event.difference > 1e-5 && event.difference < event.tolerance); // it was computed in sixteen bits
        const std::vector<double> found = losses(events);
        CHECK(found.size() == expected.size() && found != expected);
        for (size_t i = 0; i < found.size(); i++) CHECK_NEAR(found[i], expected[i], 0.02 * expected[i]);
    }
}

void threads_change_no_byte() {
    for (const narrow_panels * panels : emulated()) {
        std::string expected;
        for (const int32_t threads : {1, 2, 3}) {
            training r(panels->name);
            r.config.steps = 2;
            r.config.threads = threads;
            r.go(emulated());
            if (threads == 1) expected = r.adapter_bytes();
            CHECK(!expected.empty() && r.adapter_bytes() == expected);
        }
    }
}

void a_run_that_goes_on_keeps_its_type() {
    for (const narrow_panels * panels : emulated()) {
        training whole(panels->name), cut(panels->name);
        whole.go(emulated());
        cut.go(emulated());
        CHECK(recorded_precision(checkpoint_folder(cut.config.run_directory)) == panels->name);
        std::filesystem::remove(cut.checkpoint(12)); // as if the run had died before it
        std::filesystem::remove(cut.config.run_directory + "/adapter.gguf");
        cut.config.resume = true;

        cut.config.precision = "f32";
        CHECK(cut.refused(emulated()).code == exit_usage); // of another run
        cut.config.precision = "auto"; // the emulation is slow: measured anew, f32 would be chosen
        const user_error missing = cut.refused(NONE);
        CHECK(missing.code == exit_memory && says(missing.what(), "begun with") && says(missing.what(), panels->name));
        CHECK(precision_told(cut.go(emulated())).chosen == panels->name);
        CHECK(cut.adapter_bytes() == whole.adapter_bytes());
    }
    training f32("auto"); // a run in f32 goes on in f32, and may be told so by name
    f32.go(NONE);
    const std::string expected = f32.adapter_bytes();
    std::filesystem::remove(f32.checkpoint(12));
    f32.config.resume = true;
    f32.config.precision = "f32";
    f32.go(emulated());
    CHECK(f32.adapter_bytes() == expected);
}

// Kept or computed anew with each pass, and beside states that another precision left on the disk.
void kept_hidden_states_change_no_byte() {
    training off("bf16"), memory("bf16"), exact("f32"), disk("bf16");
    const auto go = [](training & r, state_place place, const std::string & folder) {
        r.config.layers = "last:1";
        r.config.hidden_states.place = place;
        r.config.hidden_states.limit = uint64_t(1) << 30;
        r.config.hidden_states.folder = folder;
        r.go(emulated());
        return r.adapter_bytes();
    };
    const temporary_folder states;
    const std::string expected = go(off, state_place::nowhere, states.path);
    CHECK(go(memory, state_place::memory, states.path) == expected);
    CHECK(go(exact, state_place::disk, states.path) != expected);
    CHECK(go(disk, state_place::disk, states.path) == expected);
}

// The blocks of this model are small enough for the kernels of adapters, in f32; what is larger are the head and the adapter of high
// rank. So scores have the bits of f32, and the loss of training, whose head may be rounded, has not.
void the_head_of_scores_and_the_adapter_are_f32() {
    const temporary_folder folder;
    const gguf_file file(write_tiny_model(folder.path, "llama", 7));
    const base_model model = load_model(file);
    backend cpu(1), narrow(cpu_device(), 1, emulated()[0]);
    const std::unique_ptr<adapter> lora = plain_adapter(cpu, model, {"attn_q", "ffn_down", "output"}, 150, 6.0, 11);
    randomise(*lora, 0.2, 13);
    const std::vector<token_row> rows = random_rows(4, model.shape.n_vocab, 5);
    const token_layout layout = lay_out_for_training(rows, true);
    const std::vector<int32_t> ends = {layout.columns[0].back(), layout.columns[3].back()};
    CHECK(network(narrow, model, lora.get()).logits(layout, ends) == network(cpu, model, lora.get()).logits(layout, ends));

    const auto loss = [&](backend & place) {
        next_token_objective goal(predictions_of(rows, layout, true), 0.01f);
        return network(place, model, lora.get()).loss({layout, goal, 0.0f, 0}, nullptr);
    };
    const double exact = loss(cpu), strayed = loss(narrow);
    CHECK(exact != strayed);
    CHECK_NEAR(strayed, exact, 1e-2 * exact);
}

void operators_leave_frozen_weights_alone_in_f32() {
    const auto product = [](const narrow_panels * panels, bool keep) {
        ggml_init_params params{};
        params.mem_size = 1 << 22;
        const ggml_context_ptr ctx(ggml_init(params));
        ggml_tensor * w = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, 200, 90), * x = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, 200, 7);
        ggml_tensor * dy = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, 90, 7);
        random_stream draw(1, "numbers");
        for (ggml_tensor * tensor : {w, x, dy}) {
            for (int64_t i = 0; i < ggml_nelements(tensor); i++) static_cast<float *>(tensor->data)[i] = static_cast<float>(draw.uniform() - 0.5);
        }
        const std::unique_ptr<operators> ops = make_cpu_operators(panels);
        if (keep) ops->keep_f32(w);
        ggml_cgraph * graph = ggml_new_graph(ctx.get());
        ggml_tensor * y = ops->linear(ctx.get(), w, x), * dx = ops->linear_back(ctx.get(), w, dy), * onto = ops->linear_back_onto(ctx.get(), ggml_dup(ctx.get(), x), w, dy, 1.0f);
        std::vector<std::vector<float>> values;
        for (ggml_tensor * tensor : {y, dx, onto}) ggml_build_forward_expand(graph, tensor);
        backend(1).compute(graph);
        for (ggml_tensor * tensor : {y, dx, onto}) values.push_back(as_floats(tensor));
        return values;
    };
    const std::vector<std::vector<float>> exact = product(nullptr, false);
    for (const narrow_panels * panels : emulated()) {
        const std::vector<std::vector<float>> narrow = product(panels, false);
        for (size_t i = 0; i < exact.size(); i++) CHECK(narrow[i] != exact[i]); // each of the three is narrow
        CHECK(product(panels, true) == exact);
    }
}

void scores_stray_little() {
    training made("f32");
    made.go(NONE);
    score_config config;
    config.model = made.config.model;
    config.adapter = made.config.run_directory + "/adapter.gguf";
    config.data = made.config.data;
    config.labels = made.config.labels;
    config.max_length = 0;
    config.share_prefixes = true;
    config.device = "cpu";
    config.threads = 1;
    const auto scores = [&](const std::string & precision) {
        config.precision = precision;
        std::vector<double> found;
        const std::vector<json> events = events_of([&] { score(config, emulated()); });
        CHECK(precision_told(events).chosen == precision);
        for (const json & event : events) {
            if (event["event"] == "score") found.push_back(event["logOdds"]);
        }
        return found;
    };
    const std::vector<double> exact = scores("f32");
    CHECK(exact.size() == 12);
    for (const narrow_panels * panels : emulated()) {
        const std::vector<double> found = scores(panels->name);
        CHECK(found.size() == exact.size() && found != exact);
        for (size_t i = 0; i < exact.size(); i++) CHECK_NEAR(found[i], exact[i], 0.02 * (1 + std::fabs(exact[i])));
    }
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"sixteen bits that the processor lacks are refused by name, and auto is f32 there", what_the_processor_lacks_is_refused},
        {"this processor takes the types it has, and refuses the others", this_processor_takes_what_it_has},
        {"panels that give wrong answers are refused, and auto passes them over", panels_with_wrong_answers_are_refused},
        {"a run in sixteen bits tells by how much it strays from f32, and its losses follow", a_run_tells_by_how_much_it_strays},
        {"the number of threads changes no byte of an adapter in sixteen bits", threads_change_no_byte},
        {"a run that goes on keeps the type it was begun with, or says that it cannot", a_run_that_goes_on_keeps_its_type},
        {"hidden states that are kept change no byte in sixteen bits, and are not those of f32", kept_hidden_states_change_no_byte},
        {"the head of scores and adapters of any rank are computed in f32", the_head_of_scores_and_the_adapter_are_f32},
        {"operators compute with panels, but for weights that are to be kept in f32", operators_leave_frozen_weights_alone_in_f32},
        {"scores in sixteen bits stray little from those in f32", scores_stray_little},
    });
}
