// Objectives against their slow definitions on the logits, their gradients against central differences, and parts against the whole.
#include "batch_objective.h"
#include "check.h"
#include "network.h"
#include "tiny_model.h"
#include <cmath>
#include <set>

namespace {

const std::vector<objective_kind> KINDS = {objective_kind::next_token, objective_kind::label_softmax, objective_kind::pairwise};

struct tiny : adapted_model {
    tiny() : adapted_model([](const std::string & folder) { return write_tiny_model(folder, "llama", 7); }) {
        lora = plain_adapter(cpu, model, {"attn_q", "attn_v", "ffn_down", "output"}, 3, 6, 11);
        randomise(*lora, 0.2, 13);
    }

    // The loss of a batch in parts of some rows, with its gradients.
    double loss(objective_kind kind, const std::vector<token_row> & batch, size_t at_once, lora_values * gradients, float dropout = 0, std::vector<double> * row_losses = nullptr) {
        network own(cpu, model, lora.get());
        batch_objective goal(kind, batch, false);
        const auto each_part = [&](auto && take) {
            for (size_t begin = 0; begin < batch.size(); begin += at_once) {
                const size_t end = std::min(batch.size(), begin + at_once);
                const std::vector<token_row> rows(batch.begin() + static_cast<std::ptrdiff_t>(begin), batch.begin() + static_cast<std::ptrdiff_t>(end));
                const token_layout layout = lay_out_for_objective(rows, kind, true);
                const std::unique_ptr<objective> part = goal.part(begin, end, layout);
                take(begin, *part, training_pass{layout, *part, dropout, 99 + begin});
            }
        };
        if (goal.needs_scores() && at_once < batch.size()) {
            each_part([&](size_t begin, objective & part, const training_pass & pass) {
                own.loss(pass, nullptr);
                goal.take_scores(begin, part);
            });
        }
        double total = 0;
        each_part([&](size_t, objective & part, const training_pass & pass) {
            total += own.loss(pass, gradients);
            if (row_losses) for (const double one : part.row_losses()) row_losses->push_back(one);
        });
        return total;
    }

