// Stores a model in another type, as llama.cpp's own quantiser does it: the synthetic models of the benchmarks and the F32 copy of a
// quantised model that serves as reference are made so.
//   bench-quantise IN.gguf OUT.gguf (f32 | f16 | bf16 | q8_0 | q4_1)
#include "backend.h"
#include "error.h"
#include "llama.h"
#include <cstdio>
#include <map>
#include <string>

int main(int argc, char ** argv) {
    const std::map<std::string, llama_ftype> types = {{"f32", LLAMA_FTYPE_ALL_F32}, {"f16", LLAMA_FTYPE_MOSTLY_F16}, {"bf16", LLAMA_FTYPE_MOSTLY_BF16}, {"q8_0", LLAMA_FTYPE_MOSTLY_Q8_0}, {"q4_1", LLAMA_FTYPE_MOSTLY_Q4_1}};
    if (argc != 4 || !types.count(argv[3])) {
        std::fprintf(stderr, "bench-quantise IN.gguf OUT.gguf (f32 | f16 | bf16 | q8_0 | q4_1)\n");
        return exit_usage;
    }
    load_ggml();
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = types.at(argv[3]);
    params.allow_requantize = true;
    if (llama_model_quantize(argv[1], argv[2], &params) != 0) {
        std::fprintf(stderr, "error: %s cannot be stored as %s: %s\n", argv[1], argv[3], library_error().c_str());
        return exit_data;
    }
    return exit_done;
}
