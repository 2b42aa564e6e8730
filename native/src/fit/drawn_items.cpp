#include "fit/drawn_items.h"
#include "random.h"
#include <algorithm>
#include <cmath>

// c such that the sum of min(1, c x_i) is n, of x [n_items] above 0 in falling order; n below n_items.
static double scale_to_sum(const std::vector<double> & x, double n) {
    double rest = 0;
    for (const double one : x) rest += one;
    size_t whole = 0; // of the largest, whose chance is 1
    while ((n - static_cast<double>(whole)) / rest * x[whole] > 1) rest -= x[whole++];
    return (n - static_cast<double>(whole)) / rest;
}

item_draw::item_draw(const interaction_log & log, int64_t n) : chances_(static_cast<size_t>(log.n_items), 1.0) {
    if (n >= log.n_items) return;
    for (const int32_t item : log.items) chances_[static_cast<size_t>(item)]++;
    std::vector<double> falling = chances_;
    std::sort(falling.begin(), falling.end(), [](double a, double b) { return a > b; });
    const double scale = scale_to_sum(falling, static_cast<double>(n));
    for (double & chance : chances_) chance = std::min(1.0, scale * chance);
}

drawn_items item_draw::draw(random_stream & chance) const {
    drawn_items drawn;
    for (size_t item = 0; item < chances_.size(); item++) {
        if (chance.uniform() >= chances_[item]) continue;
        drawn.items.push_back(static_cast<int32_t>(item));
        drawn.corrections.push_back(static_cast<float>(-std::log(chances_[item])));
    }
    return drawn;
}
