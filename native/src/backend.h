// A backend of the prebuilt ggml: the CPU, or another device; loaded as a plug-in, checked against the headers we were compiled with.
#pragma once
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"
#include "device_kernels.h"
#include "device_operators.h"
#include "devices.h"
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
    explicit backend(int32_t n_threads); // the CPU
    // panels  of the CPU's products with frozen weights; nullptr: f32
    backend(const device_info & device, int32_t n_threads, const narrow_panels * panels = nullptr);
    ~backend();
    backend(const backend &) = delete;
    backend & operator=(const backend &) = delete;

    // Allocates every tensor of a context on this backend; the buffer lives as long as the backend.
    // throws user_error(exit_memory), which says what there is no room for
    void allocate(ggml_context * ctx, const std::string & what, const std::string & fix);

    // The same, but the caller frees the buffer: of what may go before the backend does.
    ggml_backend_buffer_t allocate_apart(ggml_context * ctx, const std::string & what, const std::string & fix);

    // Plans the memory of a graph's intermediate tensors. The memory is kept and grown from graph to graph.
    // throws user_error(exit_memory) when it does not suffice, or the device does not know an operation of the graph
    void plan(ggml_cgraph * graph);

    // Bytes that a graph's intermediate tensors would take; nothing is allocated. No tensor of the graph's own may have been planned.
    size_t measure(ggml_cgraph * graph) const;

    // Gives that memory back, until a graph is planned again.
    void forget_plan();

    // Bytes of that memory.
    size_t planned_bytes() const { return ggml_gallocr_get_buffer_size(allocator_, 0); }

    // Computes a graph that `plan` has seen.
    void compute(ggml_cgraph * graph);

    // What the graph of a pass on this backend is built of.
    std::unique_ptr<operators> make_operators() const;

    // The transposes that linear_back finds instead of making them; they must outlive the backend's graphs.
    void use_transposes(const transposed_weights & transposes) { transposes_ = transposes; }

    // From now on passes are built of our own kernels for this device, where this program has some: over frozen weights in bf16 only.
    // Returns whether it has.
    bool use_own_kernels();

    // From now on passes are built of plain ggml ops, also on the CPU, and where there are kernels of our own: to test that path, to count
    // its nodes, and to tell what the kernels are worth.
    void use_device_operators() { is_plain_ = true; }

    device_kind kind() const { return info_.kind; }
    const narrow_panels * panels() const { return panels_; }

    // From now on `compute` takes one node at a time and tells of each: for profiles. Slower, as threads start anew for each node.
    // seconds  processor time a thread on the CPU, on another device those that pass until its result is there
    // Kernels name their nodes; a node without a name of its own is known by its operation.
    void observe(std::function<void(const ggml_tensor & node, double seconds)> observer) { observer_ = std::move(observer); }

    int32_t n_threads() const { return n_threads_; }

  private:
    void compute_part(ggml_cgraph * graph);

    device_info info_;
    bool one_by_one_; // see compute
    bool is_plain_ = false;
    int32_t n_threads_;
    const narrow_panels * panels_;
    transposed_weights transposes_;
    ggml_backend_t handle_;
    ggml_gallocr_t allocator_;
    std::unique_ptr<device_kernels> kernels_;
    std::vector<ggml_backend_buffer_t> buffers_;
    std::function<void(const ggml_tensor &, double)> observer_;
};

// The values of an f32 tensor, wherever it lies.
std::vector<float> floats_of(const ggml_tensor * tensor);
