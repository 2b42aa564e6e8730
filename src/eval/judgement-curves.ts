import type { ModelId, Report } from '../core/report.js';
import { expectedCalibrationError, reliability } from './metrics/calibration.js';
import { precisionRecall } from './metrics/precision-recall.js';
import { roc } from './metrics/roc.js';
import type { SplitScores } from './split-scores.js';

const CURVE_MODELS: readonly ModelId[] = ['adapter', 'base', 'liked-share'];
const RELIABILITY_MODELS: readonly ModelId[] = ['adapter', 'base'];

/** As many points as can be told apart on a page: a report of a hundred thousand rows is no larger for its curves. */
const DRAWN_POINTS = 400;
type Point = [number, number];

/** The curves of the judgements that a report draws; of none where a curve is not defined. */
export function judgementCurves(
  scores: SplitScores,
): Pick<Report['curves'], 'roc' | 'precisionRecall' | 'reliability'> {
  const { labels, logOdds } = scores;
  return {
    roc: curvesOf(scores, roc),
    precisionRecall: curvesOf(scores, precisionRecall),
    reliability: (labels.length === 0 ? [] : RELIABILITY_MODELS).map((model) => ({
      model,
      expectedCalibrationError: expectedCalibrationError(logOdds[model], labels) ?? null,
      bins: reliability(logOdds[model], labels),
    })),
  };
}

function curvesOf({ logOdds, labels }: SplitScores, curve: typeof roc): { model: ModelId; points: Point[] }[] {
  return CURVE_MODELS.flatMap((model) => {
    const points = curve(logOdds[model], labels);
    return points ? [{ model, points: drawable(points) }] : [];
  });
}

/** Points of a curve, evenly taken, the first and the last among them. */
export function drawable(points: readonly Point[]): Point[] {
  if (points.length <= DRAWN_POINTS) return [...points];
  const last = points.length - 1;
  return Array.from({ length: DRAWN_POINTS }, (_, i) => points[Math.round((i * last) / (DRAWN_POINTS - 1))] as Point);
}
