import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIOR_RATINGS, ratingMeans } from '../../../src/eval/baselines/rating-means.js';

const gave = (userId: string, itemId: string, rating: number | null) => ({ userId, itemId, rating });

describe('baselines of ratings', () => {
  const means = ratingMeans([gave('u', 'a', 5), gave('u', 'b', 4), gave('v', 'a', 1), gave('v', 'b', null)]);
  const mean = 10 / 3; // the interaction without a rating is not counted

  it('know the mean of all, of a user and of an item, drawn towards the mean of all', () => {
    expect(means?.global).toBeCloseTo(mean, 12);
    expect(means?.ofUser('u')).toBeCloseTo((9 + PRIOR_RATINGS * mean) / (2 + PRIOR_RATINGS), 12);
    expect(means?.ofItem('a')).toBeCloseTo((6 + PRIOR_RATINGS * mean) / (2 + PRIOR_RATINGS), 12);
  });

  it('add the bias of the user to that of the item, counted beside it', () => {
    const a = (6 - 2 * mean) / (2 + PRIOR_RATINGS);
    const b = (4 - mean) / (1 + PRIOR_RATINGS);
    const u = (5 - mean - a + (4 - mean - b)) / (2 + PRIOR_RATINGS);
    expect(means?.ofBoth('u', 'a')).toBeCloseTo(mean + a + u, 12);
    expect(means?.ofBoth('u', 'unknown')).toBeCloseTo(mean + u, 12);
  });

  it('fall back to the mean of all for those who are not in train', () => {
    expect([means?.ofUser('x'), means?.ofItem('x'), means?.ofBoth('x', 'y')]).toEqual(Array(3).fill(means?.global));
  });

  it('say nothing of a log without ratings', () => {
    expect(ratingMeans([gave('u', 'a', null)])).toBeUndefined();
    expect(ratingMeans([])).toBeUndefined();
  });

  it('never leave the ratings of train', () => {
    const one = fc.tuple(fc.constantFrom('u', 'v'), fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (all) => {
        const made = ratingMeans(all.map(([user, item, rating]) => gave(user, item, rating)));
        const ratings = all.map(([, , rating]) => rating);
        for (const user of ['u', 'v', 'x']) {
          for (const item of ['a', 'b', 'x']) {
            for (const value of [made?.ofUser(user), made?.ofItem(item), made?.ofBoth(user, item)]) {
              expect(value).toBeGreaterThanOrEqual(Math.min(...ratings) - 1e-12);
              expect(value).toBeLessThanOrEqual(Math.max(...ratings) + 1e-12);
            }
          }
        }
      }),
    );
  });
});
