#include "sealed_file.h"
#include "error.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

static bool sync_path(const std::string & path, int flags) {
    const int descriptor = open(path.c_str(), flags);
    if (descriptor < 0) return false;
    const bool synced = fsync(descriptor) == 0;
    return close(descriptor) == 0 && synced;
}

void write_sealed_gguf(gguf_context * gguf, const std::string & path) {
    const std::string temporary = path + ".tmp";
    const bool written = gguf_write_to_file(gguf, temporary.c_str(), false);
    gguf_free(gguf);
    if (!written || !sync_path(temporary, O_RDONLY) || rename(temporary.c_str(), path.c_str()) != 0) {
        const std::string reason = std::strerror(errno);
        unlink(temporary.c_str());
        throw user_error(exit_data, "cannot write the file: " + reason, path, "free some space, or check the permissions of the folder");
    }
    const size_t slash = path.rfind('/');
    sync_path(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY); // makes the new name durable; a failure here loses nothing that was there
}
