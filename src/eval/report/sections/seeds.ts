import { titlesOf } from '../../../core/model-titles.js';
import type { Report } from '../../../core/report.js';
import type { SeedFigures } from '../../../core/report-seeds.js';
import { counted, figure, levelTitle, thousands } from '../../numbers.js';
import { taskTitle } from '../../tasks/task-verdict.js';
import { type Block, type Drawing, estimateCell, type Figure, type Part } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { modelColor } from '../plots/model-colors.js';
import { type LevelLine, shotsPlot } from '../plots/shots.js';
import { behindTask, rowsAnchor, runsAnchor } from '../row-anchor.js';

/** How far the main figures move with the seed, and with the number of train rows. */
export function seeds(report: Report): Part[] {
  if (report.seeds.length === 0) return [];
  const blocks: Block[] = [
    {
      kind: 'paragraph',
      quiet: true,
      text:
        'Runs of this studio with the same settings but for the seed and the number of train rows, on the same test rows. An interval is about other users, the standard ' +
        'deviation about other seeds; neither holds what the other does. Which rows a few-shot run learns from is drawn by its seed, too.',
    },
    ...report.seeds.flatMap((one, place) => taskBlocks(one, place, report)),
  ];
  return [{ title: 'Other seeds', id: 'seeds', blocks }];
}

function taskBlocks(figures: SeedFigures, place: number, report: Report): Block[] {
  const { task, metric, baseline, runs, spread, sentence } = figures;
  const { run: own, options } = report;
  const behind = (run: string) => rowsAnchor(report, { ...behindTask(report, task), run: run === own.id ? null : run });
  const others = runs.filter(({ run }) => run !== own.id).map(({ run }) => run);
  const color = (run: string) => (run === own.id ? 'var(--adapter)' : 'var(--count)');
  const drawn = runs.map(({ run, seed, rows, figure: estimate }) => ({
    title: `seed ${seed}, ${counted(rows, 'train row')}${run === own.id ? ' (this run)' : ''}`,
    estimate,
    color: color(run),
  }));
  return [
    ...(sentence === null ? [] : [{ kind: 'paragraph', text: sentence } satisfies Block]),
    {
      kind: 'table',
      table: {
        anchor: runsAnchor(place),
        command: `rectune compare ${[own.id, ...others].join(' ')}`,
        caption: `${task}: ${metric} on test of each run, ${levelTitle(options.level)} intervals`,
        head: ['run', 'seed', 'train rows', metric, ...(baseline === null ? [] : [`minus "${baseline}"`])],
        rows: runs.map(({ run, seed, rows, figure: estimate, against }) => ({
          name: run,
          color: color(run),
          own: run === own.id,
          cells: [
            String(seed),
            thousands(rows),
            estimateCell(estimate, behind(run)),
            ...(against === null
              ? []
              : [{ ...(estimateCell(against.difference, behind(run)) as Figure), finding: against.finding }]),
          ],
        })),
      },
    },
    {
      kind: 'table',
      table: {
        caption: `${task}: ${metric} on test over the seeds`,
        head: ['train rows', 'runs', 'mean', 'standard deviation'],
        rows: spread.map(({ rows, runs: count, mean, deviation }) => ({
          name: thousands(rows),
          cells: [
            String(count),
            { value: figure(mean), rows: runsAnchor(place) },
            deviation === null ? '-' : { value: figure(deviation), rows: runsAnchor(place) },
          ],
        })),
      },
    },
    {
      kind: 'plots',
      plots: [
        ...byShots(figures, report),
        {
          draw: () => intervalsPlot(`${metric} of each seed in ${task} on test`, `${metric} on test`, drawn, undefined),
          legend: [],
          caption: `${metric} of each run with its interval.`,
          rows: runsAnchor(place),
        },
      ],
    },
  ];
}

/** Where runs on several numbers of rows are there: what more rows are worth, beside what needs none of them. */
function byShots(figures: SeedFigures, report: Report): Drawing[] {
  const { task, metric, spread } = figures;
  if (spread.length < 2) return [];
  const beside = withoutAdapter(task, report);
  return [
    {
      draw: () => shotsPlot(`${metric} of ${task} by train rows`, figures, beside),
      legend: [{ title: 'adapters', color: 'var(--adapter)' }, ...beside],
      caption: `${metric} by the number of train rows: a dot a run, a line through the means over the seeds; dashed, what does not depend on them.`,
      instead: undefined,
    },
  ];
}

/** The base model and the best trivial baseline, as levels. */
function withoutAdapter(task: string, report: Report): (LevelLine & { readonly title: string })[] {
  const titles = titlesOf(report);
  const level = (title: string, color: string, value: number | null | undefined) =>
    value === null || value === undefined ? [] : [{ title, color, value }];
  const other = report.tasks.find((one) => taskTitle(one) === task);
  if (other) {
    const models = other.splits.find(({ split }) => split === 'test')?.models ?? [];
    return (['base', ...(other.baseline ? [other.baseline.model] : [])] as const).flatMap((id) => {
      const found = models.find(({ model }) => model === id)?.metrics[other.main];
      return level(titles(id), levelColor(id), found?.value);
    });
  }
  const models = report.splits.find(({ split }) => split === 'test')?.models ?? [];
  return (['base', ...(report.baseline ? [report.baseline.model] : [])] as const).flatMap((id) =>
    level(titles(id), levelColor(id), models.find(({ model }) => model === id)?.metrics.auc.value),
  );
}

function levelColor(id: Parameters<typeof modelColor>[0]): string {
  return id === 'base' ? modelColor(id) : 'var(--baseline)';
}
