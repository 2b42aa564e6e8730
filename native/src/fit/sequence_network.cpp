#include "fit/sequence_network.h"
#include <algorithm>

int64_t window_share::n_inputs() const {
    int64_t n = 0;
    for (const sequence_window & window : windows) n += window.n_inputs;
    return n;
}

int64_t window_share::n_targets() const {
    int64_t n = 0;
    for (const sequence_window & window : windows) n += window.n_targets;
    return n;
}

void drop_row(double rate, const window_share & share, uint64_t site, size_t window, int64_t place, int64_t most_places, int64_t n, const float * x, float * y) {
    if (rate == 0) {
        if (x != y) std::copy_n(x, n, y);
        return;
    }
    drop_column({static_cast<float>(rate), share.dropout_seed + site}, n, share.numbers[window] * most_places + place, x, y);
}
