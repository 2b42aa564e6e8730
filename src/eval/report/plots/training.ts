import * as Plot from '@observablehq/plot';
import type { Report } from '../../../core/report.js';
import { QUIET, svg } from './frame.js';

const SMOOTH_FROM = 30; // steps; a shorter curve is drawn as it is
const HEIGHT = 290;
const TICKS = 6;
const STEP = { label: 'step', labelAnchor: 'center', labelArrow: 'none', ticks: TICKS, tickFormat: String } as const;

/** Training loss by step; long curves get a running mean over them. */
export function lossPlot({ loss }: Report['curves']): string {
  const at = { x: 'step', y: 'loss' };
  const long = loss.length >= SMOOTH_FROM;
  const window = { k: Math.max(3, Math.round(loss.length / 15)), anchor: 'middle', strict: false } as const;
  return svg({
    ariaLabel: 'Training loss by step',
    height: HEIGHT,
    x: STEP,
    y: { label: 'loss, nats a token', grid: true, zero: true, ticks: 6 },
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
    height: HEIGHT,
    x: drawn.length > TICKS ? STEP : { ...STEP, ticks: drawn.map(({ step }) => step) },
    y: { label: 'AUC on valid', grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([0.5], QUIET),
      Plot.areaY(drawn, { x: 'step', y1: 'low', y2: 'high', fill: 'var(--adapter)', fillOpacity: 0.15 }),
      ...(drawn.length === 1 // which makes no band
        ? [Plot.ruleX(drawn, { x: 'step', y1: 'low', y2: 'high', stroke: 'var(--adapter)', strokeWidth: 2.5 })]
        : []),
      Plot.line(drawn, { x: 'step', y: 'value', stroke: 'var(--adapter)', strokeWidth: 2 }),
      Plot.dot(
        drawn.filter(({ step }) => step === keptStep),
        { x: 'step', y: 'value', fill: 'var(--adapter)', r: 5 },
      ),
    ],
  });
}
