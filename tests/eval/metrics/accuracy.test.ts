import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../src/eval/metrics/accuracy.js';
import { anyRows, labelsOf, scoresOf } from './arbitrary.js';

describe('accuracy', () => {
  it.each([
    { case: 'a worked example', logOdds: [2, -1, 0.1, -3], labels: [true, false, false, true], expected: 0.5 },
    { case: 'a log-odds of 0, which calls neither', logOdds: [0, 0, 0], labels: [true, true, false], expected: 0.5 },
    { case: 'the smallest log-odds above 0', logOdds: [Number.MIN_VALUE], labels: [true], expected: 1 },
    {
      case: 'one class, which is no obstacle',
      logOdds: [1, 1, -1, 1],
      labels: [true, true, true, true],
      expected: 0.75,
    },
    { case: 'no rows', logOdds: [], labels: [], expected: undefined },
  ])('gives $expected for $case', ({ logOdds, labels, expected }) => expect(accuracy(logOdds, labels)).toBe(expected));

  it('agrees with a plain count on any input', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        const right = rows.filter(({ score, label }) => (label ? score > 0 : score < 0)).length;
        const neither = rows.filter(({ score }) => score === 0).length;
        expect(accuracy(scoresOf(rows), labelsOf(rows))).toBeCloseTo((right + neither / 2) / rows.length, 12);
      }),
    );
  });

  it('stays the same when labels are flipped and log-odds negated, and turns into 1 - accuracy when only one of them is', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        const value = accuracy(scoresOf(rows), labelsOf(rows)) as number;
        const negated = scoresOf(rows).map((score) => -score);
        const flipped = labelsOf(rows).map((label) => !label);
        expect(accuracy(negated, flipped)).toBeCloseTo(value, 12);
        expect(accuracy(negated, labelsOf(rows))).toBeCloseTo(1 - value, 12);
      }),
    );
  });
});
