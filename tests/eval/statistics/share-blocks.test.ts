import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/random.js';
import { aucByUsers } from '../../../src/eval/metrics/auc.js';
import { f1ByUsers } from '../../../src/eval/metrics/f1.js';
import { resampleUsers } from '../../../src/eval/statistics/bootstrap.js';
import { meanOfRows } from '../../../src/eval/statistics/ratio-statistic.js';
import { awaitBlocks, shareable, takeBlocks } from '../../../src/eval/statistics/share-blocks.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { exists, packageRoot } from '../../../src/platform/files.js';

const random = new Random(1, 'rows');
const rows = Array.from({ length: 400 }, () => ({
  user: String(random.integer(90)),
  score: random.normal(),
  liked: random.uniform() < 0.4,
}));
const users = indexUsers(rows.map(({ user }) => user));
const scores = rows.map(({ score }) => score);
const labels = rows.map(({ liked }) => liked);
const statistics = [aucByUsers(scores, labels, users), meanOfRows(scores, users), f1ByUsers(scores, labels, users)];
const options = { resamples: 1230, bootstrapSeed: 4 };
const alone = resampleUsers(statistics, users.count, options, 1);

describe('resamples that several threads work on', () => {
  it('are computed where they are awaited when a thread took them and never delivered', () => {
    const work = shareable({
      statistics,
      userCount: users.count,
      resamples: options.resamples,
      seed: options.bootstrapSeed,
    });
    Atomics.add(work.next, 0, 3); // three blocks are taken by nobody
    takeBlocks(work);
    expect([...work.done].slice(0, 5)).toEqual([0, 0, 0, 1, 1]);
    awaitBlocks(work, 1);
    alone.forEach(({ resampled }, i) => {
      expect(work.values.slice(i * options.resamples, (i + 1) * options.resamples)).toEqual(resampled.slice());
    });
  });

  // Threads start from the built program, as users run it; `npm test` builds it first.
  const built = join(packageRoot(), 'dist/eval/statistics/bootstrap.js');
  it.skipIf(!exists(built)).each([1, 2, 3, 8])('have the same bytes with %i threads', async (threads) => {
    const { resampleUsers: resampleBuilt } = (await import(built)) as { resampleUsers: typeof resampleUsers };
    const made = resampleBuilt(statistics, users.count, options, threads);
    made.forEach(({ resampled }, i) => {
      expect(
        Buffer.from(resampled.slice().buffer).equals(
          Buffer.from((alone[i]?.resampled ?? new Float64Array()).slice().buffer),
        ),
      ).toBe(true);
    });
  });

  it.skipIf(!exists(built))('are computed by a thread alone, too', async () => {
    const work = shareable({
      statistics,
      userCount: users.count,
      resamples: options.resamples,
      seed: options.bootstrapSeed,
    });
    const worker = new Worker(join(built, '../bootstrap-worker.js'), { workerData: work });
    await new Promise((end) => worker.on('exit', end));
    expect([...work.done]).toEqual(new Array(work.done.length).fill(1));
    alone.forEach(({ resampled }, i) => {
      expect(work.values.slice(i * options.resamples, (i + 1) * options.resamples)).toEqual(resampled.slice());
    });
  });
});
