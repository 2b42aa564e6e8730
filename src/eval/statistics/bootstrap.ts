import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ReportOptions } from '../../core/report.js';
import { availableThreads } from '../../platform/cpu.js';
import { exists } from '../../platform/files.js';
import type { Distribution } from './distribution.js';
import { blockCount, type Resampling } from './resample-block.js';
import { awaitBlocks, shareable, takeBlocks } from './share-blocks.js';
import { onAllUsers, type UserStatistic, withoutEachUser } from './user-statistic.js';

const WORKER = new URL('./bootstrap-worker.js', import.meta.url);
const MOST_THREADS = 8;
const WORTH_A_THREAD = 5e7; // numbers to visit; a thread takes some 50 ms to start, which are as many
const PATIENCE = 2000; // milliseconds; a block takes far less

/**
 * Bootstrap over users: each resample takes as many users as there are, with replacement, and all rows of each.
 * Rows of one user resemble each other, so resampling rows would give intervals that are too narrow.
 * All statistics see the same resampled users, which is what makes their differences paired.
 *
 * threads  that share the work; without it as many as are worth it
 * returns  one distribution a statistic, in order; the same settings give the same numbers for any number of threads
 * source   Efron and Tibshirani 1993, "An Introduction to the Bootstrap"; Field and Welsh 2007, "Bootstrapping clustered data",
 *          doi:10.1111/j.1467-9868.2007.00593.x (whole clusters)
 */
export function resampleUsers(
  statistics: readonly UserStatistic[],
  userCount: number,
  { resamples, bootstrapSeed }: Pick<ReportOptions, 'resamples' | 'bootstrapSeed'>,
  threads?: number,
): Distribution[] {
  // One user resampled is the same user: that says nothing of others.
  const made = userCount < 2 ? 0 : resamples;
  const resampling = { statistics, userCount, resamples: made, seed: bootstrapSeed };
  const values = resample(resampling, threads ?? threadsFor(resampling));
  return statistics.map((statistic, i) => ({
    value: onAllUsers(statistic, { count: userCount }),
    resampled: values.subarray(i * made, (i + 1) * made),
    withoutEach: Float64Array.from(withoutEachUser(statistic, userCount), (value) => value ?? Number.NaN),
  }));
}

function resample(resampling: Resampling, threads: number): Float64Array {
  const work = shareable(resampling);
  // Not built (a test that runs from the sources): no file for a thread to start from.
  const helpers = exists(fileURLToPath(WORKER)) ? Math.min(threads, blockCount(resampling)) - 1 : 0;
  for (let helper = 0; helper < helpers; helper++) {
    const worker = new Worker(WORKER, { workerData: work });
    worker.on('error', () => {}); // its blocks are computed here
    worker.unref();
  }
  takeBlocks(work);
  awaitBlocks(work, PATIENCE);
  return work.values;
}

function threadsFor({ statistics, userCount, resamples }: Resampling): number {
  const rows = statistics.reduce((sum, one) => sum + (one.kind === 'auc' ? one.user.length : userCount), 0);
  const worth = Math.floor((resamples * (4 * userCount + rows)) / WORTH_A_THREAD);
  return worth < 2 ? 1 : Math.min(worth, MOST_THREADS, availableThreads());
}
