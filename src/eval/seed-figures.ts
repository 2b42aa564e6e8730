import type { Finding, ReportOptions } from '../core/report.js';
import type { SeedFigures } from '../core/report-seeds.js';
import type { Scored } from './align-predictions.js';
import { contestsOf, type Ground } from './contest/contest.js';
import { findingOf } from './finding.js';
import { counted, figure } from './numbers.js';
import { spreadOver } from './spread.js';
import { type Distribution, difference } from './statistics/distribution.js';
import { Resampled } from './tasks/compare-task.js';

/** A run of the same settings with another seed or number of train rows. */
export interface Sibling {
  readonly run: string;
  readonly seed: number;
  readonly rows: number; // of train that it learned from
  readonly scored: Scored;
}

/**
 * Each task's main figure of the runs beside each other, each against the best trivial baseline, and how far it moves with the seed. The intervals are about
 * other users, the spread about other seeds: neither says what the other does.
 *
 * runs        the report's own first; alone it has no spread, and nothing is returned
 * baselineOf  id of the baseline of the verdict of a task; undefined where there is none
 */
export function seedFigures(
  ground: Ground,
  runs: readonly Sibling[],
  baselineOf: (task: string) => string | undefined,
  options: ReportOptions,
): SeedFigures[] {
  const [own] = runs;
  if (runs.length < 2 || !own) return [];
  const ordered = inOrder(runs);
  const entrants = ordered.map(({ run, scored }) => ({ id: run, scored }));
  return contestsOf(ground, entrants).map(({ task, users, main, statistic, baselines }) => {
    const resampled = new Resampled(users, options);
    const asked = ordered.map((one) => ({ ...one, read: resampled.ask(statistic(one.run, main.id)) }));
    const best = baselines.find(({ id }) => id === baselineOf(task));
    const rival = best && resampled.ask(statistic(best.id, main.id));
    const against = (drawn: Distribution) => {
      if (!rival) return null;
      const found = resampled.estimate(difference(drawn, rival()));
      return { difference: found, finding: findingOf(main.better, found) };
    };
    const figures = asked.map(({ run, seed, rows, scored, read }) => {
      return { run, seed, rows, set: scored.set.id, figure: resampled.estimate(read()), against: against(read()) };
    });
    const spread = spreadOf(figures);
    const told = { task, metric: main.title, baseline: best?.title ?? null, runs: figures, spread };
    return { ...told, sentence: sentenceOf(told, own.rows) };
  });
}

/** By rows of train, then seed. */
export function inOrder(runs: readonly Sibling[]): Sibling[] {
  return [...runs].sort((a, b) => a.rows - b.rows || a.seed - b.seed || (a.run < b.run ? -1 : 1));
}

function spreadOf(runs: SeedFigures['runs']): SeedFigures['spread'] {
  return [...new Set(runs.map(({ rows }) => rows))].map((rows) => {
    const values = runs.filter((one) => one.rows === rows).map(({ figure }) => figure.value);
    return { rows, runs: values.length, ...spreadOver(values) };
  });
}

/** What the report's own number of rows comes to over the seeds: one adapter may be a lucky one. */
function sentenceOf(
  { metric, baseline, runs, spread }: Omit<SeedFigures, 'sentence'>,
  rows: number,
): SeedFigures['sentence'] {
  const alike = runs.filter((one) => one.rows === rows);
  const found = spread.find((one) => one.rows === rows);
  if (alike.length < 2 || !found || found.mean === null) return null;
  const values = alike.map(({ figure: { value } }) => value as number);
  const count = (finding: Finding) => alike.filter(({ against }) => against?.finding === finding).length;
  const [better, worse, undecided] = [count('beats'), count('worse'), count('undecided')];
  return (
    `Over ${alike.length} seeds on ${counted(rows, 'train row')} the adapter's ${metric} is ${figure(found.mean)} on average: standard deviation ${figure(found.deviation)}, ` +
    `from ${figure(Math.min(...values))} to ${figure(Math.max(...values))}.` +
    (baseline === null
      ? ''
      : ` Of the ${alike.length}, ${better} ${better === 1 ? 'beats' : 'beat'} "${baseline}", ${worse} ${worse === 1 ? 'is' : 'are'} worse, ${undecided} cannot be told from it.`)
  );
}
