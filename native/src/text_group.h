// A few texts that are written at once: one sequence of a context each, all in one batch a step. Which texts are in a group decides,
// besides the model, the bits of their logits (a matrix product sums otherwise for another number of columns); threads do not.
#pragma once
#include "stock_model.h"
#include "text_sampler.h"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// A text in the making.
struct growing_text {
    int64_t id;
    std::vector<llama_token> pending; // not computed yet: the prompt at first, then the newest token
    text_sampler sampler;
    size_t n_pending_done = 0;
    int32_t n_computed = 0; // tokens in the context
    int32_t n_tokens = 0;   // drawn, without the one that ends the text
};

// Writes all of them; each is told the moment it is done.
// context  with a sequence for each; what it held is forgotten
// told     the text, and whether it came to its own end before max_tokens
// throws user_error: diverged on a logit that is no number, data when the grammar leaves no token, stopped when that is asked, memory
void write_group(llama_context * context, std::vector<growing_text> & group, int32_t max_tokens, const std::function<void(const growing_text & text, bool ended)> & told);
