#include "train.h"
#include "hidden_states.h"
#include "parity.h"
#include "row_order.h"
#include "session.h"
#include "stop_signal.h"
#include "training_data.h"
#include "training_run.h"
#include <algorithm>

exit_code train(const train_config & config) {
    watch_for_stop();
    open_checkpoints(checkpoint_folder(config.run_directory), config.resume); // before anything long
    session open("train", config.model, config.threads);
    const vocabulary vocab(config.model);
    const std::vector<token_row> rows = read_training_rows(config, vocab, length_limit(config.max_length, open.model.shape));
    const int64_t columns = announce_training_rows(rows, config, open.model.shape);
    std::unique_ptr<validation> valid;
    if (config.validation) valid = std::make_unique<validation>(config, vocab, open.model.shape);

    const std::unique_ptr<adapter> lora = starting_adapter(open, config);
    announce_adapter(*lora);
    const std::vector<std::vector<llama_token>> probes = {rows.front().tokens, rows.back().tokens};
    check_parity(open.cpu, open.file, open.model, lora.get(), probes);
    const compute_place place(open, config.device, lora.get(), probes);

    const block_range adapted = lora->blocks();
    pass_options options;
    options.cut = std::min(adapted.first, open.model.shape.n_block - 1); // the last block computes for few columns anyway
    options.is_f16 = config.hidden_states.is_f16 && options.cut > 0;
    state_settings keeping = config.hidden_states;
    keeping.passes = static_cast<uint64_t>(row_order(rows.size(), config).steps() * config.batch_size) / rows.size();
    // On the CPU in f32, whatever device reads them.
    const std::unique_ptr<hidden_states> states = hidden_states::prepare(open.cpu, open.model, rows, options.cut, keeping, stop_is_asked);
    options.states = states.get();

    const exit_code code = training_run(open, place, rows, columns, valid.get(), config, *lora, options).run();
    if (code == exit_done) announce_done("train", config.run_directory + "/adapter.gguf");
    return code;
}
