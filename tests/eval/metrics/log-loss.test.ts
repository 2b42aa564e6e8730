import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIP, logLoss, softplus } from '../../../src/eval/metrics/log-loss.js';
import { anyRows, labelsOf, type Row, scoresOf, shuffledWith } from './arbitrary.js';

/** The definition itself, with the probability written out. */
function plainLogLoss(rows: readonly Row[]): number | undefined {
  if (rows.length === 0) return undefined;
  const losses = rows.map(({ score, label }) => {
    const liked = Math.min(1 - CLIP, Math.max(CLIP, 1 / (1 + Math.exp(-score))));
    return -Math.log(label ? liked : 1 - liked);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

describe('log loss', () => {
  it.each([
    { case: 'a fair coin', logOdds: [0, 0], labels: [true, false], expected: Math.LN2 },
    // P(liked) 3/4 and it was liked; P(liked) 1/5 and it was not: (ln 4/3 + ln 5/4) / 2 = ln(5/3) / 2
    {
      case: 'a worked example',
      logOdds: [Math.log(3), Math.log(1 / 4)],
      labels: [true, false],
      expected: Math.log(5 / 3) / 2,
    },
    { case: 'a sure and right call', logOdds: [1000], labels: [true], expected: -Math.log1p(-CLIP) },
    { case: 'a sure and wrong call, held at 1e-7', logOdds: [1000], labels: [false], expected: 7 * Math.LN10 },
    { case: 'a sure and wrong call on the other side', logOdds: [-1000], labels: [true], expected: 7 * Math.LN10 },
  ])('gives $expected for $case', ({ logOdds, labels, expected }) =>
    expect(logLoss(logOdds, labels)).toBeCloseTo(expected, 12),
  );

  it('is not defined without rows', () => expect(logLoss([], [])).toBeUndefined());

  it('keeps small losses that 1 - P would round away', () => {
    expect(logLoss([15], [true])).toBeCloseTo(3.059022e-7, 12);
    expect(softplus(-800)).toBe(0);
    expect(softplus(800)).toBe(800);
  });

  it('agrees with the definition on any input', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        expect(logLoss(scoresOf(rows), labelsOf(rows))).toBeCloseTo(plainLogLoss(rows) as number, 7);
      }),
    );
  });

  it('stays the same when labels are flipped and log-odds negated', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        const flipped = logLoss(
          rows.map(({ score }) => -score),
          rows.map(({ label }) => !label),
        );
        expect(flipped).toBeCloseTo(logLoss(scoresOf(rows), labelsOf(rows)) as number, 12);
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(shuffledWith(anyRows(1)), ([rows, shuffled]) => {
        const value = logLoss(scoresOf(rows), labelsOf(rows)) as number;
        expect(logLoss(scoresOf(shuffled), labelsOf(shuffled))).toBeCloseTo(value, 10);
      }),
    );
  });
});
