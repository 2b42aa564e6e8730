import * as Plot from '@observablehq/plot';
import type { Calibration } from '../../../core/report-trust.js';
import { DIAGONAL, QUIET, svg } from './frame.js';

const AXIS = {
  domain: [0, 1],
  grid: true,
  ticks: 5,
  labelAnchor: 'center',
  labelArrow: 'none',
} as const;

/** What was predicted against what came true: as it is, and, hollow, divided by the temperature. Area of a dot is proportional to the rows of its bin. */
export function calibrationPlot(label: string, { bins, kind }: Calibration): string {
  const at = { x: 'meanProbability', y: 'share' };
  return svg({
    ariaLabel: label,
    height: 420,
    x: {
      label: kind === 'judgement' ? 'mean predicted P(liked)' : 'mean probability of the likeliest answer',
      ...AXIS,
    },
    y: { label: kind === 'judgement' ? 'share that was liked' : 'share in which it was right', ...AXIS },
    r: { range: [0, 11] },
    marks: [
      Plot.line(DIAGONAL, QUIET),
      Plot.line(bins.before, { ...at, stroke: 'var(--count)', strokeOpacity: 0.5 }),
      Plot.dot(bins.before, { ...at, r: 'rows', fill: 'var(--count)', fillOpacity: 0.75 }),
      Plot.line(bins.after, { ...at, stroke: 'var(--adapter)', strokeOpacity: 0.5 }),
      Plot.dot(bins.after, { ...at, r: 'rows', stroke: 'var(--adapter)', fill: 'var(--background)', strokeWidth: 2 }),
    ],
  });
}
