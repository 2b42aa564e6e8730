#include "fit/adam.h"
#include "kernels/cpu_kernels.h"
#include "parallel.h"
#include <algorithm>
#include <cmath>

static const size_t AT_ONCE = 1 << 18; // values; fewer take less time than it takes to start a thread

void update_by_adam(const adam_step & step, size_t n, float * values, float * gradients, float * first, float * second, int32_t threads) {
    const double corrected1 = 1 - std::pow(step.beta1, static_cast<double>(step.number)), corrected2 = 1 - std::pow(step.beta2, static_cast<double>(step.number));
    const adam_factors factors = {static_cast<float>(1 - step.beta1), static_cast<float>(1 - step.beta2), static_cast<float>(step.beta2),
                                  static_cast<float>(step.learning_rate / corrected1), static_cast<float>(1 / std::sqrt(corrected2)), static_cast<float>(step.epsilon)};
    const cpu_kernels & cpu = current_cpu_kernels();
    for_each_index((n + AT_ONCE - 1) / AT_ONCE, threads, [&](size_t part) {
        const size_t begin = part * AT_ONCE, count = std::min(n - begin, AT_ONCE);
        cpu.adam(static_cast<int64_t>(count), factors, values + begin, gradients + begin, first + begin, second + begin);
    });
}
