import type { KeptRankingResult } from '../../core/judged-lists.js';
import type { ReportOptions } from '../../core/report.js';
import type { RankingReport } from '../../core/report-rankings.js';
import type { TaskMetricId } from '../../core/task-report.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import { indexUsers } from '../statistics/user-index.js';
import { Resampled } from './compare-task.js';
import { judgedRankings } from './judged-rankings.js';
import type { RankedRow } from './ranked-rows.js';
import { CHOICE_METRIC } from './task-metric.js';
import { writtenRankings } from './title-rankings.js';

/**
 * A ranking that was asked for beside the evaluation, with other rankings of the same rows.
 *
 * rowOf   of a row's number
 * train   for popularity; undefined: it is left out
 * throws  Error when a row of the ranking is not there
 */
export function rankingReport(
  result: KeptRankingResult,
  rowOf: (row: number) => RankedRow | undefined,
  train: readonly KnownInteraction[] | undefined,
  options: ReportOptions,
): RankingReport {
  const rows = result.answers.map(({ row }) => {
    const found = rowOf(row);
    if (!found) throw new Error(`the version has no row ${row} of test, which was ranked`);
    return found;
  });
  const { rankings, ...told } =
    'by' in result ? judgedRankings(result, rows, train) : writtenRankings(result, rows, train);
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const resampled = new Resampled(users.count, options);
  const asked = rankings.map(({ model, by, lists }) => ({
    model,
    by,
    read: told.metrics.map(
      (metric) => [metric, resampled.ask(choiceMetric(metric).byUsers([...lists], users))] as const,
    ),
  }));
  return {
    ...told,
    eligible: result.eligible,
    rows: rows.length,
    users: users.count,
    seed: result.seed,
    entries: asked.map(({ model, by, read }) => ({
      model,
      by,
      metrics: Object.fromEntries(read.map(([metric, drawn]) => [metric, resampled.estimate(drawn())])),
    })),
  };
}

function choiceMetric(metric: TaskMetricId) {
  return CHOICE_METRIC[metric as keyof typeof CHOICE_METRIC];
}
