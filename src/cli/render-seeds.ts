import { mainFigures } from '../eval/main-figures.js';
import { levelTitle, withInterval } from '../eval/numbers.js';
import type { PipelineResult } from './pipeline.js';
import { renderTable } from './render-table.js';
import { spread } from './spread.js';

/** The reports of one recipe under several seeds: the main figure of each task on test, and its mean and standard deviation over the seeds. */
export function renderSeeds(results: readonly PipelineResult[]): string {
  const [first] = results;
  if (!first) throw new Error('a series of seeds has at least one run');
  const figures = results.map(({ report }) => mainFigures(report)); // one version: the same tasks in every report
  const [leading = []] = figures;
  const rows = results.map(({ run, directory }, i) => [
    run.id,
    String(run.config.seed),
    ...(figures[i] ?? []).map(({ adapter }) => withInterval(adapter)),
    directory,
  ]);
  const level = levelTitle(first.report.options.level);
  const head = ['run', 'seed', ...leading.map(({ title }) => `${title} on test, ${level} interval`), 'report'];
  return [
    renderTable(head, rows),
    ...leading.flatMap(({ title, base }, k) => {
      const named = leading.length === 1 ? '' : `, ${title}`;
      const over = spread(
        `adapter: ${title} on test`,
        figures.map((one) => one[k]?.adapter.value),
      );
      return [
        `base model without adapter${named}: ${withInterval(base)}`,
        ...over.map(
          (line) =>
            `${line} over ${results.length} seeds (the intervals are about other users, this is about other seeds)`,
        ),
      ];
    }),
  ].join('\n');
}
