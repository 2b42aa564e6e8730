import * as Plot from '@observablehq/plot';
import type { TaskCurve } from '../../../core/task-report.js';
import { QUIET, svg } from './frame.js';
import { modelColor } from './model-colors.js';

type Of<Kind extends TaskCurve['of']> = Extract<TaskCurve, { of: Kind }>;

const HEIGHT = 320;
const CENTERED = { labelAnchor: 'center', labelArrow: 'none' } as const;

/** Share of the rows whose target is among the k best, by k. */
export function ranksPlot(label: string, models: Of<'ranks'>['models']): string {
  const length = models[0]?.shares.length ?? 1;
  const chance: [number, number][] = Array.from({ length }, (_, i) => [i + 1, (i + 1) / length]);
  return svg({
    ariaLabel: label,
    height: HEIGHT,
    x: { label: 'k', ...CENTERED, domain: [1, Math.max(2, length)], ticks: Math.min(length - 1, 6), tickFormat: 'd' },
    y: { label: 'target among the k best', ...CENTERED, domain: [0, 1], grid: true, ticks: 5 },
    marks: [
      Plot.line(chance, QUIET),
      ...[...models].reverse().flatMap(({ model, shares }) => {
        const points: [number, number][] = shares.map((share, i) => [i + 1, share]);
        return [
          Plot.line(points, { stroke: modelColor(model), strokeWidth: 2 }),
          ...(length <= 20 ? [Plot.dot(points, { fill: modelColor(model), r: 3 })] : []),
        ];
      }),
    ],
  });
}

/** Mean and quartiles of the predicted rating by the given one; models stand beside each other, a little apart. */
export function ratingsPlot(label: string, models: Of<'ratings'>['models']): string {
  const given = models[0]?.points.map((point) => point.given) ?? [];
  const [low, high] = [Math.min(...given), Math.max(...given)];
  const apart = ((high - low) / Math.max(1, given.length - 1)) * 0.12;
  return svg({
    ariaLabel: label,
    height: 400,
    x: { label: 'given rating', ...CENTERED, domain: [low - 3 * apart, high + 3 * apart], ticks: given },
    y: { label: 'predicted rating', ...CENTERED, grid: true, domain: [low, high] },
    marks: [
      Plot.line(
        [
          [low, low],
          [high, high],
        ],
        QUIET,
      ),
      ...models.flatMap(({ model, points }, place) => {
        const moved = points.map((point) => ({
          ...point,
          at: point.given + (place - (models.length - 1) / 2) * apart,
        }));
        return [
          Plot.ruleX(moved, {
            x: 'at',
            y1: 'low',
            y2: 'high',
            stroke: modelColor(model),
            strokeWidth: 3,
            strokeOpacity: 0.5,
          }),
          Plot.line(moved, { x: 'at', y: 'mean', stroke: modelColor(model), strokeOpacity: 0.6 }),
          Plot.dot(moved, { x: 'at', y: 'mean', fill: modelColor(model), r: 4 }),
        ];
      }),
    ],
  });
}

/** Gain of each row, from the least to the most. */
export function gainsPlot(label: string, quantiles: Of<'gains'>['quantiles']): string {
  const last = quantiles.length - 1;
  const points: [number, number][] = quantiles.map((gain, i) => [(100 * i) / last, gain]);
  return svg({
    ariaLabel: label,
    height: HEIGHT,
    x: { label: 'rows, % of all', ...CENTERED, domain: [0, 100], ticks: 5 },
    y: { label: 'gain, nats a token', ...CENTERED, grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([0], QUIET),
      Plot.areaY(points, { x: '0', y1: 0, y2: '1', fill: 'var(--adapter)', fillOpacity: 0.15 }),
      Plot.line(points, { stroke: 'var(--adapter)', strokeWidth: 2 }),
    ],
  });
}
