// How much memory and disk this process may still take.
#pragma once
#include <cstdint>
#include <string>

// Bytes of memory that are free: what the system calls available, and no more than the control group leaves. The largest number when
// the system does not say.
uint64_t free_memory();

// Bytes free for us on the disk that holds a folder, which may not be there yet; 0 when the system does not say.
uint64_t free_disk(const std::string & folder);
