import type { KeptRankingResult } from '../../core/judged-lists.js';
import type { ReportOptions } from '../../core/report.js';
import type { RankingReport } from '../../core/report-rankings.js';
import type { TaskMetricId } from '../../core/task-report.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import { indexUsers } from '../statistics/user-index.js';
import { Resampled } from './compare-task.js';
import { judgedRankings } from './judged-rankings.js';
import type { MetBefore } from './met-before.js';
import type { RankedRow, Ranking } from './ranked-rows.js';
import { CHOICE_METRIC } from './task-metric.js';
import { writtenRankings } from './title-rankings.js';

/**
 * A ranking that was asked for beside the evaluation, with other rankings of the same rows.
 *
 * rowOf   of a row's number
 * train   for popularity; undefined: it is left out
 * met     what the users met before; undefined: nothing is ranked without it
 * throws  Error when a row of the ranking is not there
 */
export function rankingReport(
  result: KeptRankingResult,
  rowOf: (row: number) => RankedRow | undefined,
  { train, met }: { train?: readonly KnownInteraction[] | undefined; met?: MetBefore | undefined },
  options: ReportOptions,
): RankingReport {
  const rows = result.answers.map(({ row }) => {
    const found = rowOf(row);
    if (!found) throw new Error(`the version has no row ${row} of test, which was ranked`);
    return found;
  });
  const { rankings, unmet, ...told } =
    'by' in result ? judgedRankings(result, rows, train) : writtenRankings(result, rows, { train, met });
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const resampled = new Resampled(users.count, options);
  const ask = (all: readonly Ranking[]) => {
    const asked = all.map(({ model, by, lists }) => ({
      model,
      by,
      read: told.metrics.map(
        (metric) => [metric, resampled.ask(choiceMetric(metric).byUsers([...lists], users))] as const,
      ),
    }));
    return () =>
      asked.map(({ model, by, read }) => ({
        model,
        by,
        metrics: Object.fromEntries(read.map(([metric, drawn]) => [metric, resampled.estimate(drawn())])),
      }));
  };
  const [all, others] = [ask(rankings), unmet && ask(unmet.rankings)];
  return {
    ...told,
    eligible: result.eligible,
    rows: rows.length,
    users: users.count,
    seed: result.seed,
    entries: all(),
    unmet: unmet && others ? { list: unmet.list, entries: others(), short: unmet.short } : null,
  };
}

function choiceMetric(metric: TaskMetricId) {
  return CHOICE_METRIC[metric as keyof typeof CHOICE_METRIC];
}
