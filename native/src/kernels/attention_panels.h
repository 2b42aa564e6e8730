// The products of attention as tiles on packed panels (cpu_kernels.h), for one chunk and one key/value head.
//
// Keys and values are packed once a chunk. A block's rows are its queries times the heads that read the key/value head, query by query,
// so that a segment's queries are a run of rows. Scores are computed as k . q, a row of the block in each column of a panel, a key a line,
// by depth: softmax then runs down the columns, sixteen rows at a time, and leaves what the next product takes, with no packing between.
#pragma once
#include "kernels/attention.h"
#include "kernels/attention_layout.h"
#include "kernels/cpu_kernels.h"

constexpr int most_tile_columns = 32;

// Where a chunk's key runs lie once packed. Every run takes whole panels of tile_rows.
struct key_places {
    const attention_chunk & chunk;
    int64_t dim, padded_dim;
    std::vector<int64_t> first; // of each run, in floats
    int64_t size;               // floats of one packing
    key_places(const attention_chunk & chunk, int64_t dim);

    // rows: of column 0, stride floats from one column to the next.
    void pack_by_key(const float * rows, int64_t stride, float * to) const;       // panels of tile_rows keys, [dim][tile_rows]
    void pack_by_dimension(const float * rows, int64_t stride, float * to) const; // panels of tile_rows dimensions, [key][tile_rows]
};

// The rows of a block, as panels of tile_columns.
class query_panels {
  public:
    query_panels(const attention_plan & plan, const attention_layout & layout, const attention_block & block, const key_places & places);

    int64_t count; // of panels
    int64_t row_size() const { return rows_ * row_stride_ + pack_slack; }
    int64_t packed_size() const { return count * columns_ * (dim_ + columns_) + pack_slack; }
    int64_t score_size() const { return count * score_stride_; }
    int64_t out_size() const { return (places_.padded_dim + tile_rows_) * columns_ + pack_slack; }
    int64_t strip_size() const { return rows_ * tile_rows_ + pack_slack; }
    // The block's rows from or to [n, n_head * dim], apart on whole lines of sixteen; and packed: panels [dim][tile_columns] of rows; panels [row][tile_columns] of dimensions.
    void gather(const float * all, int64_t width, int64_t kv_head, float * rows) const;
    void scatter(const float * rows, int64_t width, int64_t kv_head, float * all) const;
    void pack(const float * rows, float * to) const;
    void pack_by_row(const float * rows, float * to) const;

    // scores(key, row) = keys(key) . x(row)
    void score(int64_t panel, const float * x, const float * keys, float * scores) const;
    // Scores to exp(score - the row's greatest) and one over the row's sum. slope: room for the derivative of the soft cap by the products
    // before it; or nullptr, when none is wanted or there is no soft cap.
    void probabilities(int64_t panel, float * scores, float * slope, float * inverse) const;
    // p: what probabilities left; becomes the probabilities. d: gradient by them; becomes that by the products. Both zeros behind what is
    // seen, as far as `spread` reads.
    void probabilities_back(int64_t panel, const float * inverse, const float * slope, float * p, float * d) const;
    // out(dimension, row) = sum over keys of scores(key, row) * values(key): one running sum by depth
    void mix(int64_t panel, const float * scores, const float * values, float * out) const;
    void unpack(int64_t panel, const float * out, float * rows) const;
    // d(key) += sum over rows of scores(key, row) * x(row), for keys [key_begin, key_end) of a span; strip: room for a packed strip of scores
    void spread(const attention_span & span, int32_t key_begin, int32_t key_end, const float * scores, const float * x, float * d,
                int64_t stride, float * strip) const;

  private:
    // What a panel has of a span: its columns [begin, end) and so many keys.
    struct overlap { int64_t begin, end, keys; };
    overlap overlap_of(int64_t panel, const attention_span & span) const;
    void multiply(int64_t k, const float * a, const float * b, float * c, bool add, int64_t lines, const overlap & part, int64_t panel) const;

    int64_t line_of(const attention_span & span) const { return span.depth - block_.first_depth; }

    const attention_plan & plan_;
    const attention_block & block_;
    const key_places & places_;
    int64_t heads_, dim_, row_stride_, rows_, columns_, tile_rows_, score_stride_;
    std::vector<int32_t> first_, last_; // lines that each row sees; 0 for those that fill up the last panel
    std::vector<int64_t> lines_;        // of each panel: the greatest last line, plus one
};
