#include "kernels/narrow_panels.h"

#ifdef RECTUNE_BF16_KERNELS
extern const narrow_panels bf16_panels;
#endif
#ifdef RECTUNE_FP16_KERNELS
extern const narrow_panels fp16_panels;
#endif

const std::vector<const narrow_panels *> & supported_narrow_panels() {
    static const std::vector<const narrow_panels *> supported = [] {
        std::vector<const narrow_panels *> tables;
#if defined(RECTUNE_BF16_KERNELS) || defined(RECTUNE_FP16_KERNELS)
        const bool avx512 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("avx512f");
#endif
#ifdef RECTUNE_BF16_KERNELS
        if (avx512 && __builtin_cpu_supports("avx512bf16")) tables.push_back(&bf16_panels);
#endif
#ifdef RECTUNE_FP16_KERNELS
        if (avx512 && __builtin_cpu_supports("avx512fp16")) tables.push_back(&fp16_panels);
#endif
        return tables;
    }();
    return supported;
}
