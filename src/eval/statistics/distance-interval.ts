import type { Estimate, ReportOptions } from '../../core/report.js';
import { type DistanceStatistic, distanceOf, partSums } from './distance-statistic.js';
import { quantile } from './interval.js';
import { blockCount, type Draw, eachResample } from './resample-block.js';

type Settings = Pick<ReportOptions, 'resamples' | 'bootstrapSeed' | 'level'>;

const LARGEST = 4; // of the truths that are tried, in units of what was seen
const HALVINGS = 30;

/**
 * The interval of a distance, which chance pushes upwards: the percentile interval often lies above the truth, and one that is mirrored at the figure (the basic one)
 * is too short where the truth is near 0. So truths are tried. With g the gaps of the parts, v = |g| their sum without signs and e a resample's gaps minus g, a truth of
 * gaps t would show |t + e|; it is kept where v lies among these within the level. How much chance adds depends on how a truth is shared out among the parts, which
 * g tells badly where it is noise itself, so each size is tried in two shapes: that of g, and one as large in each part as chance is there (with g's signs), to
 * which chance adds little. The interval goes from the smallest to the largest size that is kept in either shape.
 *
 * users    as many as the statistic's; the resamples are those of the other figures
 * returns  low = 0 and high = the figure where chance alone would have shown more nearly always; the interval need not hold the figure
 * source   Davison and Hinkley 1997, "Bootstrap Methods and their Application", section 5.5 (tests inverted)
 */
export function distanceEstimate(statistic: DistanceStatistic, users: number, settings: Settings): Estimate {
  const { gaps: seen, weight } = partSums(statistic, new Uint32Array(users).fill(1));
  const value = weight === 0 ? null : distanceOf(seen);
  if (value === null || users < 2) return { value, low: null, high: null, leftOut: 0 };
  const errors = errorsOfResamples(statistic, seen, users, settings);
  const leftOut = settings.resamples - errors.length;
  if (errors.length === 0) return { value, low: null, high: null, leftOut };
  const tail = (1 - settings.level) / 2;
  if (value === 0) {
    const distances = Float64Array.from(errors, distanceOf).sort();
    return { value, low: 0, high: quantile(distances, 1 - tail), leftOut };
  }
  const ends = [seen, asLargeAsChance(seen, errors, value)].map((shape) => keptSizes(shape, { value, errors, tail }));
  const low = Math.min(...ends.map((one) => one.low));
  const high = Math.max(...ends.map((one) => one.high));
  return { value, low: low * value, high: high === 0 ? value : high * value, leftOut };
}

/** Gaps of the same sum, shared out by the standard error of each part; g itself where no resample differs. */
function asLargeAsChance(seen: Float64Array, errors: readonly Float64Array[], value: number): Float64Array {
  const deviations = seen.map((_, part) => Math.sqrt(errors.reduce((sum, one) => sum + (one[part] as number) ** 2, 0)));
  const sum = distanceOf(deviations);
  if (sum === 0) return seen;
  return deviations.map((own, part) => (((seen[part] as number) < 0 ? -own : own) * value) / sum);
}

interface Shown {
  readonly value: number;
  readonly errors: readonly Float64Array[];
  readonly tail: number;
}

/**
 * The smallest size that shows as much as was seen in more than a tail of the resamples, and the largest that shows as little.
 *
 * shape    gaps whose sum without signs is the value
 * returns  in units of the value; within [0, LARGEST]
 */
function keptSizes(shape: Float64Array, { value, errors, tail }: Shown): { low: number; high: number } {
  const shareOf = (size: number, holds: (shown: number) => boolean) => {
    let count = 0;
    for (const gaps of errors) {
      let shown = 0;
      for (let part = 0; part < shape.length; part++) {
        shown += Math.abs((gaps[part] as number) + size * (shape[part] as number));
      }
      if (holds(shown)) count += 1;
    }
    return count / errors.length;
  };
  const isAsMuch = (size: number) => shareOf(size, (shown) => shown >= value) >= tail;
  const isAsLittle = (size: number) => shareOf(size, (shown) => shown <= value) >= tail;
  return {
    low: isAsMuch(0) ? 0 : turningPoint(isAsMuch)[1],
    high: isAsLittle(0) ? turningPoint((size) => !isAsLittle(size))[0] : 0,
  };
}

/** Where a condition that does not hold at 0 begins to hold: the last size found without it, the first with it. */
function turningPoint(holds: (size: number) => boolean): [number, number] {
  let [without, first] = [0, LARGEST];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (without + first) / 2;
    if (holds(middle)) first = middle;
    else without = middle;
  }
  return [without, first];
}

/** Gaps over weights of each resample minus those that were seen, of the resamples that have a weight. */
function errorsOfResamples(
  statistic: DistanceStatistic,
  seen: Float64Array,
  users: number,
  settings: Settings,
): Float64Array[] {
  const draw: Draw = { userCount: users, resamples: settings.resamples, seed: settings.bootstrapSeed };
  const found: Float64Array[] = [];
  for (let block = 0; block < blockCount(draw); block++) {
    eachResample(draw, block, (times) => {
      const { gaps, weight } = partSums(statistic, times);
      if (weight > 0) found.push(gaps.map((own, part) => own - (seen[part] as number)));
    });
  }
  return found;
}
