import type { Estimate } from '../../core/report.js';
import { quantile } from './interval.js';

/**
 * A quantile of independent values with the interval between two of them: the k-th smallest lies above the quantile with the chance that fewer than k of n values
 * lie below it, which is binomial whatever the values are.
 *
 * values   any order
 * share    of the values below the quantile, within (0, 1)
 * returns  low or high null where no value lies that far out: the 99th percentile of 100 values has no upper end
 * source   David and Nagaraja 2003, "Order Statistics", section 7.1
 */
export function quantileEstimate(values: readonly number[], share: number, level: number): Estimate {
  if (values.length === 0) return { value: null, low: null, high: null, leftOut: 0 };
  const rising = [...values].sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  let below = 0; // chance that fewer than k values lie below the quantile
  let low: number | null = null;
  let high: number | null = null;
  let logarithm = rising.length * Math.log1p(-share); // of the chance that exactly k - 1 do
  for (let k = 1; k <= rising.length; k++) {
    below += Math.exp(logarithm);
    logarithm += Math.log((rising.length - k + 1) / k) + Math.log(share) - Math.log1p(-share);
    if (below <= tail) low = rising[k - 1] as number;
    if (high === null && below >= 1 - tail) high = rising[k - 1] as number;
  }
  return { value: quantile(rising, share), low, high, leftOut: 0 };
}
