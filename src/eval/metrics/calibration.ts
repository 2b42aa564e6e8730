import type { ReliabilityBin } from '../../core/report.js';
import { probability } from './brier.js';
import { checkRows } from './check-rows.js';

/** Bins of equal width over P(liked). */
export const BINS = 10;

/**
 * Rows gathered by predicted probability: where 0.7 is said, are 70 % liked? Empty bins are left out.
 * A bin is [k / 10, (k + 1) / 10); the last one includes 1.
 *
 * throws  RangeError on unequal lengths or a log-odds that is not finite
 * source  DeGroot and Fienberg 1983, "The Comparison and Evaluation of Forecasters", doi:10.2307/2987588
 */
export function reliability(logOdds: readonly number[], labels: readonly boolean[]): ReliabilityBin[] {
  checkRows(logOdds, labels);
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, liked: 0 }));
  logOdds.forEach((value, row) => {
    const predicted = probability(value);
    const bin = bins[binOf(predicted)];
    if (!bin) throw new Error(`no bin for probability ${predicted}`);
    bin.rows += 1;
    bin.probability += predicted;
    bin.liked += labels[row] ? 1 : 0;
  });
  return bins.flatMap(({ rows, probability: sum, liked }, k) =>
    rows === 0
      ? []
      : [{ low: k / BINS, high: (k + 1) / BINS, rows, meanProbability: sum / rows, likedShare: liked / rows }],
  );
}

/**
 * Expected calibration error: mean distance between what the bins say and what came true, weighted by their rows.
 * It depends on the bins (ten of equal width here) and is pushed upwards by small bins; read it beside the plot. It has no interval: resampling users pushes it
 * further upwards, and none of the bootstrap's intervals holds the truth as often as it says (docs/metrics.md).
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

function binOf(predicted: number): number {
  return Math.min(BINS - 1, Math.floor(predicted * BINS));
}
