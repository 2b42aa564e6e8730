import fc from 'fast-check';
import { expect, it } from 'vitest';
import { precisionRecall } from '../../../src/eval/metrics/precision-recall.js';

it.each([
  { case: 'no liked row', scores: [0.2, 0.7], labels: [false, false], expected: undefined },
  { case: 'no rows', scores: [], labels: [], expected: undefined },
  {
    case: 'the liked row first',
    scores: [2, 1],
    labels: [true, false],
    expected: [
      [1, 1],
      [1, 0.5],
    ],
  },
  { case: 'all rows tied', scores: [1, 1, 1, 1], labels: [true, false, false, true], expected: [[1, 0.5]] },
])('gives $expected for $case', ({ scores, labels, expected }) =>
  expect(precisionRecall(scores, labels)).toEqual(expected),
);

it('agrees with counting at every threshold, on any input with many ties', () => {
  const row = fc.record({ score: fc.integer({ min: -2, max: 2 }), liked: fc.boolean() });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
      const thresholds = [...new Set(rows.map(({ score }) => score))].sort((a, b) => b - a);
      const liked = rows.filter((one) => one.liked).length;
      const counted = thresholds.map((threshold) => {
        const above = rows.filter(({ score }) => score >= threshold);
        const found = above.filter((one) => one.liked).length;
        return [found / liked, found / above.length];
      });
      const given = precisionRecall(
        rows.map(({ score }) => score),
        rows.map((one) => one.liked),
      );
      expect(given).toEqual(liked === 0 ? undefined : counted);
    }),
  );
});

it('refuses scores that do not fit the labels or are not finite', () => {
  expect(() => precisionRecall([1], [])).toThrow(RangeError);
  expect(() => precisionRecall([Number.NaN], [true])).toThrow(/not finite/);
});
