import type { Estimate, ReportOptions } from '../../core/report.js';
import { type DistanceStatistic, distanceOf, partSums } from './distance-statistic.js';
import { quantile } from './interval.js';
import { blockCount, type Draw, eachResample } from './resample-block.js';

type Settings = Pick<ReportOptions, 'resamples' | 'bootstrapSeed' | 'level'>;

const LONGEST = 4; // how far along the ray truths are tried, in units of what was seen
const STEP = 0.01;

/**
 * The interval of a distance, which chance pushes upwards: the percentile interval often lies above the truth, and one that is mirrored at the figure (the basic one)
 * is too short where the truth is near 0. So truths are tried: gaps f g of the parts, g those that were seen and f from 0 on. With e a resample's gaps minus g, a truth
 * of f |g| would show |f g + e|; those f are kept for which what was seen lies among these within the level. The interval holds all that are kept and the
 * basic one, at 0 and above.
 *
 * users   as many as the statistic's; the resamples are those of the other figures
 * source  Davison and Hinkley 1997, "Bootstrap Methods and their Application", sections 5.2 and 5.5 (tests inverted)
 */
export function distanceEstimate(statistic: DistanceStatistic, users: number, settings: Settings): Estimate {
  const { gaps: seen, weight } = partSums(statistic, new Uint32Array(users).fill(1));
  const value = weight === 0 ? null : distanceOf(seen);
  if (value === null || users < 2) return { value, low: null, high: null, leftOut: 0 };
  const resampled = resampledGaps(statistic, users, settings);
  const leftOut = settings.resamples - resampled.length;
  if (resampled.length === 0) return { value, low: null, high: null, leftOut };
  const distances = Float64Array.from(resampled, distanceOf).sort();
  const tail = (1 - settings.level) / 2;
  const ends = [2 * value - quantile(distances, 1 - tail), 2 * value - quantile(distances, tail)];
  for (let step = 0; step * STEP <= LONGEST && value > 0; step++) {
    if (couldShow(step * STEP, { seen, value, resampled, tail })) ends.push(step * STEP * value);
  }
  return { value, low: Math.max(0, Math.min(...ends)), high: Math.max(0, ...ends), leftOut };
}

/** Whether a truth of f times what was seen shows as little, and as much, in more than a tail of the resamples. */
function couldShow(
  f: number,
  { seen, value, resampled, tail }: { seen: Float64Array; value: number; resampled: Float64Array[]; tail: number },
): boolean {
  let [below, above] = [0, 0];
  for (const gaps of resampled) {
    let shown = 0;
    for (let part = 0; part < seen.length; part++) {
      shown += Math.abs((gaps[part] as number) + (f - 1) * (seen[part] as number));
    }
    if (shown <= value) below += 1;
    if (shown >= value) above += 1;
  }
  return Math.min(below, above) >= tail * resampled.length;
}

/** Gaps over weights of each resample, of those that have a weight. */
function resampledGaps(statistic: DistanceStatistic, users: number, settings: Settings): Float64Array[] {
  const draw: Draw = { userCount: users, resamples: settings.resamples, seed: settings.bootstrapSeed };
  const found: Float64Array[] = [];
  for (let block = 0; block < blockCount(draw); block++) {
    eachResample(draw, block, (times) => {
      const { gaps, weight } = partSums(statistic, times);
      if (weight > 0) found.push(gaps);
    });
  }
  return found;
}
