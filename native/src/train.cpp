#include "train.h"
#include "checkpoint.h"
#include "digest.h"
#include "events.h"
#include "instruction_file.h"
#include "network.h"
#include "parity.h"
#include "random.h"
#include "session.h"
#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>

namespace {

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

// The rows to train on, as tokens, in the order of the config.
std::vector<token_row> read_rows(const train_config & config, const vocabulary & vocab, int32_t max_length) {
    const std::vector<instruction> all = read_instructions(config.data);
    std::vector<const instruction *> chosen;
    if (config.rows) {
        std::map<int64_t, const instruction *> by_row;
        for (const instruction & row : all) by_row[row.row] = &row;
        for (const int64_t row : *config.rows) {
            const auto found = by_row.find(row);
            if (found == by_row.end()) {
                throw user_error(exit_usage, "row " + std::to_string(row) + " is not in the data", config.data, "choose rows of the train split");
            }
            chosen.push_back(found->second);
        }
    } else {
        for (const instruction & row : all) chosen.push_back(&row);
    }
    if (chosen.empty()) throw user_error(exit_data, "there is no row to train on", config.data, "build a dataset version with train rows");
    std::vector<token_row> rows;
    for (const instruction * row : chosen) {
        rows.push_back(naming_file(config.data, [&] { return tokenize_for_training(vocab, *row, max_length, config.labels); }));
    }
    return rows;
}

int64_t loss_tokens(const std::vector<token_row> & rows, bool all) {
    int64_t n = 0;
    for (const token_row & row : rows) {
        const index_range range = loss_positions(row, all);
        n += range.end - range.begin;
    }
    return n;
}

void announce_data(const std::vector<token_row> & rows, const train_config & config) {
    int64_t n_tokens = 0, n_columns = 0, longest = 0, truncated = 0;
    for (const token_row & row : rows) {
        n_tokens += static_cast<int64_t>(row.tokens.size());
        longest = std::max(longest, static_cast<int64_t>(row.tokens.size()));
        if (row.dropped_history == 0) continue;
        truncated++;
        emit("truncated", {{"row", row.row}, {"droppedHistory", row.dropped_history}});
    }
    for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(config.micro_batch_size)) {
        const size_t end = std::min(rows.size(), begin + static_cast<size_t>(config.micro_batch_size));
        const std::vector<token_row> batch(rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.begin() + static_cast<std::ptrdiff_t>(end));
        n_columns += static_cast<int64_t>(lay_out_for_training(batch, config.share_prefixes).tokens.size());
    }
    emit("data", {{"rows", rows.size()}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", loss_tokens(rows, config.loss_on_all)},
                  {"longest", longest}, {"truncatedRows", truncated}});
}

// What a checkpoint goes with beside the settings: the rows as tokens, and the model as far as a glance tells.
std::string digest_of(const std::vector<token_row> & rows, const base_model & model) {
    digest content;
    for (const token_row & row : rows) {
        content.add_value(row.row);
        content.add_value(row.answer_begin);
        content.add(row.tokens.data(), row.tokens.size() * sizeof(row.tokens[0]));
    }
    content.add(model.shape.architecture.data(), model.shape.architecture.size());
    content.add_value(model.n_parameters);
    content.add(model.output_norm->data, ggml_nbytes(model.output_norm));
    return content.hexadecimal();
}

// Which rows a step takes. A pure function of the step, so that a resumed run needs no saved position.
class row_order {
  public:
    row_order(size_t n_rows, const train_config & config) : n_rows_(static_cast<int64_t>(n_rows)), config_(config) {}

    int64_t steps_an_epoch() const { return (n_rows_ + config_.batch_size - 1) / config_.batch_size; }
    int64_t steps() const { return config_.steps ? *config_.steps : steps_an_epoch() * *config_.epochs; }
    int64_t epoch_of(int64_t step) const { return step / steps_an_epoch(); } // from 0

    // step from 0; the last batch of an epoch may be smaller
    std::vector<int64_t> rows_of(int64_t step) {
        const int64_t epoch = epoch_of(step);
        if (epoch != shown_epoch_) {
            order_.resize(static_cast<size_t>(n_rows_));
            for (int64_t i = 0; i < n_rows_; i++) order_[static_cast<size_t>(i)] = i;
            if (config_.shuffle) order_ = permutation(n_rows_, config_.seed, static_cast<uint64_t>(epoch));
            shown_epoch_ = epoch;
        }
        const int64_t begin = (step - epoch * steps_an_epoch()) * config_.batch_size;
        const int64_t end = std::min(n_rows_, begin + config_.batch_size);
        std::vector<int64_t> rows(static_cast<size_t>(end - begin)); // not made from the iterators: gcc 12 then warns of a free that is none
        std::copy(order_.begin() + begin, order_.begin() + end, rows.begin());
        return rows;
    }

  private:
    int64_t n_rows_;
    const train_config & config_;
    int64_t shown_epoch_ = -1;
    std::vector<int64_t> order_;
};

