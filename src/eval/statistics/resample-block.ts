import { Random } from '../../core/random.js';
import { onUsers, type UserStatistic } from './user-statistic.js';

/** What is resampled: every statistic sees the same users. */
export interface Resampling {
  readonly statistics: readonly UserStatistic[];
  readonly userCount: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Resamples that are drawn from one stream of chance: whichever thread takes a block, its numbers are the same. */
export const BLOCK = 50;

export function blockCount({ resamples }: Pick<Resampling, 'resamples'>): number {
  return Math.ceil(resamples / BLOCK);
}

/**
 * One block of resamples. Each takes as many users as there are, with replacement, and all rows of each.
 *
 * values  of statistic i in resample r at i * resamples + r, written here; NaN where the statistic is not defined
 */
export function resampleBlock(
  { statistics, userCount, resamples, seed }: Resampling,
  block: number,
  values: Float64Array,
): void {
  const random = new Random(seed, `bootstrap ${block}`);
  const times = new Uint32Array(userCount);
  const end = Math.min(resamples, (block + 1) * BLOCK);
  for (let resample = block * BLOCK; resample < end; resample++) {
    random.drawWithReplacement(times);
    for (let i = 0; i < statistics.length; i++) {
      values[i * resamples + resample] = onUsers(statistics[i] as UserStatistic, times) ?? Number.NaN;
    }
  }
}
