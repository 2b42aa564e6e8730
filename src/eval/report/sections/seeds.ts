import type { Report } from '../../../core/report.js';
import type { SeedFigures } from '../../../core/report-seeds.js';
import { counted, figure, levelTitle, thousands } from '../../numbers.js';
import { type Block, estimateCell, type Part } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';

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
    ...report.seeds.flatMap((one) => taskBlocks(one, report)),
  ];
  return [{ title: 'Other seeds', id: 'seeds', blocks }];
}

function taskBlocks({ task, metric, runs, spread }: SeedFigures, { run: own, options }: Report): Block[] {
  const color = (run: string) => (run === own.id ? 'var(--adapter)' : 'var(--count)');
  const drawn = runs.map(({ run, seed, rows, figure: estimate }) => ({
    title: `seed ${seed}, ${counted(rows, 'train row')}${run === own.id ? ' (this run)' : ''}`,
    estimate,
    color: color(run),
  }));
  return [
    {
      kind: 'table',
      table: {
        caption: `${task}: ${metric} on test of each run, ${levelTitle(options.level)} intervals`,
        head: ['run', 'seed', 'train rows', metric],
        rows: runs.map(({ run, seed, rows, figure: estimate }) => ({
          name: run,
          color: color(run),
          own: run === own.id,
          cells: [String(seed), thousands(rows), estimateCell(estimate)],
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
          cells: [String(count), figure(mean), deviation === null ? '-' : figure(deviation)],
        })),
      },
    },
    {
      kind: 'plots',
      plots: [
        {
          draw: () => intervalsPlot(`${metric} of each seed in ${task} on test`, `${metric} on test`, drawn, undefined),
          legend: [],
          caption: `${metric} of each run with its interval.`,
        },
      ],
    },
  ];
}
