#include "sealed_file.h"
#include "error.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

// Writes and makes durable; returns 0 or the errno of the first step that failed. Each step is asked for its result: a full
// disk may show only when the last buffered bytes go out, in fflush or in fclose.
static int write_durably(const gguf_context * gguf, const std::string & path) {
    FILE * file = std::fopen(path.c_str(), "wb");
    if (!file) return errno;
    errno = 0;
    const bool written = gguf_write_to_file_ptr(gguf, file, false) && std::fflush(file) == 0 && !std::ferror(file) && fsync(fileno(file)) == 0;
    const int fault = written ? 0 : errno ? errno : EIO;
    if (std::fclose(file) != 0 && written) return errno;
    return fault;
}

void write_sealed_gguf(gguf_context * gguf, const std::string & path) {
    const std::string temporary = path + ".tmp";
    int fault = write_durably(gguf, temporary);
    gguf_free(gguf);
    if (fault == 0 && rename(temporary.c_str(), path.c_str()) != 0) fault = errno;
    if (fault != 0) {
        unlink(temporary.c_str());
        throw user_error(exit_data, std::string("cannot write the file: ") + std::strerror(fault), path, "free some space, or check the permissions of the folder");
    }
    // Makes the new name durable; a failure here loses nothing that was there.
    const size_t slash = path.rfind('/');
    const int folder = open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY);
    if (folder < 0) return;
    fsync(folder);
    close(folder);
}
