import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/random.js';
import { quantileEstimate } from '../../../src/eval/statistics/quantile-interval.js';

describe('the interval of a quantile', () => {
  it('is the one of the tables: of 10 values the 2nd and the 9th for the median at 95 %', () => {
    const values = [10, 3, 1, 7, 2, 9, 4, 8, 6, 5];
    expect(quantileEstimate(values, 0.5, 0.95)).toEqual({ value: 5.5, low: 2, high: 9, leftOut: 0 });
  });

  it('holds the truth at least as often as it says', () => {
    const random = new Random(1, 'quantiles');
    let held = 0;
    for (let i = 0; i < 500; i++) {
      const { low, high } = quantileEstimate(
        Array.from({ length: 60 }, () => random.uniform()),
        0.7,
        0.9,
      );
      if (low !== null && high !== null && low <= 0.7 && high >= 0.7) held += 1;
    }
    expect(held / 500).toBeGreaterThan(0.9);
  });

  it.each([
    { case: 'no values', values: [], expected: { value: null, low: null, high: null, leftOut: 0 } },
    { case: 'one value', values: [3], expected: { value: 3, low: null, high: null, leftOut: 0 } },
  ])('gives no ends for $case', ({ values, expected }) =>
    expect(quantileEstimate(values, 0.5, 0.95)).toEqual(expected),
  );
});
