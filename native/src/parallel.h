// Work on many things at once whose result is the same for any number of threads: each thing has a place of its own to write to.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

// Calls body(0), ..., body(n - 1), each once, in any order, on as many threads.
// throws  what the body threw for the lowest index for which it threw, as if they came one after another; it is asked for all below
void for_each_index(size_t n, int32_t n_threads, const std::function<void(size_t)> & body);
