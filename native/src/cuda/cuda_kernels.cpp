// ggml has a stream of its own, and so have our kernels: events put one behind the other, and the host waits for neither before the end.
#include "cuda_operators.h"
#include "device_kernels.h"
#include "error.h"
#include "ggml-backend.h"
#include "launch.h"
#include <cstdlib>
#include <memory>
#include <string>

namespace cuda {

namespace {

// ggml's event, as its CUDA backend makes it: the context is the runtime's. The struct is ggml's own, of the pinned release.
struct library_event {
    ggml_backend_dev_t device;
    cudaEvent_t context;
};

cudaEvent_t runtime_event(ggml_backend_event_t event) { return reinterpret_cast<library_event *>(event)->context; }

void check(cudaError_t error) {
    if (error != cudaSuccess) throw user_error(exit_memory, std::string("the graph could not be computed: ") + cudaGetErrorString(error), "CUDA", "use a smaller --micro-batch-size or --max-length");
}

class kernels : public device_kernels {
  public:
    kernels(const device_info & device, ggml_backend_t handle, int index) : handle_(handle), index_(index) {
        check(cudaSetDevice(index_));
        check(cudaStreamCreateWithFlags(&on_.stream, cudaStreamNonBlocking));
        products_ = std::make_unique<products>(on_.stream);
        on_.products = products_.get();
        of_library_ = ggml_backend_event_new(device.handle);
        of_kernels_ = ggml_backend_event_new(device.handle);
    }

    ~kernels() override {
        ggml_backend_event_free(of_library_);
        ggml_backend_event_free(of_kernels_);
        products_.reset();
        cudaStreamDestroy(on_.stream);
    }

    std::unique_ptr<operators> make_operators() override { return cuda::make_operators(on_); }

    void compute(ggml_cgraph * graph) override {
        check(cudaSetDevice(index_));
        const int n = ggml_graph_n_nodes(graph);
        ggml_init_params params{};
        params.mem_size = ggml_graph_overhead_custom(static_cast<size_t>(n), false);
        params.no_alloc = true;
        const std::unique_ptr<ggml_context, decltype(&ggml_free)> ctx(ggml_init(params), ggml_free);
        ggml_cgraph * part = ggml_new_graph_custom(ctx.get(), static_cast<size_t>(n), false);
        bool ours = false; // whose stream the last node is on
        for (int i = 0; i < n;) {
            ggml_tensor * node = ggml_graph_node(graph, i);
            if (is_nothing(*node)) {
                i++;
                continue;
            }
            if (node->op == GGML_OP_CUSTOM) {
                if (!ours) after_library();
                ours = true;
                launch(*node);
                i++;
                continue;
            }
            if (ours) after_kernels();
            ours = false;
            ggml_graph_clear(part);
            for (; i < n && ggml_graph_node(graph, i)->op != GGML_OP_CUSTOM; i++) ggml_graph_add_node(part, ggml_graph_node(graph, i));
            const ggml_status status = ggml_backend_graph_compute_async(handle_, part);
            if (status != GGML_STATUS_SUCCESS) throw user_error(exit_memory, std::string("the graph could not be computed: ") + ggml_status_to_string(status), "CUDA", "use a smaller --micro-batch-size or --max-length");
        }
        check(cudaGetLastError());
        ggml_backend_synchronize(handle_);
        check(cudaStreamSynchronize(on_.stream));
    }

  private:
    const ggml_backend_t handle_;
    const int index_;
    place on_;
    std::unique_ptr<products> products_;
    ggml_backend_event_t of_library_, of_kernels_;

    static bool is_nothing(const ggml_tensor & node) {
        return ggml_is_empty(&node) || node.op == GGML_OP_NONE || node.op == GGML_OP_VIEW || node.op == GGML_OP_RESHAPE || node.op == GGML_OP_PERMUTE || node.op == GGML_OP_TRANSPOSE;
    }

    void after_library() {
        ggml_backend_event_record(of_library_, handle_);
        check(cudaStreamWaitEvent(on_.stream, runtime_event(of_library_), 0));
    }

    void after_kernels() {
        check(cudaEventRecord(runtime_event(of_kernels_), on_.stream));
        ggml_backend_event_wait(handle_, of_kernels_);
    }
};

// Graphs are cut into hundreds of parts, each with other addresses in each pass: recording them would cost more than it saves.
void do_not_record_graphs() { setenv("GGML_CUDA_DISABLE_GRAPHS", "1", 0); }

} // namespace

} // namespace cuda

std::unique_ptr<device_kernels> make_device_kernels(const device_info & device, ggml_backend_t handle) {
    const std::string name = ggml_backend_dev_name(device.handle), prefix = "CUDA";
    if (device.kind != device_kind::cuda || name.compare(0, prefix.size(), prefix) != 0) return nullptr;
    const int index = std::atoi(name.c_str() + prefix.size());
    if (!cuda::has_code_for(index)) return nullptr;
    cuda::do_not_record_graphs();
    return std::make_unique<cuda::kernels>(device, handle, index);
}