std::unique_ptr<adapter> starting_adapter(session & open, const train_config & config) {
    if (!config.adapter) {
        return adapter::create(open.cpu, open.model, config.targets, config.rank, static_cast<float>(config.alpha), config.seed);
    }
    std::unique_ptr<adapter> lora = adapter::load(open.cpu, open.model, *config.adapter);
    std::vector<std::string> has = lora->targets(), wanted = config.targets;
    std::sort(has.begin(), has.end());
    std::sort(wanted.begin(), wanted.end());
    if (lora->rank() != config.rank || lora->alpha() != static_cast<float>(config.alpha) || has != wanted) {
        std::string list;
        for (const std::string & target : has) list += (list.empty() ? "" : ",") + target;
        throw user_error(exit_usage, "the start adapter has rank " + std::to_string(lora->rank()) + ", alpha " + std::to_string(lora->alpha()) + " and targets " + list,
            *config.adapter, "give --rank, --alpha and --targets as the adapter has them");
    }
    return lora;
}

} // namespace

exit_code train(const train_config & config) {
    stop_asked = 0;
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
    const std::string checkpoints = config.run_directory + "/checkpoints";
    open_checkpoints(checkpoints, config.resume); // before anything long
    session open("train", config.model, config.threads);
    const vocabulary vocab(config.model);
    const std::vector<token_row> rows = read_rows(config, vocab, length_limit(config.max_length, open.model.shape));
    announce_data(rows, config);

    const std::unique_ptr<adapter> lora = starting_adapter(open, config);
    announce_adapter(*lora);
    check_parity(open.cpu, open.file, open.model, lora.get(), {rows.front().tokens, rows.back().tokens});

    adamw_settings settings;
    settings.weight_decay = config.weight_decay;
    adamw optimizer(*lora, settings);
    const std::string fingerprint = config.fingerprint + " " + digest_of(rows, open.model);
    std::optional<checkpoint> newest;
    if (config.resume) newest = restore_checkpoint(checkpoints, *lora, optimizer, fingerprint);
    if (newest) emit("resumed", {{"step", newest->step}, {"checkpoint", newest->path}});

    row_order order(rows.size(), config);
    const int64_t n_steps = order.steps();
    network own(open.cpu, open.model, lora.get());
    const auto checkpoint_at = [&](int64_t steps_done) {
        newest = checkpoint{steps_done, save_checkpoint(checkpoints, *lora, optimizer, steps_done, fingerprint)};
        emit("checkpoint", {{"step", newest->step}, {"path", newest->path}});
    };
    const auto stop_at = [&](int64_t steps_done) {
        if (!newest || newest->step != steps_done) checkpoint_at(steps_done);
        emit("stopped", {{"step", newest->step}, {"checkpoint", newest->path}});
        return exit_stopped;
    };
    for (int64_t step = optimizer.steps_done; step < n_steps; step++) {
        std::vector<token_row> batch;
        for (const int64_t row : order.rows_of(step)) batch.push_back(rows[static_cast<size_t>(row)]);
        const int64_t n_loss_tokens = loss_tokens(batch, config.loss_on_all);
        lora_values gradients = zeros_like(*lora);
        double loss = 0;
        int64_t n_tokens = 0, n_columns = 0;
        for (size_t begin = 0; begin < batch.size(); begin += static_cast<size_t>(config.micro_batch_size)) {
            if (stop_asked) return stop_at(step); // the half step is dropped, and done again by the run that goes on
            const size_t end = std::min(batch.size(), begin + static_cast<size_t>(config.micro_batch_size));
            const std::vector<token_row> micro(batch.begin() + static_cast<std::ptrdiff_t>(begin), batch.begin() + static_cast<std::ptrdiff_t>(end));
            const token_layout layout = lay_out_for_training(micro, config.share_prefixes);
            const std::vector<prediction> predictions = predictions_of(micro, layout, config.loss_on_all);
            random_stream masks(config.seed, "dropout", (static_cast<uint64_t>(step) << 20) + begin);
            loss += own.loss({layout, predictions, 1.0f / static_cast<float>(n_loss_tokens), static_cast<float>(config.dropout), masks.uint64()}, &gradients);
            for (const token_row & row : micro) n_tokens += static_cast<int64_t>(row.tokens.size());
            n_columns += static_cast<int64_t>(layout.tokens.size());
        }
        const double norm = gradient_norm(gradients);
        if (!std::isfinite(loss) || !std::isfinite(norm)) {
            std::string named;
            for (const token_row & row : batch) named += (named.empty() ? "" : ", ") + std::to_string(row.row);
            throw user_error(exit_diverged, "the loss of step " + std::to_string(step + 1) + " is not finite (rows " + named + ")", config.data,
                "lower --learning-rate or set --max-gradient-norm 1; the last checkpoint is untouched");
        }
        clip_gradients(gradients, norm, config.max_gradient_norm);
        const double learning_rate = config.learning_rate * schedule_factor(config.schedule, step, n_steps, config.warmup_steps);
        optimizer.step(*lora, gradients, learning_rate);
        emit("step", {{"step", step + 1}, {"steps", n_steps}, {"epoch", order.epoch_of(step) + 1}, {"loss", loss}, {"learningRate", learning_rate},
                      {"gradientNorm", norm}, {"tokens", n_tokens}, {"columns", n_columns}, {"lossTokens", n_loss_tokens}, {"seconds", seconds_since_start()}});

        const bool last = step + 1 == n_steps;
        if (last || (step + 1) % config.checkpoint_every == 0) checkpoint_at(step + 1);
    }
    const std::string output = config.run_directory + "/adapter.gguf";
    lora->save(output, open.model.shape.architecture);
    announce_done("train", output);
    return exit_done;
}
