// One block of SASRec (sasrec.h), forward and backward.
#pragma once
#include "fit/self_attention.h"

// The parts of a block in a network's layout.
struct attention_block_parts {
    size_t wq, bq, wk, bk, wv, bv, wo, bo, norm1, w1, b1, w2, b2, norm2; // a norm is [2][width]: weight, bias
};

attention_block_parts add_attention_block(parameter_layout & layout, const std::string & name, int64_t width, int64_t inner);

// norm(x), row by row, and what its backward needs.
struct norm_pass {
    std::vector<float> normal, inverse;
};

const double NORM_EPSILON = 1e-12; // added to the variance, as RecBole has it

void norm_rows(const_matrix norm, const_matrix x, matrix_view y, norm_pass & pass);
void norm_rows_back(const_matrix norm, const norm_pass & pass, const_matrix dy, matrix_view d_norm, matrix_view dx); // dx may be dy

class self_attention_block {
  public:
    // with_dropout  false: for scores
    // site          of the block's dropout masks; it takes up to heads + 2 numbers from there
    self_attention_block(const parameter_layout & layout, const attention_block_parts & parts, const attention_shape & attention, double dropout, uint64_t site);

    // x [n_inputs][width] -> [n_queries][width], the queries of all spans
    std::vector<float> forward(const float * values, const window_share & share, const std::vector<sequence_span> & spans, const std::vector<float> & x, int lane);

    // dy [n_queries][width], used up -> gradients by x; those of the parameters are added to
    std::vector<float> backward(const float * values, const window_share & share, std::vector<float> & dy, float * gradients, int lane);

  private:
    template <typename Body> void for_each_query(const Body & body) const;

    const parameter_layout & layout_;
    attention_block_parts parts_;
    attention_shape attention_;
    double dropout_;
    uint64_t site_;
    int64_t width_, inner_;

    // of the last forward
    std::vector<sequence_span> spans_;
    std::vector<float> x_, queries_, q_, k_, v_, probabilities_, context_, middle_, before_gelu_, behind_gelu_;
    norm_pass norm1_, norm2_;
};
