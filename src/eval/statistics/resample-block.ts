import { Random } from '../../core/random.js';
import { onUsers, type UserStatistic } from './user-statistic.js';

/** How users are drawn. */
export interface Draw {
  readonly userCount: number;
  readonly resamples: number;
  readonly seed: number;
}

/** What is resampled: every statistic sees the same users. */
export interface Resampling extends Draw {
  readonly statistics: readonly UserStatistic[];
}

/** Resamples that are drawn from one stream of chance: whichever thread takes a block, its numbers are the same. */
export const BLOCK = 50;

export function blockCount({ resamples }: Pick<Draw, 'resamples'>): number {
  return Math.ceil(resamples / BLOCK);
}

/**
 * The resamples of one block. Each takes as many users as there are, with replacement, and all rows of each.
 *
 * visit  times: how often each user is taken, until the next resample
 */
export function eachResample(
  { userCount, resamples, seed }: Draw,
  block: number,
  visit: (times: Uint32Array, resample: number) => void,
): void {
  const random = new Random(seed, `bootstrap ${block}`);
  const times = new Uint32Array(userCount);
  const end = Math.min(resamples, (block + 1) * BLOCK);
  for (let resample = block * BLOCK; resample < end; resample++) {
    random.drawWithReplacement(times);
    visit(times, resample);
  }
}

/**
 * What the statistics come to in one block of resamples.
 *
 * values  of statistic i in resample r at i * resamples + r, written here; NaN where the statistic is not defined
 */
export function resampleBlock(resampling: Resampling, block: number, values: Float64Array): void {
  const { statistics, resamples } = resampling;
  eachResample(resampling, block, (times, resample) => {
    for (let i = 0; i < statistics.length; i++) {
      values[i * resamples + resample] = onUsers(statistics[i] as UserStatistic, times) ?? Number.NaN;
    }
  });
}
