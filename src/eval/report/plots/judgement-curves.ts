import * as Plot from '@observablehq/plot';
import type { Report } from '../../../core/report.js';
import { DIAGONAL, QUIET, svg } from './frame.js';
import { modelColor } from './model-colors.js';

const SQUARE = { height: 420 };
const CENTERED = { labelAnchor: 'center', labelArrow: 'none' } as const;
const SHARE = { domain: [0, 1], grid: true, ticks: 5, ...CENTERED };

export function rocPlot({ roc }: Report['curves']): string {
  return svg({
    ariaLabel: 'ROC curves',
    ...SQUARE,
    x: { label: 'share of the not liked above the threshold', ...SHARE },
    y: { label: 'share of the liked above the threshold', ...SHARE },
    marks: [
      Plot.line(DIAGONAL, QUIET),
      ...adapterOnTop(roc).map(({ model, points }) => Plot.line(points, { stroke: modelColor(model), strokeWidth: 2 })),
    ],
  });
}

/** The dashed line is chance: the share of liked rows. */
export function precisionRecallPlot({ precisionRecall }: Report['curves'], likedShare: number): string {
  return svg({
    ariaLabel: 'Precision and recall',
    ...SQUARE,
    x: { label: 'recall: share of the liked above the threshold', ...SHARE },
    y: { label: 'precision: share of these rows that is liked', ...SHARE },
    marks: [
      Plot.ruleY([likedShare], QUIET),
      ...adapterOnTop(precisionRecall).map(({ model, points }) =>
        Plot.line(points, { stroke: modelColor(model), strokeWidth: 2 }),
      ),
    ],
  });
}

/** Area of a dot is proportional to the rows of its bin. */
export function reliabilityPlot({ reliability }: Report['curves']): string {
  return svg({
    ariaLabel: 'Reliability: what was predicted against what came true',
    ...SQUARE,
    x: { label: 'mean predicted P(liked)', ...SHARE },
    y: { label: 'share that was liked', ...SHARE },
    r: { range: [0, 11] },
    marks: [
      Plot.line(DIAGONAL, QUIET),
      ...adapterOnTop(reliability).flatMap(({ model, bins }) => {
        const at = { x: 'meanProbability', y: 'likedShare' };
        return [
          Plot.line(bins, { ...at, stroke: modelColor(model), strokeOpacity: 0.5 }),
          Plot.dot(bins, { ...at, r: 'rows', fill: modelColor(model), fillOpacity: 0.75 }),
        ];
      }),
    ],
  });
}

/** What is drawn last lies on top. */
function adapterOnTop<Curve>(curves: readonly Curve[]): Curve[] {
  return [...curves].reverse();
}
