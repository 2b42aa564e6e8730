import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delongTest, pairedAuc } from '../../../src/eval/statistics/delong.js';
import { holm } from '../../../src/eval/statistics/holm.js';
import { estimateByResamples } from '../../../src/eval/statistics/interval.js';
import { normalBelow, normalQuantile } from '../../../src/eval/statistics/normal.js';
import { powerOf, unitsNeeded } from '../../../src/eval/statistics/power.js';
import { meanOfRows } from '../../../src/eval/statistics/ratio-statistic.js';
import { swapTest } from '../../../src/eval/statistics/swap-test.js';
import { eachRowAlone } from '../../../src/eval/statistics/user-index.js';
import { withoutEachUser } from '../../../src/eval/statistics/user-statistic.js';
import { wilcoxonTest } from '../../../src/eval/statistics/wilcoxon.js';

// Values by scipy and statsmodels: bench/peers/statistics_fixtures.py.
const made = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/statistics.json'), 'utf8')) as {
  normal: ({ x: number; below: number } | { p: number; quantile: number })[];
  intervals: {
    case: string;
    values: number[];
    level: number;
    resampled: number[];
    percentile: number[];
    bca: number[];
  }[];
  wilcoxon: { case: string; differences: number[]; p: number | null }[];
  permutation: { case: string; first: number[]; second: number[]; rows: number[]; p: number }[];
  holm: { values: number[]; corrected: number[] }[];
  delong: {
    case: string;
    labels: boolean[];
    first: number[];
    second: number[];
    auc: [number, number];
    covariance: [[number, number], [number, number]];
    p: number;
  }[];
  power: { effect: number; alpha: number; power: number; units: number; powerOf100: number }[];
};

const expectClose = (value: number | null | undefined, expected: number) =>
  expect(Math.abs((value ?? Number.NaN) - expected)).toBeLessThan(1e-9);

describe('statistics equal those of scipy and statsmodels to 1e-9', () => {
  it.each(made.normal)('the normal distribution at %o', (point) => {
    const [value, expected] =
      'x' in point ? [normalBelow(point.x), point.below] : [normalQuantile(point.p), point.quantile];
    expect(value).toBeCloseTo(expected, 12);
    if (expected !== 0) expect(Math.abs(value / expected - 1)).toBeLessThan(1e-9);
  });

  it.each(made.intervals)('intervals of a mean: $case', ({ values, level, resampled, percentile, bca }) => {
    const statistic = meanOfRows(values, eachRowAlone(values.length));
    const distribution = {
      value: values.reduce((sum, value) => sum + value, 0) / values.length,
      resampled: Float64Array.from(resampled),
      withoutEach: Float64Array.from(withoutEachUser(statistic, values.length) as number[]),
    };
    for (const [interval, [low, high]] of [
      ['percentile', percentile],
      ['bca', bca],
    ] as const) {
      const found = estimateByResamples(distribution, { level, interval });
      expectClose(found.low, low as number);
      expectClose(found.high, high as number);
    }
  });

  it.each(made.wilcoxon)('signed ranks: $case', ({ differences, p }) => {
    const value = wilcoxonTest(differences);
    if (p === null) expect(value).toBeUndefined();
    else expectClose(value, p);
  });

  it.each(made.permutation)('exchanges: $case', ({ first, second, rows, p }) => {
    const ratio = (tops: number[]) => ({
      kind: 'ratio' as const,
      tops: Float64Array.from(tops),
      bottoms: Float64Array.from(rows),
      finish: 'plain' as const,
    });
    expectClose(swapTest(ratio(first), ratio(second), { resamples: 5000, bootstrapSeed: 1 }), p);
  });

  it.each(made.holm)('Holm: $values', ({ values, corrected }) => {
    holm(values).forEach((value, place) => {
      expectClose(value, corrected[place] as number);
    });
  });

  it.each(made.delong)('DeLong: $case', ({ labels, first, second, auc, covariance, p }) => {
    const paired = pairedAuc(first, second, labels);
    if (!paired) throw new Error('there are two rows of each label');
    expectClose(paired.first, auc[0]);
    expectClose(paired.second, auc[1]);
    expectClose(paired.firstVariance, covariance[0][0]);
    expectClose(paired.secondVariance, covariance[1][1]);
    expectClose(paired.covariance, covariance[0][1]);
    expectClose(delongTest(paired), p);
  });

  it.each(made.power)('units for an effect of $effect', ({ effect, alpha, power, units, powerOf100 }) => {
    const errorOf = (count: number) => 1 / Math.sqrt(count);
    expect(unitsNeeded(errorOf, effect, { alpha, power })).toBe(Math.ceil(units));
    expectClose(powerOf(effect, errorOf(100), alpha), powerOf100);
    expect(powerOf(effect, errorOf(units), alpha)).toBeCloseTo(power, 6);
  });
});
