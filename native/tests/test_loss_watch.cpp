// When a step is not worth taking, and which rows are named.
#include "check.h"
#include "loss_watch.h"
#include "random.h"
#include "refusal.h"
#include <cmath>

namespace {

std::vector<token_row> batch_of(std::vector<int64_t> numbers) {
    std::vector<token_row> batch;
    for (const int64_t number : numbers) batch.push_back({number, {1, 2}, 1, 0});
    return batch;
}

const std::vector<token_row> BATCH = batch_of({7, 40, 3});

void what_is_not_finite_names_its_rows() {
    std::vector<double> recent;
    loss_watch watch(0, 0, recent);
    const std::string loss = *watch.fault(4, NAN, 1, BATCH, {0.5, NAN, INFINITY});
    CHECK(says(loss, "the loss of step 5") && says(loss, "rows 40 (loss nan), 3 (loss inf)") && !says(loss, "7 ("));
    const std::string gradient = *watch.fault(0, 1, INFINITY, BATCH, {0.5, 3, 1}); // no row is to blame alone: all, the worst first
    CHECK(says(gradient, "the gradient of step 1") && says(gradient, "40 (loss 3), 3 (loss 1), 7 (loss 0.5)"));
    CHECK(recent.empty());
}

void a_spike_is_told_by_the_median() {
    std::vector<double> recent;
    loss_watch watch(4, 0, recent);
    const std::vector<double> rows = {1, 30, 2};
    for (int64_t step = 0; step < 32; step++) CHECK(!watch.fault(step, step % 2 == 0 ? 2 : 100, 1, BATCH, rows)); // too few to judge by
    CHECK(!watch.fault(32, 203, 1, BATCH, rows)); // the median is 51
    const std::string fault = *watch.fault(33, 500, 1, BATCH, {1, 600, 2});
    CHECK(says(fault, "the loss of step 34 is 500, above 4 times the median") && says(fault, "rows 40 (loss 600)") && !says(fault, "(loss 2)"));
}

void losses_near_zero_do_not_spike() {
    std::vector<double> recent(32, 1e-4);
    loss_watch watch(4, 0, recent);
    CHECK(!watch.fault(50, 1.9, 1, BATCH, {2, 2, 2}));
    CHECK(watch.fault(51, 2.1, 1, BATCH, {2, 2, 2}));
}

void warm_up_and_factor_zero_are_not_judged() {
    std::vector<double> recent(32, 1);
    loss_watch warming(4, 100, recent), off(0, 0, recent);
    CHECK(!warming.fault(99, 1000, 1, BATCH, {1, 1, 1}));
    CHECK(recent == std::vector<double>(32, 1)); // not remembered either
    CHECK(!off.fault(200, 1000, 1, BATCH, {1, 1, 1}));
    CHECK(warming.fault(100, NAN, 1, BATCH, {1, 1, 1}) && warming.fault(3, NAN, 1, BATCH, {1, 1, 1}));
}

// Watched from the start, or from what a checkpoint kept: the same verdicts.
void memory_decides_alike() {
    random_stream chance(1, "losses");
    std::vector<double> whole_memory, memory;
    loss_watch whole(3, 2, whole_memory);
    int faults = 0;
    for (int64_t step = 0; step < 400; step++) {
        const double loss = std::exp(1.2 * chance.normal());
        std::vector<double> kept = memory; // as if every step were resumed
        loss_watch resumed(3, 2, kept);
        const auto expected = whole.fault(step, loss, 1, BATCH, {loss, loss, loss});
        CHECK(resumed.fault(step, loss, 1, BATCH, {loss, loss, loss}) == expected);
        memory = kept;
        faults += expected.has_value();
        CHECK(memory == whole_memory && memory.size() <= 32);
    }
    CHECK(faults > 0 && faults < 200);
}

} // namespace

int main() {
    return run_tests({
        {"a loss or gradient that is not finite names the rows at fault, the worst first", what_is_not_finite_names_its_rows},
        {"a loss above so many times the median of 32 steps is a spike, and its rows are named", a_spike_is_told_by_the_median},
        {"rows learned by heart do not make a spike of a usual loss", losses_near_zero_do_not_spike},
        {"warm-up is not judged, factor 0 judges nothing, and NaN always counts", warm_up_and_factor_zero_are_not_judged},
        {"what a checkpoint keeps decides as the uninterrupted watch does", memory_decides_alike},
    });
}
