#include "token_batch.h"
#include "backend.h"
#include "error.h"

static const int ABORTED = 2; // of llama_decode

token_batch::token_batch(int32_t room) : room_(room), batch_(llama_batch_init(room, 0, 1)) {}
token_batch::~token_batch() { llama_batch_free(batch_); }

int32_t token_batch::add(llama_token token, int32_t position, size_t sequence, bool wants_logits) {
    const int32_t place = batch_.n_tokens++;
    batch_.token[place] = token;
    batch_.pos[place] = position;
    batch_.n_seq_id[place] = 1;
    batch_.seq_id[place][0] = static_cast<llama_seq_id>(sequence);
    batch_.logits[place] = wants_logits;
    return place;
}

bool token_batch::decode(llama_context * context, const std::string & fix) const {
    forget_library_error();
    const int32_t status = llama_decode(context, batch_);
    if (status != 0 && status != ABORTED) {
        throw user_error(exit_memory, "libllama cannot decode a batch of " + std::to_string(batch_.n_tokens) + " tokens: " + library_error(), "libllama", fix);
    }
    return status == 0;
}
