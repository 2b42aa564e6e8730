import * as Plot from '@observablehq/plot';
import type { SeedFigures } from '../../../core/report-seeds.js';
import { QUIET, svg } from './frame.js';

/** A figure that does not depend on the number of train rows of the runs: of the base model, of a baseline. */
export interface LevelLine {
  readonly value: number;
  readonly color: string;
}

/** Each run by its number of train rows, on a logarithmic axis, and a line through the means over the seeds. */
export function shotsPlot(label: string, { metric, runs, spread }: SeedFigures, levels: readonly LevelLine[]): string {
  const dots = runs.flatMap(({ rows, figure: { value } }) => (value === null ? [] : [{ rows, value }]));
  const means = spread.flatMap(({ rows, mean }) => (mean === null ? [] : [{ rows, mean }]));
  const sizes = spread.map(({ rows }) => rows);
  return svg({
    ariaLabel: label,
    height: 300,
    x: {
      label: 'train rows',
      labelAnchor: 'center',
      labelArrow: 'none',
      type: 'log',
      domain: [Math.min(...sizes) / 1.3, Math.max(...sizes) * 1.3],
      ticks: sizes,
      tickFormat: 'd',
    },
    y: { label: `${metric} on test`, grid: true, ticks: 6 },
    marks: [
      ...levels.map(({ value, color }) => Plot.ruleY([value], { ...QUIET, stroke: color, strokeWidth: 2 })),
      Plot.line(means, { x: 'rows', y: 'mean', stroke: 'var(--adapter)', strokeWidth: 2 }),
      Plot.dot(dots, { x: 'rows', y: 'value', fill: 'var(--adapter)', fillOpacity: 0.75, r: 4 }),
    ],
  });
}
