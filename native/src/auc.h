// Area under the ROC curve: the chance that a random positive outscores a random negative; ties count one half.
// The same value as src/eval/metrics/auc.ts, which reports use; here it decides which step was the best.
#pragma once
#include <vector>

// scores finite, labels in the same order, of both kinds
double area_under_roc(const std::vector<double> & scores, const std::vector<bool> & labels);
