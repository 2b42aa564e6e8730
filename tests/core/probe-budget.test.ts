import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FEWEST_PROBED,
  lineBytes,
  MOST_PROBED,
  meanVariation,
  probedRows,
  softmax,
} from '../../src/core/probe-budget.js';

const costs = fc.array(fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 120 }), { maxLength: 5 });

describe('probedRows', () => {
  const costOf = (all: readonly (readonly number[])[], rows: number) =>
    all.reduce((sum, one) => sum + one.slice(0, rows).reduce((a, b) => a + b, 0), 0);

  it('asks as many rows as the budget allows and not one more, or the fewest', () => {
    fc.assert(
      fc.property(costs, fc.nat(20_000), (all, budget) => {
        const longest = Math.max(0, ...all.map((one) => one.length));
        const rows = probedRows(all, budget);
        expect(rows).toBeLessThanOrEqual(longest);
        expect(rows).toBeGreaterThanOrEqual(Math.min(longest, FEWEST_PROBED));
        if (rows > FEWEST_PROBED) expect(costOf(all, rows)).toBeLessThanOrEqual(budget);
        if (rows < longest) expect(costOf(all, rows + 1)).toBeGreaterThan(budget);
      }),
    );
  });

  it('asks no more than enough, however much it may cost', () => {
    expect(probedRows([Array.from({ length: 5000 }, () => 1)], 1e9)).toBe(MOST_PROBED);
  });
});

it('counts bytes of UTF-8, of a prompt once and of each answer that is scored by all its tokens', () => {
  expect(lineBytes('Élan', undefined)).toBe(5);
  expect(lineBytes('Élan', ['a', 'bc'])).toBe(8);
});

it('moves by half of the absolute differences of probabilities, in the mean over rows', () => {
  expect(
    meanVariation(
      [
        [0.5, 0.5],
        [1, 0],
      ],
      [
        [0.25, 0.75],
        [0, 1],
      ],
    ),
  ).toBeCloseTo((0.25 + 1) / 2, 12);
  expect(meanVariation([], [])).toBe(0);
});

it('makes probabilities of log-likelihoods, whatever is added to all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 9 }), (scores) => {
      const probabilities = softmax(scores);
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      const moved = softmax(scores.map((score) => score + 700));
      for (const [i, p] of probabilities.entries()) expect(moved[i]).toBeCloseTo(p, 9);
    }),
  );
});
