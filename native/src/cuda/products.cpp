#include "products.h"
#include "error.h"
#include <string>

namespace cuda {

namespace {

const size_t ROOM = size_t(32) << 20; // bytes that cuBLAS may use for a product; what it asks for on a Hopper card

void check(cublasStatus_t status) {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    throw user_error(exit_memory, std::string("a product could not be computed: ") + cublasGetStatusString(status), "CUDA", "use a smaller --micro-batch-size, or --device cpu");
}

// What cublasLt wants to know of a product, freed with it.
struct description {
    cublasLtMatmulDesc_t how = nullptr;
    cublasLtMatrixLayout_t w = nullptr, x = nullptr, y = nullptr;

    explicit description(const products::factors & of) {
        const cublasOperation_t w_is = of.is_turned ? CUBLAS_OP_N : CUBLAS_OP_T;
        const int64_t n_x = of.is_turned ? of.n_out : of.n_in, n_y = of.is_turned ? of.n_in : of.n_out;
        check(cublasLtMatmulDescCreate(&how, CUBLAS_COMPUTE_32F, CUDA_R_32F));
        check(cublasLtMatmulDescSetAttribute(how, CUBLASLT_MATMUL_DESC_TRANSA, &w_is, sizeof(w_is)));
        check(cublasLtMatrixLayoutCreate(&w, CUDA_R_16BF, static_cast<uint64_t>(of.n_in), static_cast<uint64_t>(of.n_out), of.n_in));
        check(cublasLtMatrixLayoutCreate(&x, CUDA_R_16BF, static_cast<uint64_t>(n_x), static_cast<uint64_t>(of.n), n_x));
        check(cublasLtMatrixLayoutCreate(&y, CUDA_R_32F, static_cast<uint64_t>(n_y), static_cast<uint64_t>(of.n), n_y));
    }
    ~description() {
        for (cublasLtMatrixLayout_t each : {w, x, y}) cublasLtMatrixLayoutDestroy(each);
        cublasLtMatmulDescDestroy(how);
    }
    description(const description &) = delete;
    description & operator=(const description &) = delete;
};

cublasLtMatmulAlgo_t best_algorithm(cublasLtHandle_t handle, const description & of) {
    cublasLtMatmulPreference_t preference;
    check(cublasLtMatmulPreferenceCreate(&preference));
    cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &ROOM, sizeof(ROOM));
    cublasLtMatmulHeuristicResult_t found;
    int n_found = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(handle, of.how, of.w, of.x, of.y, of.y, preference, 1, &found, &n_found);
    cublasLtMatmulPreferenceDestroy(preference);
    check(status);
    check(n_found > 0 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED);
    return found.algo;
}

} // namespace

products::products(cudaStream_t stream) : stream_(stream) {
    check(cublasCreate(&handle_));
    check(cublasSetStream(handle_, stream));
    check(cublasLtCreate(&light_));
    if (cudaMalloc(&room_, ROOM) != cudaSuccess) throw user_error(exit_memory, "not enough memory for products", "CUDA", "use --device cpu, or free the card");
}

products::~products() {
    cudaFree(room_);
    cublasLtDestroy(light_);
    cublasDestroy(handle_);
}

void products::multiply(const factors & of, float scale, float beta, void * y, bool is_bf16) const {
    const int n_in = static_cast<int>(of.n_in), n_out = static_cast<int>(of.n_out), n = static_cast<int>(of.n);
    const int n_x = of.is_turned ? n_out : n_in, n_y = of.is_turned ? n_in : n_out;
    check(cublasGemmEx(handle_, of.is_turned ? CUBLAS_OP_N : CUBLAS_OP_T, CUBLAS_OP_N, n_y, n, n_x, &scale, of.w, CUDA_R_16BF, n_in, of.x, CUDA_R_16BF, n_x, &beta, y,
                       is_bf16 ? CUDA_R_16BF : CUDA_R_32F, n_y, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
}

void products::multiply_added(const factors & of, const float * residual, float * y) {
    const description how(of);
    const auto key = std::make_tuple(of.n_in, of.n_out, of.n, of.is_turned);
    auto algorithm = algorithms_.find(key);
    if (algorithm == algorithms_.end()) algorithm = algorithms_.emplace(key, best_algorithm(light_, how)).first;
    const float one = 1;
    check(cublasLtMatmul(light_, how.how, &one, of.w, how.w, of.x, how.x, &one, residual, how.y, y, how.y, &algorithm->second, room_, ROOM, stream_));
}

} // namespace cuda
