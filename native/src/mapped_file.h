// A file mapped into memory for reading.
#pragma once
#include <cstddef>
#include <string>

class mapped_file {
  public:
    // throws user_error(exit_data) when it cannot be opened, is no plain file or is empty
    explicit mapped_file(const std::string & path);
    ~mapped_file();
    mapped_file(const mapped_file &) = delete;
    mapped_file & operator=(const mapped_file &) = delete;

    const std::string & path() const { return path_; }
    const unsigned char * data() const { return data_; }
    size_t size() const { return size_; } // bytes, at least 1

  private:
    std::string path_;
    unsigned char * data_;
    size_t size_;
};
