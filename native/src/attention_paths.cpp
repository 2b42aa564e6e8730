#include "attention_paths.h"
#include <algorithm>

attention_paths lay_out_paths(const std::vector<segment> & segments) {
    std::vector<bool> is_leaf(segments.size(), true);
    std::vector<int32_t> depth(segments.size(), 0); // of the first column
    for (size_t s = 0; s < segments.size(); s++) {
        const int32_t parent = segments[s].parent;
        if (parent < 0) continue;
        is_leaf[static_cast<size_t>(parent)] = false;
        const segment & above = segments[static_cast<size_t>(parent)];
        depth[s] = depth[static_cast<size_t>(parent)] + above.end - above.begin;
    }

    attention_paths paths{};
    paths.n_columns = segments.empty() ? 0 : segments.back().end;
    std::vector<int32_t> sharers_at; // columns at each depth so far
    std::vector<int32_t> sharer_of(static_cast<size_t>(paths.n_columns), 0), depth_of(static_cast<size_t>(paths.n_columns), 0);
    for (size_t s = 0; s < segments.size(); s++) {
        for (int32_t c = segments[s].begin; c < segments[s].end; c++) {
            const size_t at = static_cast<size_t>(depth[s] + c - segments[s].begin);
            if (sharers_at.size() <= at) sharers_at.resize(at + 1, 0);
            depth_of[static_cast<size_t>(c)] = static_cast<int32_t>(at);
            sharer_of[static_cast<size_t>(c)] = sharers_at[at]++;
        }
    }
    paths.length = static_cast<int32_t>(sharers_at.size());
    paths.n_paths = static_cast<int32_t>(std::count(is_leaf.begin(), is_leaf.end(), true));
    paths.n_sharers = sharers_at.empty() ? 0 : *std::max_element(sharers_at.begin(), sharers_at.end());

    const size_t length = static_cast<size_t>(paths.length), n_paths = static_cast<size_t>(paths.n_paths), n_sharers = static_cast<size_t>(paths.n_sharers);
    paths.gather.assign(length * n_paths, 0);
    paths.first.assign(length * n_paths, 0);
    paths.place.assign(static_cast<size_t>(paths.n_columns), -1);
    paths.sum.assign(n_paths * n_sharers * length, 0);
    size_t path = 0;
    int64_t used = 0; // places that are no padding
    for (size_t leaf = 0; leaf < segments.size(); leaf++) {
        if (!is_leaf[leaf]) continue;
        for (int32_t s = static_cast<int32_t>(leaf); s >= 0; s = segments[static_cast<size_t>(s)].parent) {
            for (int32_t c = segments[static_cast<size_t>(s)].begin; c < segments[static_cast<size_t>(s)].end; c++) {
                const size_t column = static_cast<size_t>(c), at = static_cast<size_t>(depth_of[column]), place = path * length + at;
                paths.gather[place] = c;
                used++;
                if (paths.place[column] < 0) {
                    paths.place[column] = static_cast<int32_t>(place);
                    paths.first[place] = 1;
                }
                paths.sum[(at * n_sharers + static_cast<size_t>(sharer_of[column])) * n_paths + path] = 1;
            }
        }
        path++;
    }
    paths.shares = used > paths.n_columns;
    paths.is_identity = !paths.shares && used == static_cast<int64_t>(length * n_paths);
    for (size_t place = 0; paths.is_identity && place < paths.gather.size(); place++) paths.is_identity = paths.gather[place] == static_cast<int32_t>(place);
    for (size_t c = 0; c < depth_of.size(); c++) paths.sharer.push_back(depth_of[c] * paths.n_sharers + sharer_of[c]);
    return paths;
}
