#include "kernels/attention_layout.h"
#include "kernels/cpu_kernels.h"
#include "ggml.h"
#include <algorithm>
#include <cstdint>
#include <map>

namespace {

struct forest {
    const std::vector<segment> & segments;
    std::vector<int32_t> depth;       // of a segment's first column
    std::vector<int32_t> subtree_end; // one past the last column of a segment's descendants

    explicit forest(const std::vector<segment> & segments)
        : segments(segments), depth(segments.size(), 0), subtree_end(segments.size(), 0) {
        for (size_t s = 0; s < segments.size(); s++) {
            const segment & own = segments[s];
            GGML_ASSERT(own.parent < (int32_t) s && own.begin <= own.end);
            GGML_ASSERT(own.begin == (s == 0 ? 0 : segments[s - 1].end));
            if (own.parent >= 0) depth[s] = depth[own.parent] + segments[own.parent].end - segments[own.parent].begin;
        }
        for (size_t s = segments.size(); s-- > 0;) {
            subtree_end[s] = std::max(subtree_end[s], segments[s].end);
            if (segments[s].parent >= 0)
                subtree_end[segments[s].parent] = std::max(subtree_end[segments[s].parent], subtree_end[s]);
        }
    }

    int32_t columns() const { return segments.empty() ? 0 : segments.back().end; }

    // The segment that holds a column.
    int32_t holder(int32_t column) const {
        const auto after = std::upper_bound(segments.begin(), segments.end(), column,
                                            [](int32_t c, const segment & s) { return c < s.end; });
        return (int32_t) (after - segments.begin());
    }

    // Root first, the segment itself last.
    std::vector<int32_t> chain(int32_t s) const {
        std::vector<int32_t> up;
        for (; s >= 0; s = segments[s].parent) up.push_back(s);
        std::reverse(up.begin(), up.end());
        return up;
    }

    // Where to end a run that starts at `begin` and should have at most `target` columns: at a segment's end when one
    // lies in the second half, else so that the rest of the segment divides evenly.
    int32_t cut(int32_t begin, int32_t end, int32_t target) const {
        if (end - begin <= target) return end;
        const int32_t inside = holder(begin + target);
        if (segments[inside].begin > begin + target / 2) return segments[inside].begin;
        const int32_t left = std::min(segments[inside].end, end) - begin;
        const int32_t pieces = (left + target - 1) / target;
        return begin + (left + pieces - 1) / pieces;
    }

    // The least depth of a key that a query in [begin, end) sees; both in the subtree of one segment, or anywhere.
    int32_t least_seen(int32_t begin, int32_t end, int32_t window) const {
        if (window == 0) return 0;
        int32_t least = INT32_MAX;
        for (int32_t s = holder(begin); s < (int32_t) segments.size() && segments[s].begin < end; s++) {
            if (segments[s].begin == segments[s].end) continue;
            least = std::min(least, depth[s] + std::max(begin, segments[s].begin) - segments[s].begin);
        }
        return std::max(0, least - window + 1);
    }

    // A span's run is at first its segment.
    attention_block block(int32_t begin, int32_t end, int32_t window) const {
        attention_block result = {begin, end, INT32_MAX, 0, {}};
        int32_t greatest = 0;
        const int32_t first = holder(begin);
        const auto add = [&](int32_t s) {
            const segment & keys = segments[s];
            if (keys.begin == std::min(keys.end, end)) return;
            const int32_t query_begin = std::max(begin, keys.begin), query_end = std::min(end, subtree_end[s]);
            const int32_t unseen = std::max(0, least_seen(query_begin, query_end, window) - depth[s]); // keys that none sees any more
            const int32_t hidden = unseen / attention_key_step * attention_key_step;
            const int32_t key_begin = keys.begin + hidden, key_end = std::min(keys.end, end);
            if (key_begin >= key_end) return;
            result.spans.push_back({key_begin, key_end, depth[s] + hidden, query_begin, query_end, s});
            result.first_depth = std::min(result.first_depth, depth[s] + hidden);
            greatest = std::max(greatest, depth[s] + key_end - keys.begin);
        };
        for (int32_t s : chain(first)) add(s);
        for (size_t s = first + 1; s < segments.size() && segments[s].begin < end; s++) add((int32_t) s);
        result.first_depth = result.first_depth / softmax_block * softmax_block;
        result.row_length = greatest - result.first_depth;
        return result;
    }
};

// Of each segment what the blocks of a chunk see, from the first key that one of them sees to the last.
void find_key_runs(attention_chunk & chunk) {
    std::map<int32_t, int32_t> runs; // by segment
    for (attention_block & block : chunk.blocks)
        for (attention_span & span : block.spans) {
            span.run = runs.emplace(span.run, (int32_t) runs.size()).first->second;
            if ((size_t) span.run == chunk.key_runs.size()) chunk.key_runs.push_back({span.key_begin, span.key_end});
            attention_key_run & run = chunk.key_runs[span.run];
            run.begin = std::min(run.begin, span.key_begin);
            run.end = std::max(run.end, span.key_end);
        }
}

} // namespace

attention_layout lay_out_attention(const std::vector<segment> & segments, int32_t window, int32_t heads_per_kv) {
    const forest trees(segments);
    const int32_t columns = trees.columns();
    // Long enough chunks to keep the outer rows few (each chunk brings the chain above it), enough of them to share out.
    const int32_t chunk_columns = std::max(192, (columns + 11) / 12);
    // Rows of a block (queries x heads): enough to make up for packing the keys, few enough to waste little above the
    // diagonal and to keep the scores in the second-level cache.
    const int32_t block_columns = std::max(16, 96 / heads_per_kv);

    attention_layout layout = {{}, std::vector<int32_t>(columns), 0};
    for (size_t s = 0; s < segments.size(); s++)
        for (int32_t c = segments[s].begin; c < segments[s].end; c++) layout.depth[c] = trees.depth[s] + c - segments[s].begin;
    for (int32_t begin = 0, end; begin < columns; begin = end) {
        end = trees.cut(begin, columns, chunk_columns);
        attention_chunk chunk = {begin, end, layout.depth[begin], layout.outer_rows, {}, {}, {}};
        layout.outer_rows += chunk.depth;
        for (int32_t s : trees.chain(trees.holder(begin))) {
            const int32_t key_end = std::min(segments[s].end, begin);
            if (segments[s].begin < key_end) chunk.outer_keys.push_back({segments[s].begin, key_end, trees.depth[s], 0, 0, 0});
        }
        for (int32_t from = begin, to; from < end; from = to) {
            to = trees.cut(from, end, block_columns);
            chunk.blocks.push_back(trees.block(from, to, window));
        }
        find_key_runs(chunk);
        layout.chunks.push_back(std::move(chunk));
    }
    return layout;
}
