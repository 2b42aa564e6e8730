import { softmax } from '../metrics/softmax.js';
import type { Told } from './told.js';

/** Between which temperatures is searched: beyond them probabilities are flat, or a step. */
export const COLDEST = 0.01;
export const HOTTEST = 100;
const HALVINGS = 60;

export interface Temperature {
  readonly value: number;
  readonly atEnd: boolean; // at COLDEST or HOTTEST: the best one may lie beyond
}

/**
 * The temperature T that makes the log loss of softmax(scores / T) smallest. In 1 / T the loss is convex with the derivative mean of (expected score - score of
 * what came true), so its sign is halved down to the root within [1 / HOTTEST, 1 / COLDEST].
 *
 * returns undefined without rows, and where no two answers of any row have different scores: every temperature is then as good
 * source  Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599
 */
export function fitTemperature(rows: readonly Told[]): Temperature | undefined {
  if (rows.every(({ scores }) => scores.every((score) => score === scores[0]))) return undefined;
  const slope = (inverse: number) => rows.reduce((sum, row) => sum + slopeOf(row, inverse), 0);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (slope(low) >= 0) return { value: HOTTEST, atEnd: true };
  if (slope(high) <= 0) return { value: COLDEST, atEnd: true };
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(low * high); // of a scale
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return { value: 1 / Math.sqrt(low * high), atEnd: false };
}

/** Of one row's loss, by 1 / T. */
function slopeOf({ scores, right }: Told, inverse: number): number {
  const shares = softmax(scores.map((score) => score * inverse));
  const own = scores[right] as number;
  return shares.reduce((sum, share, k) => sum + share * ((scores[k] as number) - own), 0);
}
