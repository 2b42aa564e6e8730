// The token embedding with an adapter on it, forward and backward: x = E[token] + scale * B A[token]
// Shapes as libllama wants them (lora.h): E [n_embd, n_vocab], a [rank, n_vocab], b [rank, n_embd]. No dropout, as in PEFT.
//   dA[token] = sum over its columns of scale * B^T dx,   dB = scale * dx A[token]^T
#pragma once
#include "pass.h"

struct embedding_tape {
    const lora_pair * pair = nullptr;
    ggml_tensor * tokens = nullptr; // i32 [n]
    ggml_tensor * down = nullptr;   // A[token] [rank, n]
};

// tokens i32 [n] -> x [n_embd, n]
ggml_tensor * adapted_embedding(pass_scope & scope, ggml_tensor * tokens, embedding_tape & tape);

// Adds the pair's gradients to the scope. Only when the embedding is adapted.
void adapted_embedding_back(pass_scope & scope, const embedding_tape & tape, ggml_tensor * dx);
