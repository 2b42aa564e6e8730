#include "sealed_file.h"
#include "error.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace fs = std::filesystem;

static int open_file(const char * path, int flags, mode_t mode) { return open(path, flags, mode); }

disk_calls disk = {open_file, write, fsync, close, rename};

static const char * const TEMPORARY = ".tmp";
static const size_t GATHERED = 1 << 16; // bytes of small writes that go out together

sealed_file::sealed_file(const std::string & path) : path_(path), temporary_(path + TEMPORARY) {
    descriptor_ = disk.open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail(errno);
}

sealed_file::~sealed_file() {
    if (descriptor_ < 0) return;
    disk.close(descriptor_);
    unlink(temporary_.c_str());
}

void sealed_file::fail(int fault) {
    if (descriptor_ >= 0) disk.close(descriptor_);
    descriptor_ = -1;
    unlink(temporary_.c_str());
    throw user_error(exit_data, std::string("cannot write the file: ") + std::strerror(fault), path_, "free some space, or check the permissions of the folder");
}

void sealed_file::write(const void * data, size_t size) {
    digest_.add(data, size);
    const unsigned char * bytes = static_cast<const unsigned char *>(data);
    while (size > 0) {
        const size_t taken = std::min(size, GATHERED - waiting_.size());
        waiting_.insert(waiting_.end(), bytes, bytes + taken);
        bytes += taken;
        size -= taken;
        if (waiting_.size() == GATHERED) flush();
    }
}

void sealed_file::flush() {
    for (size_t done = 0; done < waiting_.size();) {
        const ssize_t written = disk.write(descriptor_, waiting_.data() + done, waiting_.size() - done); // may take only a part
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail(written < 0 ? errno : EIO);
        done += static_cast<size_t>(written);
    }
    waiting_.clear();
}

// 0, or the errno of the step that failed.
static int sync_folder(const std::string & folder) {
    const int descriptor = disk.open(folder.c_str(), O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0) return errno == EACCES ? 0 : errno; // a folder may be closed to readers and open to writers
    const int fault = disk.fsync(descriptor) == 0 ? 0 : errno;
    disk.close(descriptor);
    const bool is_unknown = fault == EINVAL || fault == ENOTSUP || fault == EOPNOTSUPP || fault == ENOSYS; // the file system syncs no folders
    return is_unknown ? 0 : fault;
}

void sealed_file::seal() {
    flush();
    if (disk.fsync(descriptor_) != 0) fail(errno);
    const int closing = std::exchange(descriptor_, -1);
    if (disk.close(closing) != 0) fail(errno);
    if (disk.rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
    const std::string folder = fs::path(path_).parent_path().string();
    if (const int fault = sync_folder(folder.empty() ? "." : folder)) fail(fault);
}

void remove_unsealed(const std::string & folder) {
    std::error_code ignored;
    for (const fs::directory_entry & entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == TEMPORARY && entry.is_regular_file(ignored)) fs::remove(entry.path(), ignored);
    }
}
