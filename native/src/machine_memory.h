// How much memory and disk this process may still take.
#pragma once
#include <cstdint>
#include <string>

// Bytes of memory that are free: what the system calls available, and no more than the control group leaves. The largest number when
// the system does not say.
uint64_t free_memory();

// Gives back to the system what was freed and is still held: many small pieces (a vocabulary, an index) leave holes that nothing large fits.
void give_back_memory();

// Bytes of memory that this process holds now, files that are mapped counted as far as they were read.
uint64_t resident_memory();

// The most that it ever held.
uint64_t peak_memory();

// Bytes free for us on the disk that holds a folder, which may not be there yet; 0 when the system does not say.
uint64_t free_disk(const std::string & folder);
