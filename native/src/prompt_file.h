// What the verb generate is asked: JSON lines {"id", "system", "prompt"}, read strictly, and put into a model's chat template.
#pragma once
#include "instruction_file.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct text_prompt {
    int64_t id; // >= 0, of no other prompt
    std::optional<std::string> system;
    std::string prompt; // not empty
};

// All prompts of a file, in file order; at least one.
// throws user_error(exit_data) at the first line that is not as it should be
std::vector<text_prompt> read_prompts(const std::string & path);

// The text that a model is given: system text, an empty line, prompt. Nothing in it is of ours but the empty line.
marked_text plain_text(const text_prompt & prompt);

// The prompt in a chat template, up to where the answer begins. Both texts stand in it as they are, also where the template would trim them.
//
// chat_template  as the model's file has it
// throws user_error(exit_data) when libllama does not know the template, or it leaves out one of the texts
marked_text in_chat_template(const std::string & chat_template, const text_prompt & prompt);
