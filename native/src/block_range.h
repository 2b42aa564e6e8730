// Some neighbouring blocks of a model, as a user names them: those that get an adapter.
#pragma once
#include <cstdint>
#include <string>

struct block_range {
    int32_t first, end; // [first, end)
};

// text  "all", "last:8", "first:8" or "2-9" (from 0, both ends count)
// throws user_error(exit_usage) on another form, no block, or a block that the model does not have
block_range parse_block_range(const std::string & text, int32_t n_block);
