import type { ReliabilityBin } from '../../core/report.js';
import { type DistanceStatistic, distanceOfRows } from '../statistics/distance-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import { probability } from './brier.js';
import { checkRows } from './check-rows.js';

/** Bins of equal width over P(liked). */
export const BINS = 10;

/** Rows whose probability lies in one bin. */
export interface ProbabilityBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly meanProbability: number;
  readonly share: number; // mean of the outcomes
}

/**
 * Rows gathered by predicted probability. Empty bins are left out. A bin is [k / 10, (k + 1) / 10); the last one includes 1.
 *
 * probabilities  within [0, 1]
 * outcomes       1: it came true, 0: it did not, between: by chance of a tie; same order
 */
export function probabilityBins(probabilities: readonly number[], outcomes: readonly number[]): ProbabilityBin[] {
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, true: 0 }));
  probabilities.forEach((predicted, row) => {
    const bin = bins[binOf(predicted)];
    if (!bin) throw new Error(`no bin for probability ${predicted}`);
    bin.rows += 1;
    bin.probability += predicted;
    bin.true += outcomes[row] as number;
  });
  return bins.flatMap(({ rows, probability: sum, true: cameTrue }, k) =>
    rows === 0
      ? []
      : [{ low: k / BINS, high: (k + 1) / BINS, rows, meanProbability: sum / rows, share: cameTrue / rows }],
  );
}

/**
 * Rows gathered by P(liked): where 0.7 is said, are 70 % liked?
 *
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  DeGroot and Fienberg 1983, "The Comparison and Evaluation of Forecasters", doi:10.2307/2987588
 */
export function reliability(logOdds: readonly number[], labels: readonly boolean[]): ReliabilityBin[] {
  checkRows(logOdds, labels);
  const bins = probabilityBins(logOdds.map(probability), labels.map(Number));
  return bins.map(({ share, ...bin }) => ({ ...bin, likedShare: share }));
}

/**
 * Expected calibration error: mean distance between what the bins say and what came true, weighted by their rows.
 * It depends on the bins (ten of equal width here) and is pushed upwards by small bins; read it beside the plot. Resampling users pushes it further
 * upwards, so its interval is made by trying truths (statistics/distance-interval.ts) and may lie below the figure (docs/metrics.md).
 *
 * returns [0, 1], or undefined without rows
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", doi:10.1609/aaai.v29i1.9602
 */
export function expectedCalibrationError(logOdds: readonly number[], labels: readonly boolean[]): number | undefined {
  const bins = reliability(logOdds, labels);
  if (bins.length === 0) return undefined;
  const gap = bins.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.meanProbability - bin.likedShare), 0);
  return gap / logOdds.length;
}

/** The same for any multiset of users; probabilities and outcomes as of probabilityBins. */
export function calibrationErrorByUsers(
  probabilities: readonly number[],
  outcomes: readonly number[],
  users: UserIndex,
): DistanceStatistic {
  const gaps = probabilities.map((predicted, row) => [
    { part: binOf(predicted), gap: predicted - (outcomes[row] as number) },
  ]);
  return distanceOfRows(gaps, () => 1, BINS, users);
}

function binOf(predicted: number): number {
  return Math.min(BINS - 1, Math.floor(predicted * BINS));
}
