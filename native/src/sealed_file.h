// A file that is whole or not there: written under a temporary name, fsynced, renamed, the folder fsynced.
// Every call is asked for its result, because a full disk may show only in the last one.
#pragma once
#include "digest.h"
#include <cstddef>
#include <string>
#include <sys/types.h>
#include <vector>

class sealed_file {
  public:
    // Opens <path>.tmp.
    // throws user_error(exit_data), as do write and seal, when the disk is full or the folder cannot be written
    explicit sealed_file(const std::string & path);
    ~sealed_file(); // what was not sealed goes
    sealed_file(const sealed_file &) = delete;
    sealed_file & operator=(const sealed_file &) = delete;

    void write(const void * data, size_t size);

    // Of all bytes written so far.
    std::string written_digest() const { return digest_.hexadecimal(); }

    // Gives the file its name, in the place of one that has it. Once this returns, the file outlives a power cut: a folder that
    // cannot be synced is an error, too, except on file systems that sync no folders at all.
    void seal();

  private:
    void flush();
    [[noreturn]] void fail(int fault);

    std::string path_, temporary_;
    int descriptor_;
    std::vector<unsigned char> waiting_; // bytes of small writes
    digest digest_;
};

// Removes what a killed process left of files that it was writing into this folder.
void remove_unsealed(const std::string & folder);

// The system calls that put a file onto the disk. A test exchanges them for ones that fail.
struct disk_calls {
    int (*open)(const char * path, int flags, mode_t mode);
    ssize_t (*write)(int descriptor, const void * data, size_t size);
    int (*fsync)(int descriptor);
    int (*close)(int descriptor);
    int (*rename)(const char * from, const char * to);
};
extern disk_calls disk;
