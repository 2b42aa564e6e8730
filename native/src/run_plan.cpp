#include "run_plan.h"
#include "error.h"
#include "events.h"
#include "machine_memory.h"
#include "precision.h"
#include "start_adapter.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>

namespace {

std::string size_in_words(uint64_t bytes) {
    char text[32];
    if (bytes < 1'000'000'000) std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
    else std::snprintf(text, sizeof text, "%.2f GB", static_cast<double>(bytes) / 1e9);
    return text;
}

// How a run would be computed, and what that takes.
struct way { memory_choice choice; memory_estimate memory; };

// A run as it is asked for, or with other settings: what each way to compute it takes.
class prospect {
  public:
    // layout  of the same rows in the same parts; nullptr: not known yet
    prospect(training_base & base, size_t run, const train_config & config, const std::vector<token_row> & rows, std::shared_ptr<const run_layout> layout = nullptr)
        : base_(base), run_(run), config_(config), rows_(rows), layers_(layers_of(config, base.open.model)),
          lora_(adapter::planned(base.open.model, layers_, config.begin)), cut_(cut_below(*lora_, base.open.model.shape)), layout_(std::move(layout)) {
        if (!layout_) layout_ = std::make_shared<run_layout>(look_ahead(rows, config, limits_of(config, base.open.model, layers_), base.open.model.shape.n_block));
    }

    const std::shared_ptr<const run_layout> & layout() const { return layout_; }

    // The first that fits, or else the one that takes least.
    way best(uint64_t limit) const {
        session & open = base_.open;
        const validation * valid = base_.validation_of(run_);
        planned_run planned{open, config_, rows_, valid, *lora_, panels_for({config_.precision}, base_.panels), cut_, {}, {}, choose_device(config_.device).kind != device_kind::cpu, base_.program_memory()};
        std::vector<std::pair<state_place, state_place>> places = {{state_place::nowhere, state_place::nowhere}};
        if (cut_ > 0 && config_.hidden_states.place != state_place::nowhere) {
            if (valid) planned.valid_states = valid->states_need(open.cpu, open.model, cut_, config_.hidden_states.is_f16);
            for (training_base::states_to_keep & rows : base_.states_to_keep_of(run_)) {
                rows.settings.place = config_.hidden_states.place;
                planned.states = hidden_states::measure(open.cpu, open.model, inputs_of(rows.rows), cut_, rows.settings.is_f16);
                places = {places_of(planned, rows.settings)};
                rows.settings.room = 0;
                const auto without_memory = places_of(planned, rows.settings);
                if (without_memory != places.front()) places.push_back(without_memory);
                if (places.front().first != state_place::nowhere) break;
            }
        }
        std::optional<way> least;
        for (const bool recomputes : {false, true}) {
            if (config_.recomputes && *config_.recomputes != recomputes) continue;
            for (const auto & [states, valid_states] : places) {
                const memory_choice choice{recomputes, states, valid_states};
                const way found{choice, estimate_memory(planned, *layout_, choice)};
                if (found.memory.needed() <= limit) return found;
                if (!least || found.memory.needed() < least->memory.needed()) least = found;
            }
        }
        return *least;
    }

  private:
    // Where the states of the rows that are trained on would be kept, and those of evaluations.
    std::pair<state_place, state_place> places_of(const planned_run & planned, state_settings settings) const {
        const state_place states = hidden_states::choose_place(settings, planned.states.states, cut_).place;
        if (!planned.valid) return {states, state_place::nowhere};
        const row_order order(rows_.size(), config_);
        const int64_t columns = std::llround(layout_->columns * static_cast<double>(order.steps_an_epoch()) / static_cast<double>(order.steps()));
        settings.passes = static_cast<uint64_t>(plan_validation(config_, order, columns, *planned.valid, lora_->lowest_block(), base_.open.model.shape.n_block).evaluations);
        if (settings.passes == 0) return {states, state_place::nowhere};
        settings.in_use = states == state_place::nowhere ? 0 : planned.states.states;
        return {states, hidden_states::choose_place(settings, planned.valid_states.states, cut_).place};
    }

    training_base & base_;
    size_t run_;
    const train_config & config_;
    const std::vector<token_row> & rows_;
    std::vector<layer_name> layers_;
    std::unique_ptr<adapter> lora_;
    int32_t cut_;
    std::shared_ptr<const run_layout> layout_;
};

// The same rows as if no more than so many tokens were allowed: what they take is the same as of rows shortened by their history.
std::vector<token_row> cut_to(const std::vector<token_row> & rows, int32_t length) {
    std::vector<token_row> shorter = rows;
    for (token_row & row : shorter) {
        const int32_t most = std::max<int32_t>(length, static_cast<int32_t>(row.tokens.size()) - row.answer_begin + 1);
        const int32_t less = std::max(0, std::min<int32_t>(static_cast<int32_t>(row.tokens.size()) - most, row.label_at > 0 ? row.label_at - 1 : INT32_MAX));
        row.tokens.erase(row.tokens.begin(), row.tokens.begin() + less);
        row.answer_begin -= less;
        if (row.label_at > 0) row.label_at -= less;
    }
    return shorter;
}

// Which settings would make a run fit.
class remedy {
  public:
    // layout  of the run as it is asked for
    remedy(training_base & base, size_t run, const train_config & config, uint64_t limit, const std::shared_ptr<const run_layout> & layout)
        : base_(base), run_(run), config_(config), limit_(limit), rows_(base.rows_of(run)) {
        layouts_[parts_of(config)] = layout;
        for (const token_row & row : rows_) longest_ = std::max(longest_, static_cast<int32_t>(row.tokens.size()));
    }

    // "use --micro-batch-size 2"; nothing when no settings do
    std::optional<std::string> find() {
        if (config_.recomputes == false) all_.push_back({"--recompute on", 0, 1, [](train_config & config, int64_t) { config.recomputes = true; }});
        if (config_.hidden_states.place != state_place::nowhere) all_.push_back({"--cache-hidden off", 0, 1, [](train_config & config, int64_t) { config.hidden_states.place = state_place::nowhere; }});
        if (!config_.resume) { // a run that goes on keeps what decides its adapter
            const int64_t batch = config_.micro_batch_size.value_or(config_.batch_size);
            all_.push_back({"--micro-batch-size", 1, std::min<int64_t>(batch, static_cast<int64_t>(rows_.size())), [](train_config & config, int64_t value) { config.micro_batch_size = value; }});
            all_.push_back({"--max-length", base_.shortest_length(run_), longest_, [](train_config & config, int64_t value) { config.max_length = static_cast<int32_t>(value); }});
            if (!config_.adapter) all_.push_back({"--rank", 1, config_.begin.rank, [](train_config & config, int64_t value) { config.begin.rank = static_cast<int32_t>(value); }});
        }
        // All changes up to the first with which it fits, each to its end; then those that are not needed go, and the others go as far back as they can.
        for (change & one : all_) {
            one.value = one.least;
            if (fits()) return in_words();
        }
        return std::nullopt;
    }

    uint64_t least_needed() { return best().memory.needed(); }

  private:
    struct change {
        std::string flag;
        int64_t least, now; // the value with which it takes least, and the one that it has
        std::function<void(train_config &, int64_t)> apply;
        std::optional<int64_t> value = std::nullopt;
    };

    way best() {
        train_config config = config_;
        bool is_shorter = false;
        for (const change & one : all_) {
            if (!one.value) continue;
            one.apply(config, *one.value);
            is_shorter |= one.flag == "--max-length";
        }
        const std::vector<token_row> shorter = is_shorter ? cut_to(rows_, config.max_length) : std::vector<token_row>{};
        std::shared_ptr<const run_layout> & layout = layouts_[parts_of(config)];
        const prospect tried(base_, run_, config, is_shorter ? shorter : rows_, layout);
        layout = tried.layout();
        return tried.best(limit_);
    }
    // What of a config decides how the rows are laid out, among the settings that are changed here.
    using parts = std::pair<std::optional<int64_t>, int32_t>;
    static parts parts_of(const train_config & config) { return {config.micro_batch_size, config.max_length}; }

    bool fits() { return best().memory.needed() <= limit_; }

    std::string in_words() {
        std::string flags;
        for (change & one : all_) {
            if (!one.value) continue;
            const int64_t least = *one.value;
            one.value.reset();
            if (fits()) continue;
            int64_t low = least, high = one.now; // fits, does not
            while (low + 1 < high) {
                const int64_t middle = low + (high - low) / 2;
                one.value = middle;
                (fits() ? low : high) = middle;
            }
            one.value = low;
            const bool is_number = one.flag.find(' ') == std::string::npos;
            flags += (flags.empty() ? "" : " ") + one.flag + (is_number ? " " + std::to_string(low) : "");
        }
        return "use " + flags + ": that takes " + size_in_words(best().memory.needed());
    }

    training_base & base_;
    size_t run_;
    const train_config & config_;
    uint64_t limit_;
    const std::vector<token_row> & rows_;
    int32_t longest_ = 1;
    std::vector<change> all_;
    std::map<parts, std::shared_ptr<const run_layout>> layouts_; // laying thousands of rows out takes longer than all the rest
};

user_error refusal_of(const std::string & what, uint64_t needed, uint64_t limit, const std::optional<uint64_t> & asked, const std::string & fix) {
    const std::string place = asked && *asked <= limit ? "--memory-limit" : "this machine";
    return user_error(exit_memory, what + " " + size_in_words(needed) + " of memory, and " + size_in_words(limit) + " may be taken", place, fix);
}

} // namespace

uint64_t memory_limit(const std::optional<uint64_t> & asked) {
    const uint64_t free = free_memory(), held = resident_memory();
    const uint64_t machine = free > UINT64_MAX - held ? UINT64_MAX : free + held;
    return std::min(machine, asked.value_or(UINT64_MAX));
}

void check_least_memory(const session & open, const std::optional<uint64_t> & asked) {
    const uint64_t limit = memory_limit(asked), least = least_memory(open, resident_memory());
    if (least <= limit) return;
    throw refusal_of("this model alone takes", least, limit, asked, "use a model of fewer bits or parameters, or a machine with " + size_in_words(least) + " at least");
}

run_plan plan_run(training_base & base, size_t run) {
    const train_config & config = base.config_of(run);
    const uint64_t limit = memory_limit(config.memory_limit);
    const prospect asked(base, run, config, base.rows_of(run));
    const way found = asked.best(limit);
    if (found.memory.needed() <= limit) return {found.choice, found.memory, limit, *asked.layout()};
    remedy changes(base, run, config, limit - limit / 50, asked.layout()); // what the program itself holds differs a little from process to process
    const std::optional<std::string> fix = changes.find();
    throw refusal_of("this run takes", found.memory.needed(), limit, config.memory_limit,
        fix ? *fix : "no setting makes it fit: it needs " + size_in_words(changes.least_needed()) + " at least");
}

void announce_plan(const run_plan & plan, const std::optional<double> & remaining) {
    const memory_parts & parts = plan.memory.parts;
    emit("estimate", {{"memory", parts.all()},
                      {"parts", {{"program", parts.program}, {"weights", parts.weights}, {"adapter", parts.adapter}, {"activations", parts.activations},
                                 {"hiddenStates", parts.hidden_states}, {"kernels", parts.kernels}, {"copies", parts.copies}}},
                      {"phase", plan.memory.phase}, {"limit", plan.limit == UINT64_MAX ? json(nullptr) : json(plan.limit)}, {"recompute", plan.choice.recomputes},
                      {"hiddenStates", name_of(plan.choice.states)},
                      {"steps", plan.layout.steps}, {"columns", std::llround(plan.layout.columns)}, {"remaining", remaining ? json(*remaining) : json(nullptr)}});
}
