// Files that are whole or not there: written under a temporary name, fsynced, renamed, the folder fsynced.
#pragma once
#include "gguf.h"
#include <string>

// Writes and frees the GGUF.
// throws user_error(exit_data) when the disk is full or the folder cannot be written; nothing is left behind then
void write_sealed_gguf(gguf_context * gguf, const std::string & path);