    // Logits of a row at the place before token `at`, n_vocab of them.
    std::vector<float> logits(const token_row & row, int32_t at) {
        const std::vector<llama_token> context(row.tokens.begin(), row.tokens.begin() + at);
        const token_layout layout = lay_out({&context}, true);
        return network(cpu, model, lora.get()).logits(layout, {layout.columns[0].back()});
    }
};

// Rows with labels, weights and users: three users, the last of whom has rows of one label only.
std::vector<token_row> labelled_rows(size_t n, int32_t n_vocab, uint64_t seed) {
    std::vector<token_row> rows = random_rows(n, n_vocab, seed);
    random_stream chance(seed, "labels");
    for (size_t i = 0; i < rows.size(); i++) {
        token_row & row = rows[i];
        row.user = "user " + std::to_string(i % 3);
        row.own_label = i % 3 == 2 ? 0 : static_cast<int32_t>(i / 3 % 2);
        row.label_at = row.answer_begin;
        row.label_tokens = {static_cast<llama_token>(20 + i % 2), static_cast<llama_token>(200 + i % 5)}; // rows may have other tokens for the same labels
        row.tokens[static_cast<size_t>(row.label_at)] = row.label_tokens[static_cast<size_t>(row.own_label)];
        row.weight = 0.5 + chance.uniform();
    }
    return rows;
}

double log_sum_exp(const std::vector<double> & values) {
    double sum = 0;
    for (const double value : values) sum += std::exp(value);
    return std::log(sum);
}

double slow_loss(tiny & t, objective_kind kind, const std::vector<token_row> & batch) {
    double sum = 0, weights = 0;
    std::vector<double> scores;
    for (const token_row & row : batch) {
        if (kind == objective_kind::next_token) {
            for (int32_t at = row.answer_begin; at < static_cast<int32_t>(row.tokens.size()); at++) {
                const std::vector<float> logits = t.logits(row, at);
                const double all = log_sum_exp(std::vector<double>(logits.begin(), logits.end()));
                sum += row.weight * (all - logits[static_cast<size_t>(row.tokens[static_cast<size_t>(at)])]);
                weights += row.weight;
            }
            continue;
        }
        const std::vector<float> logits = t.logits(row, row.label_at);
        const double yes = logits[static_cast<size_t>(row.label_tokens[0])], no = logits[static_cast<size_t>(row.label_tokens[1])];
        scores.push_back(yes - no);
        if (kind == objective_kind::label_softmax) {
            sum += row.weight * (log_sum_exp({yes, no}) - (row.own_label == 0 ? yes : no));
            weights += row.weight;
        }
    }
    if (kind != objective_kind::pairwise) return sum / weights;
    const auto lacks_a_partner = [&](size_t i) {
        for (const token_row & other : batch) {
            if (other.user == batch[i].user && other.own_label != batch[i].own_label) return false;
        }
        return true;
    };
    for (size_t i = 0; i < batch.size(); i++) {
        for (size_t j = 0; j < batch.size(); j++) {
            if (batch[i].own_label != 0 || batch[j].own_label != 1) continue;
            if (batch[i].user != batch[j].user && !lacks_a_partner(i) && !lacks_a_partner(j)) continue;
            const double weight = batch[i].weight * batch[j].weight;
            sum += weight * -std::log(1 / (1 + std::exp(-(scores[i] - scores[j]))));
            weights += weight;
        }
    }
    return sum / weights;
}

void losses_equal_their_definition() {
    tiny t;
    const std::vector<token_row> batch = labelled_rows(9, t.model.shape.n_vocab, 5);
    for (const objective_kind kind : KINDS) CHECK_NEAR(t.loss(kind, batch, batch.size(), nullptr), slow_loss(t, kind, batch), 1e-5);
}

// Each tensor along a random direction of signs, as in test_network.cpp.
void gradients_equal_central_differences(objective_kind kind, float dropout) {
    tiny t;
    const std::vector<token_row> batch = labelled_rows(7, t.model.shape.n_vocab, 6);
    lora_values gradients = zeros_like(*t.lora);
    t.loss(kind, batch, 3, &gradients, dropout);
    for (size_t i = 0; i < gradients.size(); i++) {
        const lora_pair & pair = t.lora->pairs()[i / 2];
        ggml_tensor * tensor = i % 2 == 0 ? pair.a : pair.b;
        std::vector<float> values(gradients[i].size()), direction(values.size()), moved(values.size());
        ggml_backend_tensor_get(tensor, values.data(), 0, ggml_nbytes(tensor));
        double expected = 0;
        for (size_t j = 0; j < values.size(); j++) {
            random_stream chance(17, tensor->name, j);
            const float sign = gradients[i][j] < 0 ? -1.0f : 1.0f;
            direction[j] = chance.below(4) == 0 ? -sign : sign;
            expected += static_cast<double>(gradients[i][j]) * direction[j];
        }
        const auto difference = [&](double width) {
            double sum = 0;
            for (const double step : {width, -width}) {
                for (size_t j = 0; j < values.size(); j++) moved[j] = values[j] + static_cast<float>(step) * direction[j];
                ggml_backend_tensor_set(tensor, moved.data(), 0, ggml_nbytes(tensor));
                sum += t.loss(kind, batch, 3, nullptr, dropout) * (step > 0 ? 1 : -1);
            }
            return sum / (2 * width);
        };
        const double measured = (4 * difference(1e-3) - difference(2e-3)) / 3;
        ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
        CHECK_NEAR(measured, expected, 1e-2 * std::fabs(expected) + 1e-5);
    }
}

void parts_add_up(objective_kind kind) {
    tiny t;
    const std::vector<token_row> batch = labelled_rows(10, t.model.shape.n_vocab, 8);
    lora_values whole = zeros_like(*t.lora);
    std::vector<double> whole_rows;
    const double loss = t.loss(kind, batch, batch.size(), &whole, 0, &whole_rows);
    CHECK(whole_rows.size() == batch.size());
    for (const size_t at_once : {size_t(1), size_t(4)}) {
        lora_values parts = zeros_like(*t.lora);
        std::vector<double> rows;
        CHECK_NEAR(t.loss(kind, batch, at_once, &parts, 0, &rows), loss, 1e-6);
        CHECK(rows.size() == batch.size());
        for (size_t i = 0; i < rows.size(); i++) CHECK_NEAR(rows[i], whole_rows[i], 1e-5);
        for (size_t i = 0; i < whole.size(); i++) {
            double size = 0, worst = 0;
            for (size_t j = 0; j < whole[i].size(); j++) {
                size = std::max(size, std::fabs(static_cast<double>(whole[i][j])));
                worst = std::max(worst, std::fabs(static_cast<double>(whole[i][j]) - parts[i][j]));
            }
            CHECK(size > 0 && worst < 1e-4 * size + 1e-7);
        }
    }
}

void a_weight_counts_like_so_many_rows(objective_kind kind) {
    tiny t;
    std::vector<token_row> weighed = labelled_rows(6, t.model.shape.n_vocab, 9), doubled;
    for (size_t i = 0; i < weighed.size(); i++) {
        weighed[i].weight = i == 2 ? 3 : 1;
        for (int copy = 0; copy < weighed[i].weight; copy++) {
            doubled.push_back(weighed[i]);
            doubled.back().weight = 1;
        }
    }
    CHECK_NEAR(t.loss(kind, weighed, 6, nullptr), t.loss(kind, doubled, 8, nullptr), 1e-5);
}

void pairs_follow_their_definition() {
    random_stream chance(3, "pairs");
    for (int trial = 0; trial < 200; trial++) {
        std::vector<token_row> batch(1 + chance.below(9));
        for (token_row & row : batch) {
            row.user = std::to_string(chance.below(4));
            row.own_label = static_cast<int32_t>(chance.below(2));
        }
        const std::vector<row_pair> pairs = pairs_of(batch);
        std::set<int32_t> paired, positives, others;
        double total = 0;
        for (const row_pair & pair : pairs) {
            CHECK(batch[static_cast<size_t>(pair.first)].own_label == 0 && batch[static_cast<size_t>(pair.second)].own_label == 1);
            paired.insert({pair.first, pair.second});
            total += pair.weight;
        }
        for (size_t i = 0; i < batch.size(); i++) (batch[i].own_label == 0 ? positives : others).insert(static_cast<int32_t>(i));
        CHECK(pairs.empty() == (positives.empty() || others.empty()));
        if (pairs.empty()) continue;
        CHECK(paired.size() == batch.size()); // every row counts
        CHECK_NEAR(total, 1, 1e-5);
    }
}

void a_batch_of_one_label_moves_nothing() {
    tiny t;
    std::vector<token_row> batch = labelled_rows(3, t.model.shape.n_vocab, 4);
    for (token_row & row : batch) row.own_label = 0;
    lora_values gradients = zeros_like(*t.lora);
    CHECK(t.loss(objective_kind::pairwise, batch, 2, &gradients) == 0);
    for (const std::vector<float> & gradient : gradients) {
        for (const float value : gradient) CHECK(value == 0);
    }
}

} // namespace

int main() {
    load_ggml();
    std::vector<test_case> cases = {
        {"the loss of each objective equals its slow definition on the logits, weights and users counted", losses_equal_their_definition},
        {"pairs are of one user where there are such, every row is in one, and their weights add up to 1", pairs_follow_their_definition},
        {"a batch of one label has no pairs, loss 0 and no gradient", a_batch_of_one_label_moves_nothing},
    };
    const std::vector<std::string> names = {"next token", "label softmax", "pairwise"};
    for (size_t i = 0; i < KINDS.size(); i++) {
        const objective_kind kind = KINDS[i];
        cases.push_back({names[i] + ": gradients equal central differences within 1e-2", [=] { gradients_equal_central_differences(kind, 0); }});
        cases.push_back({names[i] + ": the same under dropout", [=] { gradients_equal_central_differences(kind, 0.3f); }});
        cases.push_back({names[i] + ": a batch computed in parts has the loss, row losses and gradients of the whole", [=] { parts_add_up(kind); }});
        cases.push_back({names[i] + ": a row of weight 3 counts like three rows", [=] { a_weight_counts_like_so_many_rows(kind); }});
    }
    return run_tests(cases);
}
