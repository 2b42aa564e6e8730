import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brier, probability } from '../../../src/eval/metrics/brier.js';
import { expectedCalibrationError, reliability } from '../../../src/eval/metrics/calibration.js';
import { anyRows, labelsOf, type Row, scoresOf, shuffledWith } from './arbitrary.js';

const logOddsOf = (p: number) => Math.log(p / (1 - p));

/** The definition itself: for each bin, walk over all rows. */
function plainCalibrationError(rows: readonly Row[]): number {
  let error = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inside = rows.filter(({ score }) => {
      const p = probability(score);
      return p >= bin / 10 && (p < (bin + 1) / 10 || bin === 9);
    });
    if (inside.length === 0) continue;
    const said = inside.reduce((sum, { score }) => sum + probability(score), 0) / inside.length;
    const liked = inside.filter(({ label }) => label).length / inside.length;
    error += (inside.length / rows.length) * Math.abs(said - liked);
  }
  return error;
}

describe('probability', () => {
  it.each([
    { logOdds: 0, expected: 0.5 },
    { logOdds: Math.log(3), expected: 0.75 },
    { logOdds: -Math.log(3), expected: 0.25 },
    { logOdds: 1000, expected: 1 },
    { logOdds: -1000, expected: 0 },
  ])('of log-odds $logOdds is $expected', ({ logOdds, expected }) =>
    expect(probability(logOdds)).toBeCloseTo(expected, 15),
  );
});

describe('Brier score', () => {
  it.each([
    { case: 'a fair coin', logOdds: [0, 0, 0], labels: [true, false, true], expected: 0.25 },
    {
      case: 'a worked example',
      logOdds: [Math.log(3), Math.log(3)],
      labels: [true, false],
      expected: (1 / 16 + 9 / 16) / 2,
    },
    { case: 'sure and right', logOdds: [99, -99], labels: [true, false], expected: 0 },
    { case: 'sure and wrong', logOdds: [99, -99], labels: [false, true], expected: 1 },
  ])('gives $expected for $case', ({ logOdds, labels, expected }) =>
    expect(brier(logOdds, labels)).toBeCloseTo(expected, 12),
  );

  it('is not defined without rows', () => expect(brier([], [])).toBeUndefined());

  it('agrees with the definition on any input and stays the same when both sides are flipped', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        const value = brier(scoresOf(rows), labelsOf(rows)) as number;
        const plain = rows.reduce(
          (sum, { score, label }) => sum + (1 / (1 + Math.exp(-score)) - Number(label)) ** 2,
          0,
        );
        expect(value).toBeCloseTo(plain / rows.length, 12);
        const flipped = brier(
          rows.map(({ score }) => -score),
          rows.map(({ label }) => !label),
        );
        expect(flipped).toBeCloseTo(value, 12);
      }),
    );
  });
});

describe('expected calibration error', () => {
  it('weighs the gap of each bin by its rows', () => {
    // Bin 0.7-0.8: says 0.75 twice, 1 of 2 liked, gap 0.25. Bin 0.2-0.3: says 0.25 twice, none liked, gap 0.25. Bin 0.9-1: gap 0.05.
    const logOdds = [0.75, 0.75, 0.25, 0.25, 0.95].map(logOddsOf);
    const labels = [true, false, false, false, true];
    expect(expectedCalibrationError(logOdds, labels)).toBeCloseTo((4 * 0.25 + 0.05) / 5, 12);
    expect(
      reliability(logOdds, labels).map(({ low, high, rows, likedShare }) => [low, high, rows, likedShare]),
    ).toEqual([
      [0.2, 0.3, 2, 0],
      [0.7, 0.8, 2, 0.5],
      [0.9, 1, 1, 1],
    ]);
  });

  it('is 0 where what is said comes true', () => {
    expect(
      expectedCalibrationError(
        [0, 0, Math.log(3), Math.log(3), Math.log(3), Math.log(3)],
        [true, false, true, true, false, true],
      ),
    ).toBeCloseTo(0, 12);
  });

  it('is not defined without rows', () => expect(expectedCalibrationError([], [])).toBeUndefined());

  it('puts a probability of exactly 1 into the last bin', () => {
    expect(reliability([1000], [true])).toEqual([{ low: 0.9, high: 1, rows: 1, meanProbability: 1, likedShare: 1 }]);
  });

  it('agrees with the definition on any input', () => {
    fc.assert(
      fc.property(anyRows(1), (rows) => {
        expect(expectedCalibrationError(scoresOf(rows), labelsOf(rows))).toBeCloseTo(plainCalibrationError(rows), 12);
      }),
    );
  });

  it('is at least the gap over all rows, at most 1, and does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(shuffledWith(anyRows(1)), ([rows, shuffled]) => {
        const value = expectedCalibrationError(scoresOf(rows), labelsOf(rows)) as number;
        const said = rows.reduce((sum, { score }) => sum + probability(score), 0) / rows.length;
        const liked = rows.filter(({ label }) => label).length / rows.length;
        expect(value).toBeGreaterThanOrEqual(Math.abs(said - liked) - 1e-12);
        expect(value).toBeLessThanOrEqual(1);
        expect(expectedCalibrationError(scoresOf(shuffled), labelsOf(shuffled))).toBeCloseTo(value, 12);
      }),
    );
  });

  it('leaves no row out of its bins', () => {
    fc.assert(
      fc.property(anyRows(), (rows) => {
        const bins = reliability(scoresOf(rows), labelsOf(rows));
        expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows.length);
        for (const { low, high, meanProbability } of bins) {
          expect(meanProbability).toBeGreaterThanOrEqual(low - 1e-12);
          expect(meanProbability).toBeLessThanOrEqual(high + 1e-12);
        }
      }),
    );
  });
});
