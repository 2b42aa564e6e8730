# Instruction sets of the CPU kernels: the same source compiled once for each, chosen at run time.
# Contraction is asked for: without it, ISO C++ mode keeps products and sums apart, at half the speed.
set(KERNELS ${CMAKE_CURRENT_SOURCE_DIR}/src/kernels)
set(KERNEL_FLAGS -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Vectors are passed between functions of one file only; what GCC 12 finds uninitialised stands in its own <immintrin.h>.
    list(APPEND KERNEL_FLAGS -Wno-psabi -Wno-maybe-uninitialized)
endif()
set_source_files_properties(${KERNELS}/cpu_baseline.cpp PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    target_compile_definitions(rectune PRIVATE RECTUNE_X86_KERNELS)
    set_source_files_properties(${KERNELS}/cpu_avx2.cpp PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS};-mavx2;-mfma;-mf16c")
    set_source_files_properties(${KERNELS}/cpu_avx512.cpp PROPERTIES
        COMPILE_OPTIONS "${KERNEL_FLAGS};-mavx512f;-mavx2;-mfma;-mf16c;-mprefer-vector-width=512")

    # Sixteen-bit panels, where the compiler knows their instructions; the file is empty otherwise.
    include(CheckCXXCompilerFlag)
    foreach(type bf16 fp16)
        check_cxx_compiler_flag(-mavx512${type} HAS_AVX512_${type})
        if(HAS_AVX512_${type})
            string(TOUPPER RECTUNE_${type}_KERNELS definition)
            target_compile_definitions(rectune PRIVATE ${definition})
            set_source_files_properties(${KERNELS}/panel_${type}.cpp PROPERTIES
                COMPILE_OPTIONS "${KERNEL_FLAGS};-mavx512f;-mavx2;-mfma;-mf16c;-mavx512${type};-mprefer-vector-width=512")
        endif()
    endforeach()
    # The same source with those instructions emulated, for the tests.
    set(EMULATED_PANELS ${CMAKE_CURRENT_SOURCE_DIR}/tests/emulated_panels.cpp)
    set_source_files_properties(${EMULATED_PANELS} PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS};-mavx512f;-mavx2;-mfma;-mf16c")
endif()
