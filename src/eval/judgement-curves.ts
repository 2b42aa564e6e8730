import type { ModelId, OddsModelId, Report } from '../core/report.js';
import { expectedCalibrationError, reliability } from './metrics/calibration.js';
import { precisionRecall } from './metrics/precision-recall.js';
import { roc } from './metrics/roc.js';
import { type SplitScores, scoresOf } from './split-scores.js';

const CURVE_MODELS: readonly OddsModelId[] = ['adapter', 'base', 'liked-share'];
const RELIABILITY_MODELS: readonly OddsModelId[] = ['adapter', 'base'];

/** As many points as can be told apart on a page: a report of a hundred thousand rows is no larger for its curves. */
const DRAWN_POINTS = 400;
type Point = [number, number];

/**
 * The curves of the judgements that a report draws; of none where a curve is not defined.
 *
 * beside  models whose order is drawn too
 */
export function judgementCurves(
  scores: SplitScores,
  beside: readonly ModelId[],
): Pick<Report['curves'], 'roc' | 'precisionRecall' | 'reliability'> {
  const { labels, logOdds } = scores;
  return {
    roc: curvesOf(scores, roc, beside),
    precisionRecall: curvesOf(scores, precisionRecall, beside),
    reliability: (labels.length === 0 ? [] : RELIABILITY_MODELS).map((model) => ({
      model,
      expectedCalibrationError: expectedCalibrationError(logOdds[model], labels) ?? null,
      bins: reliability(logOdds[model], labels),
    })),
  };
}

function curvesOf(
  scores: SplitScores,
  curve: typeof roc,
  beside: readonly ModelId[],
): { model: ModelId; points: Point[] }[] {
  return [...CURVE_MODELS, ...beside].flatMap((model) => {
    const points = curve(scoresOf(scores, model), scores.labels);
    return points ? [{ model, points: drawable(points) }] : [];
  });
}

/** Points of a curve, evenly taken, the first and the last among them. */
export function drawable(points: readonly Point[]): Point[] {
  if (points.length <= DRAWN_POINTS) return [...points];
  const last = points.length - 1;
  return Array.from({ length: DRAWN_POINTS }, (_, i) => points[Math.round((i * last) / (DRAWN_POINTS - 1))] as Point);
}
