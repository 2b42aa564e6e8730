import { counted, figure, levelTitle, thousands, withInterval } from '../eval/numbers.js';
import type { PipelineResult } from './pipeline.js';
import { renderTable } from './render-table.js';

/** The runs that a report shows beside its own: each task's main figure on test, and its mean and standard deviation over the seeds of each number of train rows. */
export function renderSeeds({ report }: Pick<PipelineResult, 'report'>): string {
  const level = levelTitle(report.options.level);
  return report.seeds
    .map(({ task, metric, runs, spread: overSeeds }) => {
      const rows = runs.map(({ run, seed, rows: shown, figure }) => [
        run,
        String(seed),
        thousands(shown),
        withInterval(figure),
      ]);
      const lines = overSeeds.flatMap(({ rows: shown, runs: count, mean, deviation }) => {
        if (mean === null || deviation === null) return [];
        const told = `${metric} on test ${figure(mean)}, standard deviation ${figure(deviation)}`;
        return [`${counted(shown, 'train row')}: ${told} over ${count} seeds`];
      });
      const about =
        lines.length === 0 ? [] : ['(the intervals are about other users, the deviation is about other seeds)'];
      return [
        `${task}: adapters`,
        renderTable(['run', 'seed', 'train rows', `${metric} on test, ${level} interval`], rows),
        ...lines,
        ...about,
      ].join('\n');
    })
    .join('\n\n');
}
