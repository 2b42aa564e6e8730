#include "checkpoint_file.h"
#include "digest.h"
#include "error.h"
#include "mapped_file.h"
#include "sealed_file.h"
#include <filesystem>

static const std::string MARK = "\nrectune-digest ";
static const size_t DIGITS = 16;

bool is_whole_checkpoint(const std::string & path) {
    const mapped_file file(path);
    if (file.size() < MARK.size() + DIGITS) return false;
    const size_t content = file.size() - MARK.size() - DIGITS;
    digest found;
    found.add(file.data(), content);
    return MARK + found.hexadecimal() == std::string(reinterpret_cast<const char *>(file.data()) + content, MARK.size() + DIGITS);
}

void write_checkpoint_file(const std::string & path, gguf_context * keys, const std::vector<const ggml_tensor *> & tensors) {
    sealed_file file(path);
    write_gguf(file, keys, tensors);
    const std::string seal = MARK + file.written_digest();
    file.write(seal.data(), seal.size());
    file.seal();
    if (is_whole_checkpoint(path)) return;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    throw user_error(exit_data, "what was read back is not what was written", path, "check the disk");
}
