#include "backend.h"
#include "error.h"
#include "llama.h"
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

static std::string kept_error;

// The first error is the cause; those after it only say who gave up.
static void keep_first_error(ggml_log_level level, const char * text, void *) {
    if (level != GGML_LOG_LEVEL_ERROR || !kept_error.empty()) return;
    kept_error = text;
    while (!kept_error.empty() && kept_error.back() == '\n') kept_error.pop_back();
}

void forget_library_error() { kept_error.clear(); }

std::string library_error() {
    return kept_error.empty() ? "the library gave no reason" : kept_error;
}

static std::string library_folder() {
    const char * folder = std::getenv("RECTUNE_LLAMA_LIBRARIES");
    return folder && *folder ? folder : RECTUNE_LLAMA_LIBRARIES;
}

void load_ggml() {
    llama_log_set(keep_first_error, nullptr);
    ggml_log_set(keep_first_error, nullptr);
    if (std::strcmp(ggml_version(), RECTUNE_GGML_VERSION) != 0) {
        throw user_error(exit_usage,
            std::string("ggml library ") + ggml_version() + " does not match the headers " + RECTUNE_GGML_VERSION, library_folder(),
            "install the pinned packages again (npm ci) and build again (npm run build:native)");
    }
    ggml_backend_load_all_from_path(library_folder().c_str());
    if (!ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)) {
        throw user_error(exit_memory, "no CPU plug-in of ggml could be loaded", library_folder(),
            "install the prebuilt libraries again (npm ci), or set RECTUNE_LLAMA_LIBRARIES to their folder");
    }
    llama_backend_init();
}

backend::backend(int32_t n_threads) : backend(cpu_device(), n_threads) {}

backend::backend(const device_info & device, int32_t n_threads, const narrow_panels * panels)
    : info_(device), one_by_one_(device.is_software), n_threads_(n_threads), panels_(panels) {
    handle_ = ggml_backend_dev_init(device.handle, nullptr);
    if (!handle_) throw user_error(exit_memory, "the device could not be started", info_.name, "use --device cpu, or install the driver again");
    // A device other than the CPU has no threads of ours.
    const auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device.handle), "ggml_backend_set_n_threads"));
    if (set_threads) set_threads(handle_, n_threads);
    allocator_ = ggml_gallocr_new(ggml_backend_get_default_buffer_type(handle_));
}

backend::~backend() {
    kernels_.reset();
    ggml_gallocr_free(allocator_);
    for (ggml_backend_buffer_t buffer : buffers_) ggml_backend_buffer_free(buffer);
    ggml_backend_free(handle_);
}

void backend::allocate(ggml_context * ctx, const std::string & what, const std::string & fix) {
    buffers_.push_back(allocate_apart(ctx, what, fix));
}

ggml_backend_buffer_t backend::allocate_apart(ggml_context * ctx, const std::string & what, const std::string & fix) {
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(ctx, handle_);
    if (!buffer) throw user_error(exit_memory, "not enough memory for " + what, info_.name, fix);
    return buffer;
}

bool backend::use_own_kernels() {
    if (!kernels_ && !is_plain_) kernels_ = make_device_kernels(info_, handle_);
    return kernels_ != nullptr;
}

void backend::plan(ggml_cgraph * graph) {
    for (int i = 0; info_.kind != device_kind::cpu && i < ggml_graph_n_nodes(graph); i++) {
        const ggml_tensor * node = ggml_graph_node(graph, i);
        if ((kernels_ && node->op == GGML_OP_CUSTOM) || ggml_backend_supports_op(handle_, node)) continue;
        throw user_error(exit_memory, std::string("the device does not know the operation ") + ggml_op_desc(node) + " on " + ggml_type_name(node->type), info_.name, "use --device cpu");
    }
    if (!ggml_gallocr_alloc_graph(allocator_, graph)) {
        throw user_error(exit_memory, "not enough memory for the activations of one batch", info_.name, "use a smaller --micro-batch-size or --max-length");
    }
}

size_t backend::measure(ggml_cgraph * graph) const {
    const std::unique_ptr<ggml_gallocr, decltype(&ggml_gallocr_free)> apart(ggml_gallocr_new(ggml_backend_get_default_buffer_type(handle_)), ggml_gallocr_free);
    size_t bytes = 0;
    ggml_gallocr_reserve_n_size(apart.get(), graph, nullptr, nullptr, &bytes);
    return bytes;
}

void backend::forget_plan() {
    ggml_gallocr_free(allocator_);
    allocator_ = ggml_gallocr_new(ggml_backend_get_default_buffer_type(handle_));
}

void backend::compute(ggml_cgraph * graph) {
    // Mesa's llvmpipe (22.3) now and then corrupts its heap when a command buffer is long; one node at a time it never did.
    if (!observer_ && !one_by_one_) return compute_part(graph);
    ggml_init_params params{};
    params.mem_size = ggml_graph_overhead_custom(1, false);
    params.no_alloc = true;
    ggml_context * ctx = ggml_init(params);
    ggml_cgraph * part = ggml_new_graph_custom(ctx, 1, false);
    for (int i = 0; i < ggml_graph_n_nodes(graph); i++) {
        ggml_tensor * node = ggml_graph_node(graph, i);
        ggml_graph_clear(part);
        ggml_graph_add_node(part, node);
        const std::clock_t start = std::clock();
        const auto wall_start = std::chrono::steady_clock::now();
        compute_part(part);
        if (!observer_) continue;
        const double processor = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / n_threads_;
        observer_(*node, info_.kind == device_kind::cpu ? processor : std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_start).count());
    }
    ggml_free(ctx);
}

void backend::compute_part(ggml_cgraph * graph) {
    if (kernels_) return kernels_->compute(graph);
    const ggml_status status = ggml_backend_graph_compute(handle_, graph);
    if (status != GGML_STATUS_SUCCESS) {
        throw user_error(exit_memory, std::string("the graph could not be computed: ") + ggml_status_to_string(status), info_.name,
            "use a smaller --micro-batch-size or --max-length");
    }
}

std::vector<float> floats_of(const ggml_tensor * tensor) {
    std::vector<float> values(static_cast<size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, values.data(), 0, ggml_nbytes(tensor));
    return values;
}
