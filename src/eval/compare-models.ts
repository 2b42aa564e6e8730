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
import { METRIC } from './metrics/metric.js';
import { usersWithBothLabels } from './metrics/uauc.js';
import type { SplitScores } from './split-scores.js';
import { resampleUsers } from './statistics/bootstrap.js';
import { type Distribution, difference, shareAboveZero } from './statistics/distribution.js';
import { estimate } from './statistics/interval.js';
import { correctedForRivals, pairedTests } from './statistics/paired-tests.js';
import { indexUsers } from './statistics/user-index.js';
import type { UserStatistic } from './statistics/user-statistic.js';

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
  const statistics = cells.map(({ model, metric }) => METRIC[metric].byUsers(logOdds[model], labels, index));
  const drawn = resampleUsers(statistics, index.count, options);
  const cell = (model: ModelId, metric: MetricId): { statistic: UserStatistic; distribution: Distribution } => {
    const place = cells.findIndex((one) => one.model === model && one.metric === metric);
    const [statistic, distribution] = [statistics[place], drawn[place]];
    if (!statistic || !distribution) throw new Error(`${metric} of ${model} was not resampled`);
    return { statistic, distribution };
  };
  const metricsOf = (model: ModelId) =>
    Object.fromEntries(METRICS.map((metric) => [metric, estimate(cell(model, metric).distribution, options)]));
  return {
    result: {
      split,
      rows: labels.length,
      liked: labels.filter((label) => label).length,
      users: index.count,
      usersWithBothLabels: usersWithBothLabels(labels, index),
      models: MODELS.map((model) => ({ model, metrics: metricsOf(model) as SplitResult['models'][number]['metrics'] })),
    },
    differences: correctedForRivals(
      pairs.flatMap(({ first, second }) =>
        METRICS.map((metric) => {
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
        }),
      ),
    ),
  };
}
