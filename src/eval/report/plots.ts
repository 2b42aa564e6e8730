import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { MODEL_TITLES, type ModelId, type Report, type SplitResult } from '../../core/report.js';

/** Colours are custom properties of the page, so that one SVG fits light and dark. */
export const MODEL_COLORS: Readonly<Record<ModelId, string>> = {
  adapter: 'var(--adapter)',
  base: 'var(--base)',
  'liked-share': 'var(--liked-share)',
  'item-like-rate': 'var(--count)',
  'majority-class': 'var(--count)',
};

const FRAME = { style: { fontSize: '12px' }, marginBottom: 44 }; // room for ticks and the label below them
const QUIET = { stroke: 'var(--quiet)', strokeDasharray: '3 4' };
const SMOOTH_FROM = 30; // steps; a shorter curve is drawn as it is
const DIAGONAL: [number, number][] = [
  [0, 0],
  [1, 1],
];

/** AUC of every model on one split, a line for its interval. */
export function aucPlot({ models, split }: SplitResult): string {
  const rows = models.flatMap(({ model, metrics: { auc } }) =>
    auc.value === null
      ? []
      : [{ model, title: MODEL_TITLES[model], ...auc, low: auc.low ?? auc.value, high: auc.high ?? auc.value }],
  );
  return svg({
    ariaLabel: `AUC of each model on ${split}, with intervals`,
    width: 640,
    height: 60 + 30 * rows.length,
    marginLeft: 220,
    marginRight: 24,
    x: { label: `AUC on ${split}`, grid: true, nice: true },
    y: { label: null, domain: rows.map(({ title }) => title), tickSize: 0, padding: 0.5 },
    marks: [
      Plot.ruleX([0.5], QUIET),
      ...rows.flatMap((row) => [
        Plot.ruleY([row], { y: 'title', x1: 'low', x2: 'high', stroke: MODEL_COLORS[row.model], strokeWidth: 3 }),
        Plot.dot([row], { y: 'title', x: 'value', fill: MODEL_COLORS[row.model], r: 6 }),
      ]),
    ],
  });
}

export function rocPlot({ roc }: Report['curves']): string {
  return svg({
    ariaLabel: 'ROC curves',
    width: 400,
    height: 410,
    x: { label: 'share of the not liked above the threshold', domain: [0, 1], grid: true },
    y: { label: 'share of the liked above the threshold', domain: [0, 1], grid: true },
    marks: [
      Plot.line(DIAGONAL, QUIET),
      ...[...roc]
        .reverse() // the adapter is drawn last, on top
        .map(({ model, points }) => Plot.line(points, { stroke: MODEL_COLORS[model], strokeWidth: 2 })),
    ],
  });
}

/** Area of a dot is proportional to the rows of its bin. */
export function reliabilityPlot({ reliability }: Report['curves']): string {
  return svg({
    ariaLabel: 'Reliability: what was predicted against what came true',
    width: 400,
    height: 410,
    x: { label: 'mean predicted P(liked)', domain: [0, 1], grid: true },
    y: { label: 'share that was liked', domain: [0, 1], grid: true },
    r: { range: [0, 11] },
    marks: [
      Plot.line(DIAGONAL, QUIET),
      ...[...reliability].reverse().flatMap(({ model, bins }) => {
        const at = { x: 'meanProbability', y: 'likedShare' };
        return [
          Plot.line(bins, { ...at, stroke: MODEL_COLORS[model], strokeOpacity: 0.5 }),
          Plot.dot(bins, { ...at, r: 'rows', fill: MODEL_COLORS[model], fillOpacity: 0.75 }),
        ];
      }),
    ],
  });
}

/** Training loss by step; long curves get a running mean over them. */
export function lossPlot({ loss }: Report['curves']): string {
  const at = { x: 'step', y: 'loss' };
  const long = loss.length >= SMOOTH_FROM;
  const window = { k: Math.max(3, Math.round(loss.length / 15)), anchor: 'middle', strict: false } as const;
  return svg({
    ariaLabel: 'Training loss by step',
    width: 832,
    height: 280,
    x: { label: 'step' },
    y: { label: 'loss, nats a token', grid: true, zero: true },
    marks: [
      Plot.line(loss, { ...at, stroke: 'var(--adapter)', strokeOpacity: long ? 0.35 : 1 }),
      ...(long
        ? [Plot.line(loss, Plot.windowY(window, { ...at, stroke: 'var(--adapter)', strokeWidth: 2.5 }))]
        : [Plot.dot(loss, { ...at, fill: 'var(--adapter)', r: 2.5 })]),
    ],
  });
}

/** AUC on valid by step, a band for its interval; the step whose adapter was kept is a dot. */
export function validationPlot({ points, keptStep }: NonNullable<Report['validation']>): string {
  const drawn = points.flatMap(({ step, auc }) =>
    auc.value === null ? [] : [{ step, value: auc.value, low: auc.low ?? auc.value, high: auc.high ?? auc.value }],
  );
  return svg({
    ariaLabel: 'AUC on valid by step, with intervals',
    width: 832,
    height: 280,
    x: { label: 'step' },
    y: { label: 'AUC on valid', grid: true },
    marks: [
      Plot.ruleY([0.5], QUIET),
      Plot.areaY(drawn, { x: 'step', y1: 'low', y2: 'high', fill: 'var(--adapter)', fillOpacity: 0.15 }),
      Plot.line(drawn, { x: 'step', y: 'value', stroke: 'var(--adapter)', strokeWidth: 2 }),
      Plot.dot(
        drawn.filter(({ step }) => step === keptStep),
        { x: 'step', y: 'value', fill: 'var(--adapter)', r: 5 },
      ),
    ],
  });
}

/** Plot draws into a document; linkedom is one without a browser. */
function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return Plot.plot({ ...FRAME, ...options, document }).outerHTML;
}
