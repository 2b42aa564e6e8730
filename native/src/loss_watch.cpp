#include "loss_watch.h"
#include <algorithm>
#include <cmath>
#include <cstdio>

static const size_t MOST_NAMED = 10;

static std::string in_digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

// The rows at fault with their losses, the worst first.
static std::string named(const std::vector<token_row> & batch, const std::vector<double> & row_losses, double above) {
    std::vector<size_t> order;
    for (size_t i = 0; i < batch.size(); i++) {
        if (!(row_losses[i] <= above)) order.push_back(i);
    }
    if (order.empty()) { // each is well by itself
        for (size_t i = 0; i < batch.size(); i++) order.push_back(i);
    }
    const auto badness = [&](size_t i) { return std::isfinite(row_losses[i]) ? row_losses[i] : INFINITY; };
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return badness(a) > badness(b); });
    std::string text;
    for (size_t i = 0; i < std::min(MOST_NAMED, order.size()); i++) {
        text += (i == 0 ? "" : ", ") + std::to_string(batch[order[i]].row) + " (loss " + in_digits(row_losses[order[i]]) + ")";
    }
    if (order.size() > MOST_NAMED) text += " and " + std::to_string(order.size() - MOST_NAMED) + " more";
    return text;
}

std::optional<std::string> loss_watch::fault(int64_t step, double loss, double norm, const std::vector<token_row> & batch, const std::vector<double> & row_losses) {
    const std::string of_step = " of step " + std::to_string(step + 1);
    if (!std::isfinite(loss)) return "the loss" + of_step + " is not finite: rows " + named(batch, row_losses, 1e300);
    if (!std::isfinite(norm)) return "the gradient" + of_step + " is not finite: rows " + named(batch, row_losses, 1e300);
    if (step < begins_at_) return std::nullopt;
    if (factor_ > 0 && recent_.size() == WINDOW) {
        std::vector<double> sorted = recent_;
        std::sort(sorted.begin(), sorted.end());
        const double median = (sorted[WINDOW / 2 - 1] + sorted[WINDOW / 2]) / 2;
        const double limit = factor_ * std::max(median, SMALLEST_MEDIAN);
        if (loss > limit) {
            return "the loss" + of_step + " is " + in_digits(loss) + ", above " + in_digits(factor_) + " times the median " + in_digits(median) +
                   " of the last " + std::to_string(WINDOW) + " steps" + (median < SMALLEST_MEDIAN ? " (counted as " + in_digits(SMALLEST_MEDIAN) + ")" : "") +
                   ": rows " + named(batch, row_losses, limit);
        }
    }
    recent_.push_back(loss);
    if (recent_.size() > WINDOW) recent_.erase(recent_.begin());
    return std::nullopt;
}
