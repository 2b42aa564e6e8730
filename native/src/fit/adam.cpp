#include "fit/adam.h"
#include "parallel.h"
#include <algorithm>
#include <cmath>

static const size_t AT_ONCE = 1 << 18; // values; fewer take less time than it takes to start a thread

void update_by_adam(const adam_step & step, size_t n, float * values, float * gradients, float * first, float * second, int32_t threads) {
    const double corrected1 = 1 - std::pow(step.beta1, static_cast<double>(step.number)), corrected2 = 1 - std::pow(step.beta2, static_cast<double>(step.number));
    const float keep1 = static_cast<float>(1 - step.beta1), keep2 = static_cast<float>(1 - step.beta2), decay2 = static_cast<float>(step.beta2);
    const float rate = static_cast<float>(step.learning_rate / corrected1), root = static_cast<float>(1 / std::sqrt(corrected2)), epsilon = static_cast<float>(step.epsilon);
    for_each_index((n + AT_ONCE - 1) / AT_ONCE, threads, [&](size_t part) {
        const size_t end = std::min(n, (part + 1) * AT_ONCE);
        for (size_t i = part * AT_ONCE; i < end; i++) {
            const float gradient = gradients[i], m = first[i] + keep1 * (gradient - first[i]), v = decay2 * second[i] + keep2 * gradient * gradient;
            first[i] = m;
            second[i] = v;
            values[i] -= rate * m / (std::sqrt(v) * root + epsilon);
            gradients[i] = 0;
        }
    });
}
