// AdamW, schedules and clipping against their definitions.
#include "check.h"
#include "optimizer.h"
#include "tiny_model.h"
#include <cmath>

namespace {

void adamw_follows_its_definition() {
    temporary_folder folder;
    const gguf_file file(write_tiny_model(folder.path, "llama", 3));
    const base_model model = load_model(file);
    backend cpu(1);
    const std::unique_ptr<adapter> lora = plain_adapter(cpu, model, {"attn_q"}, 2, 4, 9);
    randomise(*lora, 0.5, 10);
    adamw_settings settings;
    settings.weight_decay = 0.1;
    adamw optimizer(*lora, settings);

    // One value of each tensor, followed by hand in double precision (Loshchilov and Hutter 2019, algorithm 2).
    struct followed { double value, m, v; };
    std::vector<followed> expected;
    for (const trained_tensor & one : lora->trained()) expected.push_back({as_floats(one.tensor).back(), 0, 0});
    const double rate = 0.05;
    for (int step = 1; step <= 5; step++) {
        lora_values gradients = zeros_like(*lora);
        for (size_t i = 0; i < gradients.size(); i++) {
            random_stream chance(4, "gradient", static_cast<uint64_t>(step) * 1000 + i);
            for (float & value : gradients[i]) value = static_cast<float>(chance.normal());
            const double g = gradients[i].back();
            expected[i].m = 0.9 * expected[i].m + 0.1 * g;
            expected[i].v = 0.999 * expected[i].v + 0.001 * g * g;
            const double m_hat = expected[i].m / (1 - std::pow(0.9, step)), v_hat = expected[i].v / (1 - std::pow(0.999, step));
            expected[i].value -= rate * 0.1 * expected[i].value;
            expected[i].value -= rate * m_hat / (std::sqrt(v_hat) + 1e-8);
        }
        optimizer.step(*lora, gradients, rate);
    }
    for (size_t i = 0; i < expected.size(); i++) {
        CHECK_NEAR(as_floats(lora->trained()[i].tensor).back(), expected[i].value, 1e-5);
    }
}

void schedules_have_their_shapes() {
    for (const schedule_kind kind : {schedule_kind::constant, schedule_kind::linear, schedule_kind::cosine}) {
        CHECK_NEAR(schedule_factor(kind, 0, 100, 10), 0.0, 0);
        CHECK_NEAR(schedule_factor(kind, 5, 100, 10), 0.5, 1e-12);
        CHECK_NEAR(schedule_factor(kind, 10, 100, 10), 1.0, 1e-12);
        CHECK_NEAR(schedule_factor(kind, 0, 100, 0), 1.0, 1e-12);
    }
    CHECK_NEAR(schedule_factor(schedule_kind::constant, 99, 100, 10), 1.0, 0);
    CHECK_NEAR(schedule_factor(schedule_kind::linear, 55, 100, 10), 0.5, 1e-12);
    CHECK_NEAR(schedule_factor(schedule_kind::linear, 100, 100, 10), 0.0, 0);
    CHECK_NEAR(schedule_factor(schedule_kind::cosine, 55, 100, 10), 0.5, 1e-12);
    CHECK_NEAR(schedule_factor(schedule_kind::cosine, 100, 100, 10), 0.0, 1e-12);
}

void clipping_keeps_direction() {
    lora_values gradients = {{3, 0}, {4}};
    CHECK_NEAR(gradient_norm(gradients), 5, 1e-9);
    clip_gradients(gradients, 5, 0);
    CHECK(gradients[0][0] == 3 && gradients[1][0] == 4);
    clip_gradients(gradients, 5, 10);
    CHECK(gradients[0][0] == 3 && gradients[1][0] == 4);
    clip_gradients(gradients, 5, 1);
    CHECK_NEAR(gradient_norm(gradients), 1, 1e-5);
    CHECK_NEAR(gradients[0][0] / gradients[1][0], 0.75, 1e-6);
}

} // namespace

int main() {
    load_ggml();
    return run_tests({
        {"AdamW follows its definition, weight decay included", adamw_follows_its_definition},
        {"schedules warm up from 0, then stay, fall linearly or as a cosine", schedules_have_their_shapes},
        {"clipping limits the norm, keeps the direction, and 0 turns it off", clipping_keeps_direction},
    });
}
