// The CPU backend of the prebuilt ggml: loaded as a plug-in, checked against the headers we were compiled with.
#pragma once
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"
#include "operators.h"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Loads the plug-ins from the folder of the prebuilt libraries and compares ggml's version with that of the headers.
// Struct layouts change between releases, so another version is refused, not tried. Call once, before anything else.
// throws user_error(exit_memory) when no CPU plug-in can be loaded, user_error(exit_usage) on another version
void load_ggml();

// The first error that libllama or ggml logged since it was last forgotten: it tells why a file could not be read.
void forget_library_error();
std::string library_error();

class backend {
  public:
    explicit backend(int32_t n_threads);
    ~backend();
    backend(const backend &) = delete;
    backend & operator=(const backend &) = delete;

    // Allocates every tensor of a context on this backend; the buffer lives as long as the backend.
    void allocate(ggml_context * ctx);

    // Plans the memory of a graph's intermediate tensors. The memory is kept and grown from graph to graph.
    void plan(ggml_cgraph * graph);

    // Computes a graph that `plan` has seen.
    void compute(ggml_cgraph * graph);

    // What the graph of a pass on this backend is built of.
    std::unique_ptr<operators> make_operators() const { return make_cpu_operators(); }

    // From now on `compute` takes one node at a time and tells of each: for profiles. Slower, as threads start anew for each node.
    // Kernels name their nodes; a node without a name of its own is known by its operation.
    void observe(std::function<void(const ggml_tensor & node, double processor_seconds)> observer) { observer_ = std::move(observer); }

    int32_t n_threads() const { return n_threads_; }

  private:
    void compute_part(ggml_cgraph * graph);

    int32_t n_threads_;
    ggml_backend_t handle_;
    ggml_gallocr_t allocator_;
    std::vector<ggml_backend_buffer_t> buffers_;
    std::function<void(const ggml_tensor &, double)> observer_;
};

// Peak resident memory of this process in bytes.
uint64_t peak_memory();
