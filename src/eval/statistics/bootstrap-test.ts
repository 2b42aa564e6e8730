import type { ReportOptions } from '../../core/report.js';
import { type Distribution, definedResamples, usersThatCount } from './distribution.js';
import { pOfUsers } from './few-users.js';
import { acceleration, medianBias } from './interval.js';
import { normalBelow, normalQuantile } from './normal.js';

/**
 * Two-sided p value of a paired difference by its resamples: the smallest alpha whose interval (of interval.ts) leaves 0 out. One resample is added on
 * either side, so that no p is 0.
 *
 * distribution  of a difference
 * returns       within (0, 1]; undefined where there is no such interval
 * source        Davison and Hinkley 1997, "Bootstrap Methods and their Application", sections 4.2 and 5.3
 */
export function bootstrapTest(
  distribution: Distribution,
  { interval }: Pick<ReportOptions, 'interval'>,
): number | undefined {
  const defined = definedResamples(distribution);
  if (distribution.value === undefined || defined.length === 0) return undefined;
  const [notAbove, notBelow] = [defined.filter((one) => one <= 0).length, defined.filter((one) => one >= 0).length];
  const [low, high] = [(notAbove + 1) / (defined.length + 1), (notBelow + 1) / (defined.length + 1)];
  const users = usersThatCount(distribution);
  const ofUsers = (p: number) => (users < 2 ? Math.min(1, p) : pOfUsers(p, users));
  if (interval === 'percentile') return ofUsers(Math.min(2 * low, 2 * high));
  const bias = medianBias(distribution);
  const speed = acceleration(distribution);
  if (bias === undefined || speed === undefined) return undefined;
  // The share of the resamples at 0, taken back through the shift of the interval's ends.
  const alphaOf = (share: number) => {
    if (share <= 0 || share >= 1) return share;
    const moved = normalQuantile(share) - bias;
    return 1 + speed * moved > 0 ? normalBelow(moved / (1 + speed * moved) - bias) : Number(moved > 0);
  };
  return ofUsers(Math.min(2 * alphaOf(low), 2 * (1 - alphaOf(1 - high))));
}
