import type { ReportOptions } from '../core/report.js';
import type { SeedFigures } from '../core/report-seeds.js';
import type { Scored } from './align-predictions.js';
import { contestsOf, type Ground } from './contest/contest.js';
import { spreadOver } from './spread.js';
import { Resampled } from './tasks/compare-task.js';

/** A run of the same settings with another seed or number of train rows. */
export interface Sibling {
  readonly run: string;
  readonly seed: number;
  readonly rows: number; // of train that it learned from
  readonly scored: Scored;
}

/**
 * Each task's main figure of the runs beside each other, and how far it moves with the seed. The intervals are about other users, the spread about
 * other seeds: neither says what the other does.
 *
 * runs  the report's own among them; alone it has no spread, and nothing is returned
 */
export function seedFigures(ground: Ground, runs: readonly Sibling[], options: ReportOptions): SeedFigures[] {
  if (runs.length < 2) return [];
  const ordered = [...runs].sort((a, b) => a.rows - b.rows || a.seed - b.seed || (a.run < b.run ? -1 : 1));
  const entrants = ordered.map(({ run, scored }) => ({ id: run, scored }));
  return contestsOf(ground, entrants).map(({ task, users, main, statistic }) => {
    const resampled = new Resampled(users, options);
    const asked = ordered.map((one) => ({ ...one, read: resampled.ask(statistic(one.run, main.id)) }));
    const figures = asked.map(({ run, seed, rows, scored, read }) => {
      return { run, seed, rows, set: scored.set.id, figure: resampled.estimate(read()) };
    });
    return { task, metric: main.title, runs: figures, spread: spreadOf(figures) };
  });
}

function spreadOf(runs: SeedFigures['runs']): SeedFigures['spread'] {
  return [...new Set(runs.map(({ rows }) => rows))].map((rows) => {
    const values = runs.filter((one) => one.rows === rows).map(({ figure }) => figure.value);
    return { rows, runs: values.length, ...spreadOver(values) };
  });
}
