// The header of a GGUF file, checked byte by byte before a library reads it: ggml and libllama trust sums that wrap around, and
// give memory and time without end to counts that cannot be.   Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once
#include <cstddef>
#include <optional>
#include <string>

// What is wrong with a file of these bytes; nothing when
// - every length, count and offset lies inside the file, and no product or sum wraps,
// - keys and tensors have names, each once,
// - types are known, no array holds arrays, no tensor is empty, and tensors follow each other without gaps but for alignment,
// - header, keys, array elements and tensors are no more than a model could need (limits: gguf_header.cpp).
std::optional<std::string> gguf_header_fault(const unsigned char * bytes, size_t size);
