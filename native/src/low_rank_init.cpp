#include "low_rank_init.h"
#include "error.h"
#include "random.h"
#include "svd.h"
#include <cmath>

static void write(ggml_tensor * tensor, const std::vector<float> & values) {
    ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
}

void random_init(const lora_pair & pair, uint64_t seed, uint64_t index) {
    const bool is_embedding = pair.layer.target == TOKEN_EMBEDDING;
    ggml_tensor * drawn = is_embedding ? pair.b : pair.a, * zero = is_embedding ? pair.a : pair.b;
    const double bound = 1.0 / std::sqrt(static_cast<double>(pair.a->ne[0]));
    random_stream chance(seed, "lora-init", index);
    std::vector<float> values(static_cast<size_t>(ggml_nelements(drawn)));
    for (float & value : values) value = static_cast<float>(is_embedding ? chance.normal() : (2.0 * chance.uniform() - 1.0) * bound);
    write(drawn, values);
    ggml_backend_tensor_memset(zero, 0, 0, ggml_nbytes(zero));
}

namespace {

// The products with a stored weight, computed as a pass computes them: no copy of it in f32.
class weight_products : public matrix_products {
  public:
    weight_products(backend & cpu, ggml_tensor & weight) : cpu_(cpu), weight_(weight) {}

    int64_t n_rows() const override { return weight_.ne[1]; }
    int64_t n_columns() const override { return weight_.ne[0]; }
    dense_columns times(const dense_columns & x) const override { return product(x, false); }
    dense_columns transposed_times(const dense_columns & x) const override { return product(x, true); }

  private:
    dense_columns product(const dense_columns & x, bool is_transposed) const {
        const size_t n_nodes = 8;
        ggml_init_params params{};
        params.mem_size = ggml_tensor_overhead() * n_nodes + ggml_graph_overhead_custom(n_nodes, false);
        params.no_alloc = true;
        const ggml_context_ptr ctx(ggml_init(params));
        ggml_cgraph * graph = ggml_new_graph_custom(ctx.get(), n_nodes, false);
        ggml_tensor * in = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, x.n_rows, x.n_columns);
        ggml_set_input(in);
        const std::unique_ptr<operators> ops = cpu_.make_operators();
        ggml_tensor * out = is_transposed ? ops->linear_back(ctx.get(), &weight_, in) : ops->linear(ctx.get(), &weight_, in);
        ggml_set_output(out);
        ggml_build_forward_expand(graph, out);
        cpu_.plan(graph);
        const std::vector<float> values(x.values.begin(), x.values.end());
        write(in, values);
        ops->upload();
        cpu_.compute(graph);
        const std::vector<float> read = floats_of(out);
        return {out->ne[0], out->ne[1], std::vector<double>(read.begin(), read.end())};
    }

    backend & cpu_;
    ggml_tensor & weight_;
};

// Twice `rank` numbers for each row of the vectors: those that are trained, then those that stand still.
std::vector<float> as_rows(const dense_columns & vectors, const std::vector<double> & factors, double second) {
    std::vector<float> values;
    for (int64_t row = 0; row < vectors.n_rows; row++) {
        for (const double sign : {1.0, second}) {
            for (int64_t r = 0; r < vectors.n_columns; r++) values.push_back(static_cast<float>(sign * factors[static_cast<size_t>(r)] * vectors.at(row, r)));
        }
    }
    return values;
}

// The vectors one after another, twice.
std::vector<float> as_vectors(const dense_columns & vectors, const std::vector<double> & factors) {
    std::vector<float> values;
    for (int half = 0; half < 2; half++) {
        for (int64_t r = 0; r < vectors.n_columns; r++) {
            for (int64_t row = 0; row < vectors.n_rows; row++) values.push_back(static_cast<float>(factors[static_cast<size_t>(r)] * vectors.at(row, r)));
        }
    }
    return values;
}

} // namespace

void principal_init(backend & cpu, ggml_tensor & weight, const lora_pair & pair, double scale, uint64_t seed, uint64_t index) {
    const int64_t rank = pair.b->ne[0] / 2, most = std::min(weight.ne[0], weight.ne[1]);
    if (rank > most) {
        throw user_error(exit_usage, "rank " + std::to_string(rank) + " is more than \"" + pair.layer.full_name() + "\" has, which is " + std::to_string(most), "rank",
            "use a smaller --rank, or leave --init out");
    }
    const singular_triplets top = largest_triplets(weight_products(cpu, weight), rank, seed, index);
    std::vector<double> roots;
    for (const double value : top.values) roots.push_back(std::sqrt(value / scale));
    const bool is_embedding = pair.layer.target == TOKEN_EMBEDDING; // its delta is E^T's: the sides change places
    if (is_embedding) {
        write(pair.a, as_rows(top.left, roots, 1.0));
        write(pair.b, as_rows(top.right, roots, -1.0));
    } else {
        write(pair.a, as_vectors(top.right, roots));
        write(pair.b, as_rows(top.left, roots, -1.0));
    }
}
