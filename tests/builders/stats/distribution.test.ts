import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gini, topShares } from '../../../src/builders/stats/concentration.js';
import { coarse, SHARES, Tally } from '../../../src/builders/stats/distribution.js';

const few = fc.array(fc.integer({ min: -3, max: 6 }), { maxLength: 30 });

function tallied(values: readonly number[]) {
  const tally = new Tally();
  for (const value of values) tally.add(value);
  return tally.distribution();
}

describe('a tally', () => {
  it('has the quantiles of its values by their definition, whatever their order', () => {
    fc.assert(
      fc.property(few, (values) => {
        // The smallest of the values that at least so many of all do not exceed, looked for among all of them.
        const slow = SHARES.map((share) =>
          Math.min(...values.filter((one) => values.filter((other) => other <= one).length >= share * values.length)),
        );
        const { count, quantiles, mean } = tallied(values);
        expect(count).toBe(values.length);
        expect(quantiles).toEqual(values.length === 0 ? [] : slow);
        if (values.length === 0) expect(mean).toBeUndefined();
        else expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 12);
      }),
    );
  });

  it('of coarse values has the coarse quantiles', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000_000), { minLength: 1, maxLength: 30 }), (values) => {
        expect(tallied(values.map(coarse)).quantiles).toEqual(tallied(values).quantiles.map(coarse));
      }),
    );
  });
});

it('coarse leaves small numbers, strays by less than 1/128 below and makes few of many', () => {
  fc.assert(
    fc.property(fc.nat(), (value) => {
      expect(coarse(value)).toBeLessThanOrEqual(value);
      expect(value - coarse(value)).toBeLessThanOrEqual(value / 128);
      if (value < 256) expect(coarse(value)).toBe(value);
      expect(coarse(coarse(value))).toBe(coarse(value));
    }),
  );
  expect(new Set(Array.from({ length: 100_000 }, (_, i) => coarse(i))).size).toBeLessThan(1500);
});

const counts = fc.array(fc.nat(9), { minLength: 1, maxLength: 25 }).filter((all) => all.some((one) => one > 0));

describe('gini', () => {
  it.each([
    { case: 'equal items', values: [3, 3, 3], expected: 0 },
    { case: 'one item that has all', values: [0, 0, 0, 8], expected: 0.75 },
    { case: 'nothing', values: [0, 0], expected: undefined },
    { case: 'no items', values: [], expected: undefined },
  ])('is $expected for $case', ({ values, expected }) => expect(gini(values)).toBe(expected));

  it('is half the mean difference of two items over the mean, on any input', () => {
    fc.assert(
      fc.property(counts, (values) => {
        const n = values.length;
        const mean = values.reduce((sum, one) => sum + one, 0) / n;
        const differences = values.flatMap((a) => values.map((b) => Math.abs(a - b)));
        const slow = differences.reduce((sum, one) => sum + one, 0) / (n * n) / (2 * mean);
        expect(gini(values)).toBeCloseTo(slow, 12);
      }),
    );
  });
});

it('topShares takes the most popular items, one at least, on any input', () => {
  fc.assert(
    fc.property(counts, (values) => {
      const total = values.reduce((sum, one) => sum + one, 0);
      for (const { top, share } of topShares(values)) {
        const left = [...values];
        let taken = 0;
        for (let i = 0; i < Math.ceil(top * values.length); i++) {
          const best = left.indexOf(Math.max(...left));
          taken += left.splice(best, 1)[0] ?? 0;
        }
        expect(share).toBeCloseTo(taken / total, 12);
      }
    }),
  );
  expect(topShares([])).toEqual([]);
});
