import fc from 'fast-check';
import { expect, it } from 'vitest';
import { coarse, SHARES } from '../../../src/builders/stats/distribution.js';
import { sourceStats } from '../../../src/builders/stats/source-stats.js';
import { userGaps } from '../../../src/builders/stats/user-gaps.js';
import type { Interaction } from '../../../src/core/interaction.js';
import { ColumnsBuffer } from '../../../src/core/log-columns.js';
import { importInvented, inventedStudio } from '../invented-store.js';

const DAY = 86_400;
const ROWS = 7; // that stand in memory at once, so that a log is gone through more than once
const anyLog: fc.Arbitrary<Interaction[]> = fc
  .array(
    fc.record({
      userId: fc.constantFrom('u1', 'u2', 'u3'),
      itemId: fc.constantFrom('i1', 'i2', 'i3', 'i4'),
      rating: fc.option(fc.constantFrom(1, 2.5, 5)),
      timestamp: fc.option(fc.oneof(fc.nat(40 * DAY), fc.nat(3600)), { freq: 5 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((rows) => rows.map((row, index) => ({ ...row, logIndex: index + 1, attributes: {} })));

/** The Monday of a time, found by going back day by day. */
function monday(timestamp: number): string {
  const day = new Date(timestamp * 1000);
  while (day.getUTCDay() !== 1) day.setTime(day.getTime() - DAY * 1000);
  return day.toISOString().slice(0, 10);
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

it('statistics of a log in the store are those that plain loops over it give', () => {
  const { store, close } = inventedStudio();
  try {
    fc.assert(
      fc.property(anyLog, (log) => {
        importInvented(store, log);
        const stats = sourceStats(
          store.sources.columns('invented'),
          userGaps(() => store.sources.columns('invented'), ROWS),
          2.5,
        );
        const users = [...new Set(log.map(({ userId }) => userId))];
        const items = [...new Set(log.map(({ itemId }) => itemId))];
        expect(stats).toMatchObject({ interactions: log.length, users: users.length, items: items.length });
        expect(stats.density).toBeCloseTo(log.length / users.length / items.length, 12);
        expect(stats.perUser.mean).toBeCloseTo(log.length / users.length, 12);

        const gaps = users.flatMap((user) => {
          const times = log.flatMap((one) => (one.userId === user && one.timestamp !== null ? [one.timestamp] : []));
          return times.sort((a, b) => a - b).flatMap((time, i) => (i === 0 ? [] : [time - (times[i - 1] ?? 0)]));
        });
        if (gaps.length === 0) expect(stats.gaps).toBeNull();
        else {
          expect(stats.gaps?.withinSession).toBeCloseTo(gaps.filter((gap) => gap < 1800).length / gaps.length, 12);
          expect(stats.gaps?.mean).toBeCloseTo(mean(gaps), 6);
          const sorted = gaps.sort((a, b) => a - b);
          const slow = SHARES.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? 0);
          expect(stats.gaps?.quantiles).toEqual(slow.map(coarse));
        }

        const ratings = log.flatMap(({ rating }) => (rating === null ? [] : [rating]));
        if (ratings.length === 0) expect([stats.ratings, stats.liked]).toEqual([null, null]);
        else {
          const liked = ratings.filter((rating) => rating > 2.5).length;
          expect(stats.liked).toEqual({ threshold: 2.5, liked, disliked: ratings.length - liked });
          for (const { rating, count } of stats.ratings?.counts ?? [])
            expect(count).toBe(ratings.filter((one) => one === rating).length);
        }

        const timed = log.flatMap((one) => (one.timestamp === null ? [] : [{ ...one, week: monday(one.timestamp) }]));
        const weeks = [...new Set(timed.map(({ week }) => week))].sort();
        expect(stats.weeks).toEqual(
          weeks.map((week) => {
            const here = timed.filter((one) => one.week === week);
            const rated = here.flatMap(({ rating }) => (rating === null ? [] : [rating]));
            const fresh = new Set(here.map(({ itemId }) => itemId));
            for (const one of timed) if (one.week < week) fresh.delete(one.itemId);
            const meanRating = rated.length === 0 ? null : expect.closeTo(mean(rated), 9);
            return { week, interactions: here.length, rated: rated.length, meanRating, newItems: fresh.size };
          }),
        );
      }),
      { numRuns: 60 },
    );
  } finally {
    close();
  }
});

it('a log with more than 50 different ratings has them summed up, not listed', () => {
  const upTo = (most: number) => {
    const log = new ColumnsBuffer(most);
    for (let rating = 0; rating < most; rating++) log.add(0, 0, rating, Number.NaN, rating);
    return sourceStats([log.take()], [], undefined).ratings;
  };
  expect(upTo(60)).toMatchObject({ count: 60, mean: 29.5, counts: null });
  expect(upTo(50)?.counts?.length).toBe(50);
});
