import {
  type Estimate,
  METRICS,
  type MetricId,
  type ModelId,
  type PairedDifference,
  type ReportOptions,
  type SplitResult,
} from '../core/report.js';
import { findingOf } from './finding.js';
import { METRIC } from './metrics/metric.js';
import { usersWithBothLabels } from './metrics/uauc.js';
import { metricsOfModel, modelsOf, type SplitScores, scoresOf } from './split-scores.js';
import { resampleUsers } from './statistics/bootstrap.js';
import { type Distribution, difference, shareAboveZero } from './statistics/distribution.js';
import { estimate } from './statistics/interval.js';
import { correctedForRivals, delongIntervalOf, pairedTests } from './statistics/paired-tests.js';
import { indexUsers } from './statistics/user-index.js';
import type { UserStatistic } from './statistics/user-statistic.js';

/** Two models to compare on the same rows: the difference is first minus second. */
export interface Pair {
  readonly first: ModelId;
  readonly second: ModelId;
}

/** What is said of a metric that is not defined of a model. */
const UNDEFINED: Estimate = { value: null, low: null, high: null, leftOut: 0 };

/** Why metrics have no value: each has one case in which it has none. What a kind of scores never has is left out. */
function whyNotDefined(figures: SplitResult['models']): SplitResult['notDefined'] {
  return METRICS.filter((metric) =>
    figures.some(({ model, metrics }) => metricsOfModel(model).includes(metric) && metrics[metric].value === null),
  ).map((metric) => ({ metric, reason: METRIC[metric].undefinedWhen }));
}

/** Every metric of every model on one split, and the paired differences of those that both have, from one set of resampled users. */
export function compareModels(
  scores: SplitScores,
  pairs: readonly Pair[],
  options: ReportOptions,
): { result: SplitResult; differences: PairedDifference[] } {
  const { split, users, labels } = scores;
  const models = modelsOf(scores);
  const index = indexUsers(users);
  const cells = models.flatMap((model) => metricsOfModel(model).map((metric) => ({ model, metric })));
  const statistics = cells.map(({ model, metric }) => METRIC[metric].byUsers(scoresOf(scores, model), labels, index));
  const drawn = resampleUsers(statistics, index.count, options);
  const cell = (model: ModelId, metric: MetricId): { statistic: UserStatistic; distribution: Distribution } => {
    const place = cells.findIndex((one) => one.model === model && one.metric === metric);
    const [statistic, distribution] = [statistics[place], drawn[place]];
    if (!statistic || !distribution) throw new Error(`${metric} of ${model} was not resampled`);
    return { statistic, distribution };
  };
  const figuresOf = (model: ModelId) => {
    const defined = metricsOfModel(model);
    const figure = (metric: MetricId) =>
      defined.includes(metric) ? estimate(cell(model, metric).distribution, options) : UNDEFINED;
    return Object.fromEntries(METRICS.map((metric) => [metric, figure(metric)])) as Record<MetricId, Estimate>;
  };
  const figures = models.map((model) => ({ model, metrics: figuresOf(model) }));
  return {
    result: {
      split,
      rows: labels.length,
      liked: labels.filter((label) => label).length,
      users: index.count,
      usersWithBothLabels: usersWithBothLabels(labels, index),
      models: figures,
      delong: models.flatMap((model) => {
        const found = delongIntervalOf(cell(model, 'auc').statistic, options.level);
        return found ? [{ model, ...found }] : [];
      }),
      notDefined: whyNotDefined(figures),
    },
    differences: correctedForRivals(
      pairs.flatMap(({ first, second }) => {
        const both = metricsOfModel(second);
        return metricsOfModel(first)
          .filter((metric) => both.includes(metric))
          .map((metric) => {
            const [one, other] = [cell(first, metric), cell(second, metric)];
            const paired = difference(one.distribution, other.distribution);
            const interval = estimate(paired, options);
            return {
              split,
              metric,
              first,
              second,
              difference: interval,
              shareAboveZero: shareAboveZero(paired) ?? null,
              tests: pairedTests(one.statistic, other.statistic, paired, options),
              finding: findingOf(METRIC[metric].better, interval),
            };
          });
      }),
    ),
  };
}
