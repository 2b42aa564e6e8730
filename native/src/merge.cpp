#include "merge.h"
#include "gguf_file.h"
#include <cmath>

void merge_pair(float * weight, int64_t ne0, int64_t ne1, const lora_pair & pair, float scale) {
    const bool is_embedding = pair.layer.target == TOKEN_EMBEDDING;
    const std::vector<float> a = as_floats(pair.a), b = as_floats(pair.b);
    const std::vector<float> magnitudes = pair.magnitude ? as_floats(pair.magnitude) : std::vector<float>{};
    const size_t n = static_cast<size_t>(ne0), rank = static_cast<size_t>(pair.b->ne[0]);
    std::vector<double> row(n);
    for (size_t out = 0; out < static_cast<size_t>(ne1); out++) {
        float * values = weight + out * n;
        for (size_t in = 0; in < n; in++) row[in] = values[in];
        for (size_t r = 0; r < rank; r++) {
            const double factor = static_cast<double>(scale) * (is_embedding ? a : b)[out * rank + r];
            for (size_t in = 0; in < n; in++) row[in] += factor * (is_embedding ? b[in * rank + r] : a[r * n + in]);
        }
        double factor = 1;
        if (pair.magnitude) {
            double squared = 0;
            for (const double value : row) squared += value * value;
            factor = squared > 0 ? magnitudes[out] / std::sqrt(squared) : 0;
        }
        for (size_t in = 0; in < n; in++) values[in] = static_cast<float>(row[in] * factor);
    }
}
