// A GBNF grammar for libllama, which parses it recursively and without bounds: what could exhaust the stack is refused before.
#pragma once
#include <llama.h>
#include <memory>
#include <string>

struct sampler_deleter { void operator()(llama_sampler * sampler) const { llama_sampler_free(sampler); } };
using sampler_ptr = std::unique_ptr<llama_sampler, sampler_deleter>;

// The grammar at its beginning, with the start rule "root".
// throws user_error(exit_usage) when libllama cannot take it, or it is too long or too deep for its parser
sampler_ptr parse_grammar(const llama_vocab * vocab, const std::string & text);
