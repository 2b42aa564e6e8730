// Products with frozen weights in bf16, with sums in f32, by cuBLAS.
#pragma once
#include <cstdint>
#include <cublasLt.h>
#include <cublas_v2.h>
#include <map>
#include <tuple>

namespace cuda {

class products {
  public:
    // throws user_error(exit_memory)
    explicit products(cudaStream_t stream);
    ~products();
    products(const products &) = delete;
    products & operator=(const products &) = delete;

    // W [n_in, n_out] and its factor x are stored in bf16.
    struct factors {
        const void * w, * x;
        int64_t n_in, n_out, n;
        bool is_turned; // W^T x, x [n_out, n], instead of W x, x [n_in, n]
    };

    // y = scale * product + beta * y, y in f32 or bf16
    void multiply(const factors & of, float scale, float beta, void * y, bool is_bf16) const;

    // y = product + residual, in f32
    void multiply_added(const factors & of, const float * residual, float * y);

  private:
    cudaStream_t stream_;
    cublasHandle_t handle_;
    cublasLtHandle_t light_;
    void * room_;
    std::map<std::tuple<int64_t, int64_t, int64_t, bool>, cublasLtMatmulAlgo_t> algorithms_; // by n_in, n_out, n, is_turned: to look for one takes longer than to launch it
};

} // namespace cuda
