import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLDEST, fitTemperature, HOTTEST } from '../../../src/eval/trust/temperature.js';
import type { Told } from '../../../src/eval/trust/told.js';

/** The definition: mean of -ln of the share of what came true. */
function plainLoss(rows: readonly Told[], temperature: number): number {
  const losses = rows.map(({ scores, right }) => {
    const own = (scores[right] as number) / temperature;
    return Math.log(scores.reduce((sum, score) => sum + Math.exp(score / temperature - own), 0));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

const anyTold = (): fc.Arbitrary<Told[]> =>
  fc.array(
    fc
      .array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 2, maxLength: 5 })
      .chain((scores) => fc.nat(scores.length - 1).map((right) => ({ scores, right }))),
    { minLength: 1, maxLength: 20 },
  );

describe('the temperature', () => {
  it('is the one by which log-odds were multiplied', () => {
    // Of 4 rows with log-odds 3 ln 3, 3 are liked: 0.75 is what should be said, and ln 3 says it.
    const rows = [0, 0, 0, 1].map((right) => ({ scores: [3 * Math.log(3), 0], right }));
    expect(fitTemperature(rows)?.value).toBeCloseTo(3, 9);
  });

  it('is at an end of the search where scores are wrong more often than right, and where they never are', () => {
    expect(fitTemperature([{ scores: [1, 0], right: 1 }])).toEqual({ value: HOTTEST, atEnd: true });
    expect(fitTemperature([{ scores: [1, 0], right: 0 }])).toEqual({ value: COLDEST, atEnd: true });
  });

  it.each([
    { case: 'no rows', rows: [] },
    { case: 'rows whose answers all score the same', rows: [{ scores: [2, 2, 2], right: 1 }] },
  ])('is not defined for $case', ({ rows }) => expect(fitTemperature(rows)).toBeUndefined());

  it('has no larger loss than any other temperature, on any rows', () => {
    const grid = Array.from({ length: 81 }, (_, i) => COLDEST * (HOTTEST / COLDEST) ** (i / 80));
    fc.assert(
      fc.property(anyTold(), (rows) => {
        const fitted = fitTemperature(rows);
        if (fitted === undefined) return;
        const least = plainLoss(rows, fitted.value);
        for (const other of grid) expect(least).toBeLessThanOrEqual(plainLoss(rows, other) + 1e-9);
      }),
    );
  });
});
