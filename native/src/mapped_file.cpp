#include "mapped_file.h"
#include "error.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

mapped_file::mapped_file(const std::string & path) : path_(path) {
    const auto refuse = [&](const std::string & what) { return user_error(exit_data, what, path, "check the path and its permissions"); };
    const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); // a pipe would keep us waiting
    if (descriptor < 0) throw refuse(std::string("cannot open the file: ") + std::strerror(errno));
    struct stat info{};
    const bool is_plain = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
    size_ = is_plain ? static_cast<size_t>(info.st_size) : 0;
    void * mapping = size_ > 0 ? mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    const int fault = errno;
    close(descriptor);
    if (!is_plain) throw refuse("this is not a file");
    if (size_ == 0) throw refuse("the file is empty");
    if (mapping == MAP_FAILED) throw refuse(std::string("the file cannot be mapped into memory: ") + std::strerror(fault));
    data_ = static_cast<unsigned char *>(mapping);
}

mapped_file::~mapped_file() { munmap(data_, size_); }
