// A place for a copy of a model, which may be gigabytes: a folder of our own in the temporary one. While it has a name, signals
// that would end the process wait, so that only kill -9 leaves it behind; the next one made removes that.
#pragma once
#include <csignal>
#include <filesystem>
#include <string>

class temporary_copy {
  public:
    // throws user_error(exit_data) when the folder for temporary files cannot be written
    temporary_copy();
    ~temporary_copy() { remove(); }
    temporary_copy(const temporary_copy &) = delete;
    temporary_copy & operator=(const temporary_copy &) = delete;

    std::string path() const { return (folder_ / "copy.gguf").string(); }
    void remove();

  private:
    std::filesystem::path folder_;
    sigset_t before_{};
};
