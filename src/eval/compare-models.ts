import {
  METRICS,
  type MetricId,
  MODELS,
  type ModelId,
  type PairedDifference,
  type ReportOptions,
  type SplitResult,
} from '../core/report.js';
import { findingOf } from './finding.js';
import { type Distribution, difference, estimate, resampleUsers, shareAboveZero } from './intervals.js';
import { METRIC } from './metrics/metric.js';
import { usersWithBothLabels } from './metrics/uauc.js';
import type { SplitScores } from './split-scores.js';
import { indexUsers } from './statistics/user-index.js';

/** Two models to compare on the same rows: the difference is first minus second. */
export interface Pair {
  readonly first: ModelId;
  readonly second: ModelId;
}

/** Every metric of every model on one split, and the paired differences, from one set of resampled users. */
export function compareModels(
  { split, users, labels, logOdds }: SplitScores,
  pairs: readonly Pair[],
  options: ReportOptions,
): { result: SplitResult; differences: PairedDifference[] } {
  const index = indexUsers(users);
  const cells = MODELS.flatMap((model) => METRICS.map((metric) => ({ model, metric })));
  const drawn = resampleUsers(
    cells.map(({ model, metric }) => METRIC[metric].byUsers(logOdds[model], labels, index)),
    index.count,
    options,
  );
  const distribution = (model: ModelId, metric: MetricId): Distribution => {
    const found = drawn[cells.findIndex((cell) => cell.model === model && cell.metric === metric)];
    if (!found) throw new Error(`${metric} of ${model} was not resampled`);
    return found;
  };
  const metricsOf = (model: ModelId) =>
    Object.fromEntries(METRICS.map((metric) => [metric, estimate(distribution(model, metric), options.level)]));
  return {
    result: {
      split,
      rows: labels.length,
      liked: labels.filter((label) => label).length,
      users: index.count,
      usersWithBothLabels: usersWithBothLabels(labels, index),
      models: MODELS.map((model) => ({ model, metrics: metricsOf(model) as SplitResult['models'][number]['metrics'] })),
    },
    differences: pairs.flatMap(({ first, second }) =>
      METRICS.map((metric) => {
        const paired = difference(distribution(first, metric), distribution(second, metric));
        const interval = estimate(paired, options.level);
        return {
          split,
          metric,
          first,
          second,
          difference: interval,
          shareAboveZero: shareAboveZero(paired) ?? null,
          finding: findingOf(METRIC[metric].better, interval),
        };
      }),
    ),
  };
}
