import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f1 } from '../../../src/eval/metrics/f1.js';
import { anyRows, labelsOf, scoresOf } from './arbitrary.js';

describe('F1', () => {
  it.each([
    { case: 'all right', logOdds: [1, -1, 2], labels: [true, false, true], expected: 1 },
    { case: 'all wrong', logOdds: [-1, 1], labels: [true, false], expected: 0 },
    // Three called liked, two of them rightly: precision 2/3; all liked found: recall 1.
    { case: 'a worked example', logOdds: [1, 1, 1, -1], labels: [true, true, false, false], expected: 4 / 5 },
    { case: 'everything called liked', logOdds: [1, 1, 1, 1], labels: [true, false, false, false], expected: 2 / 5 },
    { case: 'a log-odds of 0, half called liked', logOdds: [0], labels: [true], expected: 2 / 3 },
    { case: 'nothing found', logOdds: [-1, -1], labels: [true, false], expected: 0 },
    { case: 'nothing liked and nothing called so', logOdds: [-1, -2], labels: [false, false], expected: undefined },
    { case: 'no rows', logOdds: [], labels: [], expected: undefined },
  ])('gives $expected for $case', ({ logOdds, labels, expected }) => {
    if (expected === undefined) expect(f1(logOdds, labels)).toBeUndefined();
    else expect(f1(logOdds, labels)).toBeCloseTo(expected, 12);
  });

  it('is the harmonic mean of precision and recall on any input without a log-odds of 0', () => {
    fc.assert(
      fc.property(anyRows(1), (all) => {
        const rows = all.filter(({ score }) => score !== 0);
        const called = rows.filter(({ score }) => score > 0);
        const liked = rows.filter(({ label }) => label);
        const both = called.filter(({ label }) => label);
        const value = f1(scoresOf(rows), labelsOf(rows));
        if (called.length + liked.length === 0) expect(value).toBeUndefined();
        else if (both.length === 0) expect(value).toBe(0);
        else {
          const [precision, recall] = [both.length / called.length, both.length / liked.length];
          expect(value).toBeCloseTo((2 * precision * recall) / (precision + recall), 12);
        }
      }),
    );
  });
});
