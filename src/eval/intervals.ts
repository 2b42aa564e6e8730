import { Random } from '../core/random.js';
import type { Estimate, ReportOptions } from '../core/report.js';
import { onUsers, type UserStatistic } from './statistics/user-statistic.js';

/** A figure and what it would have been with other users of the same kind. */
export interface Distribution {
  readonly value: number | undefined; // every user once
  readonly resampled: readonly (number | undefined)[]; // one a resample; empty when there are fewer than two users
}

/**
 * Bootstrap over users: each resample takes as many users as there are, with replacement, and all rows of each.
 * Rows of one user resemble each other, so resampling rows would give intervals that are too narrow.
 * All statistics see the same resampled users, which is what makes their differences paired.
 *
 * returns one distribution a statistic, in order; the same settings give the same numbers
 * source  Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile interval);
 *         Field and Welsh 2007, "Bootstrapping clustered data", doi:10.1111/j.1467-9868.2007.00593.x (whole clusters)
 */
export function resampleUsers(
  statistics: readonly UserStatistic[],
  userCount: number,
  { resamples, bootstrapSeed }: Pick<ReportOptions, 'resamples' | 'bootstrapSeed'>,
): Distribution[] {
  const once = new Uint32Array(userCount).fill(1);
  const distributions = statistics.map((statistic) => ({
    value: onUsers(statistic, once),
    resampled: [] as (number | undefined)[],
  }));
  if (userCount < 2) return distributions; // one user resampled is the same user: that says nothing of others
  const random = new Random(bootstrapSeed, 'bootstrap');
  const times = new Uint32Array(userCount);
  for (let resample = 0; resample < resamples; resample++) {
    drawUsers(random, times);
    statistics.forEach((statistic, i) => {
      distributions[i]?.resampled.push(onUsers(statistic, times));
    });
  }
  return distributions;
}

/** Fills times with how often each user is taken in one resample: as many draws as there are users, with replacement. */
export function drawUsers(random: Random, times: Uint32Array): void {
  times.fill(0);
  for (let draw = 0; draw < times.length; draw++) {
    const user = random.integer(times.length);
    times[user] = (times[user] as number) + 1;
  }
}

/** The figure with its percentile interval. Resamples where it is not defined are left out of the interval and counted. */
export function estimate({ value, resampled }: Distribution, level: number): Estimate {
  const defined = resampled.filter((one) => one !== undefined).sort((a, b) => a - b);
  const leftOut = resampled.length - defined.length;
  if (value === undefined || defined.length === 0) return { value: value ?? null, low: null, high: null, leftOut };
  return {
    value,
    low: quantile(defined, (1 - level) / 2),
    high: quantile(defined, (1 + level) / 2),
    leftOut,
  };
}

/**
 * First minus second, resample by resample: both saw the same users, so what the two share cancels out.
 * Both distributions must come from one call of resampleUsers.
 *
 * throws RangeError when the numbers of resamples differ
 */
export function difference(first: Distribution, second: Distribution): Distribution {
  if (first.resampled.length !== second.resampled.length) {
    throw new RangeError(`${first.resampled.length} resamples cannot be paired with ${second.resampled.length}`);
  }
  return {
    value: minus(first.value, second.value),
    resampled: first.resampled.map((value, resample) => minus(value, second.resampled[resample])),
  };
}

/** Share of the resamples above 0, among those where the figure is defined; undefined when there is none. */
export function shareAboveZero({ resampled }: Distribution): number | undefined {
  const defined = resampled.filter((one) => one !== undefined);
  return defined.length === 0 ? undefined : defined.filter((one) => one > 0).length / defined.length;
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** Quantile with linear interpolation (type 7 of Hyndman and Fan 1996); sorted is rising and not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}
