import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lengthHistogram, nearestRank, splitBudget } from '../../src/core/token-budget.js';
import type { InspectedRow } from '../../src/core/token-row.js';

const row = (change: Partial<InspectedRow>): InspectedRow => ({
  row: 0,
  tokens: 10,
  length: 10,
  droppedHistory: 0,
  answerBegin: 7,
  shortest: 5,
  labelTokens: [],
  ends: true,
  ...change,
});

it('a budget counts tokens within the limit, rows by the items that they lose, and names rows that do not fit', () => {
  const rows = [
    row({ row: 0 }),
    row({ row: 1, tokens: 30, length: 18, droppedHistory: 2, answerBegin: 16 }),
    row({ row: 2, tokens: 40, length: 20, droppedHistory: 2, answerBegin: 17 }),
    row({ row: 3, tokens: 99, length: null, shortest: 60 }),
  ];
  expect(splitBudget(rows)).toEqual({
    rows: 4,
    tokens: 48,
    whole: 179,
    lossTokens: 8,
    mean: 16,
    quantiles: { p50: 18, p90: 20, p99: 20 },
    longest: { row: 2, tokens: 20 },
    shortened: 2,
    droppedItems: { 2: 2 },
    unfit: [{ row: 3, shortest: 60 }],
  });
});

it('a split without rows has no mean and no quantiles', () => {
  const { mean, quantiles, longest, tokens } = splitBudget([]);
  expect({ mean, quantiles, longest, tokens }).toEqual({
    mean: undefined,
    quantiles: { p50: undefined, p90: undefined, p99: undefined },
    longest: undefined,
    tokens: 0,
  });
});

it('a quantile is the smallest length that enough rows do not exceed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const enough = (length: number) => values.filter((value) => value <= length).length >= share * values.length;
        expect(nearestRank(sorted, share)).toBe(sorted.find(enough));
      },
    ),
  );
});

it('a histogram has each row once, in bins of one width that leave nothing out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (lengths) => {
      const bins = lengthHistogram(lengths);
      expect(bins.length).toBeLessThanOrEqual(16);
      for (const { from, to, rows } of bins) {
        expect(to - from).toBe((bins[0]?.to ?? 0) - (bins[0]?.from ?? 0));
        expect(rows).toBe(lengths.filter((length) => length >= from && length < to).length);
      }
      expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(lengths.length);
      expect(bins[0]?.rows).toBeGreaterThan(0);
      expect(bins.at(-1)?.rows).toBeGreaterThan(0);
    }),
  );
});
