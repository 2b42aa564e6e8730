// Adam on plain arrays.   Kingma and Ba 2015, arXiv:1412.6980; the order of operations is torch.optim.Adam's.
#pragma once
#include <cstddef>
#include <cstdint>

struct adam_step {
    int64_t number; // from 1
    double learning_rate;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

// values[i] -= rate * m[i] / (sqrt(v[i]) + epsilon), with both moments updated by gradients[i] and freed of their bias; the gradients are zeros then.
// All arrays [n]. The same bytes for any number of threads.
void update_by_adam(const adam_step & step, size_t n, float * values, float * gradients, float * first, float * second, int32_t threads);
