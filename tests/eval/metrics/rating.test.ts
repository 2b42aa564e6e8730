import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedRating } from '../../../src/eval/metrics/expected-rating.js';
import { maeByUsers, rmseByUsers } from '../../../src/eval/metrics/rating-error.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers, onUsers } from '../../../src/eval/statistics/user-statistic.js';

describe('the expected rating', () => {
  it.each([
    { case: 'a certain model', logLikelihoods: [-900, -900, 0], scale: [1, 2, 3], expected: 3 },
    { case: 'a model that says nothing', logLikelihoods: [-7, -7, -7, -7, -7], scale: [1, 2, 3, 4, 5], expected: 3 },
    { case: 'odds of 3 to 1', logLikelihoods: [Math.log(1), Math.log(3)], scale: [0.5, 4.5], expected: 3.5 },
    { case: 'texts that are all very unlikely', logLikelihoods: [-5000, -5000], scale: [2, 4], expected: 3 },
    { case: 'no scale', logLikelihoods: [], scale: [], expected: undefined },
  ])('is $expected for $case', ({ logLikelihoods, scale, expected }) => {
    const value = expectedRating(logLikelihoods, scale);
    if (expected === undefined) expect(value).toBeUndefined();
    else expect(value).toBeCloseTo(expected, 10);
  });

  it('is the mean of many ratings drawn in proportion to the likelihoods', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.double({ min: -50, max: 50, noNaN: true }), (times, shift) => {
        const scale = times.map((_, k) => 1 + k / 2);
        const drawn = times.flatMap((count, k) => Array<number>(count).fill(scale[k] as number)); // each rating as often as it is likely
        const logLikelihoods = times.map((count) => Math.log(count) + shift);
        expect(expectedRating(logLikelihoods, scale)).toBeCloseTo(
          drawn.reduce((sum, value) => sum + value, 0) / drawn.length,
          9,
        );
      }),
    );
  });

  it.each([
    { case: 'a scale of another length', logLikelihoods: [0], scale: [1, 2] },
    { case: 'a log-likelihood that is not finite', logLikelihoods: [0, Number.NEGATIVE_INFINITY], scale: [1, 2] },
  ])('refuses $case', ({ logLikelihoods, scale }) =>
    expect(() => expectedRating(logLikelihoods, scale)).toThrow(RangeError),
  );
});

const anyRatings = fc.array(
  fc.record({
    predicted: fc.double({ min: 1, max: 5, noNaN: true }),
    actual: fc.integer({ min: 1, max: 5 }),
    user: fc.constantFrom('a', 'b', 'c'),
  }),
);

describe('RMSE and MAE', () => {
  it('are sqrt(3.25 / 3) and 2.5 / 3 for errors of 0, 1 and 1.5', () => {
    const rows = [
      { predicted: 3, actual: 3 },
      { predicted: 4, actual: 3 },
      { predicted: 2.5, actual: 4 },
    ];
    const users = indexUsers(['a', 'b', 'c']);
    expect(onAllUsers(rmseByUsers(rows, users), users)).toBeCloseTo(Math.sqrt(3.25 / 3), 12);
    expect(onAllUsers(maeByUsers(rows, users), users)).toBeCloseTo(2.5 / 3, 12);
  });

  it('equal their definitions over the rows of the users that are taken, as often as they are', () => {
    const times = fc.record({ a: fc.nat({ max: 3 }), b: fc.nat({ max: 3 }), c: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(anyRatings, times, (rows, taken) => {
        const users = indexUsers(rows.map(({ user }) => user));
        const byNumber = new Uint32Array(users.count);
        rows.forEach(({ user }, row) => {
          byNumber[users.ofRow[row] as number] = taken[user];
        });
        const errors = rows.flatMap(({ predicted, actual, user }) =>
          Array<number>(taken[user]).fill(predicted - actual),
        );
        const [rmse, mae] = [onUsers(rmseByUsers(rows, users), byNumber), onUsers(maeByUsers(rows, users), byNumber)];
        if (errors.length === 0) {
          expect([rmse, mae]).toEqual([undefined, undefined]);
          return;
        }
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(rmse).toBeCloseTo(Math.sqrt(mean(errors.map((error) => error * error))), 9);
        expect(mae).toBeCloseTo(mean(errors.map((error) => Math.abs(error))), 9);
      }),
    );
  });
});
