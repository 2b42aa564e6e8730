#include "optimizer.h"
#include <algorithm>
#include <cmath>

double schedule_factor(schedule_kind kind, int64_t step, int64_t n_steps, int64_t n_warmup) {
    if (step < n_warmup) return static_cast<double>(step) / static_cast<double>(n_warmup);
    if (kind == schedule_kind::constant) return 1.0;
    const double rest = static_cast<double>(std::max<int64_t>(1, n_steps - n_warmup));
    const double progress = static_cast<double>(step - n_warmup) / rest;
    if (kind == schedule_kind::linear) return std::max(0.0, 1.0 - progress);
    return std::max(0.0, 0.5 * (1.0 + std::cos(M_PI * progress)));
}

double gradient_norm(const lora_values & gradients) {
    double sum = 0;
    for (const std::vector<float> & gradient : gradients) {
        for (const float value : gradient) sum += static_cast<double>(value) * value;
    }
    return std::sqrt(sum);
}

void clip_gradients(lora_values & gradients, double norm, double limit) {
    if (limit <= 0) return;
    const double factor = limit / (norm + 1e-6);
    if (factor >= 1.0) return;
    for (std::vector<float> & gradient : gradients) {
        for (float & value : gradient) value *= static_cast<float>(factor);
    }
}

void adamw::step(const adapter & lora, const lora_values & gradients, double learning_rate) {
    steps_done++;
    const double correction1 = 1.0 - std::pow(settings_.beta1, static_cast<double>(steps_done));
    const double root_correction2 = std::sqrt(1.0 - std::pow(settings_.beta2, static_cast<double>(steps_done)));
    std::vector<float> values;
    for (size_t t = 0; t < gradients.size(); t++) {
        const trained_tensor & trained = lora.trained()[t];
        const double rate = learning_rate * rate_factor(trained);
        const double step_size = rate / correction1;
        const double decay = trained.part == lora_part::magnitude ? 0 : settings_.weight_decay; // a magnitude begins at |W|, not at 0
        values.resize(gradients[t].size());
        ggml_backend_tensor_get(trained.tensor, values.data(), 0, ggml_nbytes(trained.tensor));
        for (size_t i = 0; i < values.size(); i++) {
            if (!trained.is_trained(i)) continue;
            const double g = gradients[t][i];
            const double m = settings_.beta1 * first_[t][i] + (1.0 - settings_.beta1) * g;
            const double v = settings_.beta2 * second_[t][i] + (1.0 - settings_.beta2) * g * g;
            first_[t][i] = static_cast<float>(m);
            second_[t][i] = static_cast<float>(v);
            const double decayed = values[i] * (1.0 - rate * decay);
            values[i] = static_cast<float>(decayed - step_size * m / (std::sqrt(v) / root_correction2 + settings_.epsilon));
        }
        ggml_backend_tensor_set(trained.tensor, values.data(), 0, ggml_nbytes(trained.tensor));
    }
}

double adamw::rate_factor(const trained_tensor & trained) const {
    const bool is_embedding = trained.pair->layer.target == TOKEN_EMBEDDING;
    return trained.part == lora_part::up && !is_embedding ? settings_.lora_plus_ratio : 1.0;
}
