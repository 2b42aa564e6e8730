import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../../../src/eval/metrics/auc.js';
import { anyRows, labelsOf, type Row, scoresOf, shuffledWith } from './arbitrary.js';

/** The definition itself: every pair of a positive and a negative. */
function pairwiseAuc(rows: readonly Row[]): number | undefined {
  let won = 0;
  let pairs = 0;
  for (const positive of rows.filter(({ label }) => label)) {
    for (const negative of rows.filter(({ label }) => !label)) {
      pairs += 1;
      if (positive.score > negative.score) won += 1;
      if (positive.score === negative.score) won += 0.5;
    }
  }
  return pairs === 0 ? undefined : won / pairs;
}

describe('auc', () => {
  it.each([
    { case: 'all scores tied', scores: [0.5, 0.5], labels: [true, false], expected: 0.5 },
    { case: 'the right order', scores: [0.1, 0.4, 0.8], labels: [false, true, true], expected: 1 },
    { case: 'the wrong order', scores: [0.9, 0.4, 0.8], labels: [false, true, true], expected: 0 },
    { case: 'one class only', scores: [0.2, 0.7], labels: [true, true], expected: undefined },
    { case: 'the other class only', scores: [0.2, 0.7], labels: [false, false], expected: undefined },
    { case: 'no rows', scores: [], labels: [], expected: undefined },
    // Positives 0.8, 0.4, 0.35 and negatives 0.4, 0.1: of 6 pairs, 4 won and one tied.
    {
      case: 'a worked example',
      scores: [0.1, 0.4, 0.35, 0.8, 0.4],
      labels: [false, false, true, true, true],
      expected: 0.75,
    },
    { case: '0 tied with -0', scores: [0, -0], labels: [true, false], expected: 0.5 },
    { case: 'a tie at the end of the list', scores: [1, 2, 2], labels: [false, true, false], expected: 0.75 },
  ])('gives $expected for $case', ({ scores, labels, expected }) => expect(auc(scores, labels)).toBe(expected));

  it('agrees with the pairwise definition on any input', () => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        expect(auc(scoresOf(rows), labelsOf(rows))).toBe(pairwiseAuc(rows));
      }),
    );
  });

  it('turns into 1 - AUC when labels are flipped, and when scores are negated', () => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        const value = auc(scoresOf(rows), labelsOf(rows));
        const labelsFlipped = auc(
          scoresOf(rows),
          labelsOf(rows).map((label) => !label),
        );
        const scoresNegated = auc(
          scoresOf(rows).map((score) => -score),
          labelsOf(rows),
        );
        if (value === undefined) {
          expect([labelsFlipped, scoresNegated]).toEqual([undefined, undefined]);
        } else {
          expect(labelsFlipped).toBeCloseTo(1 - value, 12);
          expect(scoresNegated).toBeCloseTo(1 - value, 12);
        }
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(shuffledWith(anyRows()), ([rows, shuffled]) => {
        expect(auc(scoresOf(shuffled), labelsOf(shuffled))).toBe(auc(scoresOf(rows), labelsOf(rows)));
      }),
    );
  });

  it('depends on the order of the scores alone', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.boolean())), (rows) => {
        const labels = rows.map(([, label]) => label);
        const scores = rows.map(([score]) => score);
        expect(
          auc(
            scores.map((score) => Math.exp(score / 3)),
            labels,
          ),
        ).toBe(auc(scores, labels));
      }),
    );
  });

  it.each([
    { case: 'unequal lengths', scores: [1, 2], labels: [true] },
    { case: 'a score that is not a number', scores: [Number.NaN, 2], labels: [true, false] },
    { case: 'an infinite score', scores: [Number.POSITIVE_INFINITY, 2], labels: [true, false] },
  ])('refuses $case', ({ scores, labels }) => expect(() => auc(scores, labels)).toThrow(RangeError));
});
