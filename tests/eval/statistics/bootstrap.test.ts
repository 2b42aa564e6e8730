import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/random.js';
import { findingOf } from '../../../src/eval/finding.js';
import { METRIC } from '../../../src/eval/metrics/metric.js';
import { resampleUsers } from '../../../src/eval/statistics/bootstrap.js';
import { type Distribution, difference, shareAboveZero } from '../../../src/eval/statistics/distribution.js';
import { estimate, quantile } from '../../../src/eval/statistics/interval.js';
import { meanOfRows } from '../../../src/eval/statistics/ratio-statistic.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers } from '../../../src/eval/statistics/user-statistic.js';

const settings = { resamples: 500, bootstrapSeed: 1 };
const PERCENTILE = { level: 0.95, interval: 'percentile' } as const;
const distributionOf = (value: number | undefined, resampled: number[], withoutEach: number[] = []): Distribution => ({
  value,
  resampled: Float64Array.from(resampled),
  withoutEach: Float64Array.from(withoutEach),
});

/** Rows that come in clusters: users differ in how much they like, and a score sees the user and the row. */
function simulate(seed: number, users: number, rowsPerUser: number) {
  const random = new Random(seed, 'clustered data');
  const rows = { users: [] as string[], labels: [] as boolean[], scores: [] as number[], twin: [] as number[] };
  for (let user = 0; user < users; user++) {
    const likes = 1.5 * random.normal();
    for (let row = 0; row < rowsPerUser; row++) {
      const liking = likes + random.normal();
      rows.users.push(String(user));
      rows.labels.push(random.uniform() < 1 / (1 + Math.exp(-liking)));
      rows.scores.push(liking + 1.5 * random.normal());
      rows.twin.push(liking + 1.5 * random.normal()); // another model, exactly as good
    }
  }
  return rows;
}

describe('resampling users', () => {
  it('takes as many users as there are, each resample anew', () => {
    const random = new Random(3, 'bootstrap');
    const times = new Uint32Array(6);
    const resamples = Array.from({ length: 50 }, () => {
      random.drawWithReplacement(times);
      return [...times];
    });
    for (const taken of resamples) expect(taken.reduce((sum, count) => sum + count, 0)).toBe(6);
    expect(new Set(resamples.map(String)).size).toBeGreaterThan(40);
  });

  it('gives every statistic the same users, whichever others are asked for', () => {
    const mean = meanOfRows([1, 2, 3, 4], indexUsers(['a', 'b', 'c', 'd']));
    const [alone] = resampleUsers([mean], 4, settings);
    const [, beside] = resampleUsers([{ ...mean, finish: 'root' }, mean], 4, settings);
    expect(beside?.resampled).toEqual(alone?.resampled);
  });

  it('gives the same numbers for the same seed and others for another', () => {
    const mean = meanOfRows([1, 2, 3, 4], indexUsers(['a', 'b', 'c', 'd']));
    const numbers = (bootstrapSeed: number) =>
      resampleUsers([mean], 4, { resamples: 100, bootstrapSeed })[0]?.resampled;
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
  });

  it('gives no interval from a single user', () => {
    const [one] = resampleUsers([meanOfRows([1, 2], indexUsers(['a', 'a']))], 1, settings);
    expect(one && estimate(one, PERCENTILE)).toEqual({ value: 1.5, low: null, high: null, leftOut: 0 });
  });

  it('leaves resamples out in which the metric is not defined, and counts them', () => {
    // Two users with one label each: half of the resamples take one of them twice.
    const statistic = METRIC.auc.byUsers([1, 0], [true, false], indexUsers(['a', 'b']));
    const [distribution] = resampleUsers([statistic], 2, { resamples: 1000, bootstrapSeed: 1 });
    const made = distribution && estimate(distribution, PERCENTILE);
    expect(made).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(made?.leftOut).toBeGreaterThan(430);
    expect(made?.leftOut).toBeLessThan(570);
  });

  it('has no value where the metric is not defined on the rows themselves', () => {
    const statistic = METRIC.auc.byUsers([1, 0], [true, true], indexUsers(['a', 'b']));
    const [distribution] = resampleUsers([statistic], 2, { resamples: 100, bootstrapSeed: 1 });
    expect(distribution && estimate(distribution, PERCENTILE)).toEqual({
      value: null,
      low: null,
      high: null,
      leftOut: 100,
    });
  });
});

describe('quantile', () => {
  it.each([
    { share: 0, expected: 10 },
    { share: 0.25, expected: 20 },
    { share: 0.5, expected: 30 },
    { share: 0.6, expected: 34 },
    { share: 1, expected: 50 },
  ])('of 10, 20, 30, 40, 50 at $share is $expected', ({ share, expected }) =>
    expect(quantile([10, 20, 30, 40, 50], share)).toBeCloseTo(expected, 12),
  );

  it('lies between the extremes and rises with the share', () => {
    const sorted = fc
      .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        sorted,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, a, b) => {
          const [low, high] = [quantile(all, Math.min(a, b)), quantile(all, Math.max(a, b))];
          expect(low).toBeGreaterThanOrEqual(all[0] as number);
          expect(high).toBeLessThanOrEqual(all.at(-1) as number);
          expect(low).toBeLessThanOrEqual(high + 1e-9 * Math.abs(high));
        },
      ),
    );
  });
});

describe('paired differences', () => {
  it('are taken resample by resample', () => {
    const first = distributionOf(3, [1, 2, Number.NaN, 4], [5, 6]);
    const second = distributionOf(1, [0, 5, 1, Number.NaN], [1, 8]);
    const paired = difference(first, second);
    expect(paired).toEqual(distributionOf(2, [1, -3, Number.NaN, Number.NaN], [4, -2]));
    expect(shareAboveZero(paired)).toBe(0.5);
    expect(estimate(paired, PERCENTILE).leftOut).toBe(2);
  });

  it('are not defined without a resample that both have', () => {
    const paired = difference(distributionOf(3, [1, Number.NaN]), distributionOf(undefined, [Number.NaN, 1]));
    expect(paired.value).toBeUndefined();
    expect(shareAboveZero(paired)).toBeUndefined();
  });

  it('refuse distributions of different lengths', () => {
    expect(() => difference(distributionOf(1, [1]), distributionOf(1, []))).toThrow(RangeError);
    expect(() => difference(distributionOf(1, [1], [1]), distributionOf(1, [1]))).toThrow(RangeError);
  });

  it('are narrower than either figure, because what both models share cancels out', () => {
    const { users, labels, scores } = simulate(5, 20, 10);
    const index = indexUsers(users);
    const near = scores.map((score, row) => score + 0.1 * Math.sin(row));
    const [a, b] = resampleUsers(
      [scores, near].map((one) => METRIC.auc.byUsers(one, labels, index)),
      index.count,
      settings,
    );
    if (!a || !b) throw new Error('two distributions were asked for');
    const width = ({ low, high }: { low: number | null; high: number | null }) => Number(high) - Number(low);
    expect(width(estimate(difference(a, b), PERCENTILE))).toBeLessThan(width(estimate(a, PERCENTILE)) / 4);
  });

  it.each([
    { metric: 'auc', low: 0.01, high: 0.2, expected: 'beats' },
    { metric: 'auc', low: -0.2, high: -0.01, expected: 'worse' },
    { metric: 'auc', low: -0.01, high: 0.2, expected: 'undecided' },
    { metric: 'auc', low: 0, high: 0.2, expected: 'undecided' },
    { metric: 'auc', low: 0, high: 0, expected: 'undecided' },
    { metric: 'auc', low: null, high: null, expected: 'not-defined' },
    { metric: 'logLoss', low: -0.2, high: -0.01, expected: 'beats' },
    { metric: 'logLoss', low: 0.01, high: 0.2, expected: 'worse' },
    { metric: 'logLoss', low: -0.2, high: 0, expected: 'undecided' },
  ] as const)('with $metric in [$low, $high] say "$expected"', ({ metric, low, high, expected }) =>
    expect(findingOf(METRIC[metric].better, { low, high })).toBe(expected),
  );
});

/** Statistical self-tests: hundreds of invented data sets of which the truth is known. Seeds are fixed, so they never flicker. */
describe('on simulated clustered data', () => {
  const SIMULATIONS = 300;
  const truth = (() => {
    const { users, labels, scores } = simulate(1, 4000, 8);
    const index = indexUsers(users);
    return {
      auc: onAllUsers(METRIC.auc.byUsers(scores, labels, index), index),
      accuracy: onAllUsers(METRIC.accuracy.byUsers(scores, labels, index), index),
    };
  })();

  const covered = (metric: 'auc' | 'accuracy', unit: 'users' | 'rows', simulations = SIMULATIONS) => {
    let inside = 0;
    for (let simulation = 0; simulation < simulations; simulation++) {
      const { users, labels, scores } = simulate(1000 + simulation, 50, 8);
      const index = indexUsers(unit === 'users' ? users : users.map((_, row) => String(row)));
      const [made] = resampleUsers([METRIC[metric].byUsers(scores, labels, index)], index.count, {
        resamples: 300,
        bootstrapSeed: simulation,
      });
      const { low, high } = estimate(made ?? distributionOf(undefined, []), PERCENTILE);
      if (Number(low) <= Number(truth[metric]) && Number(truth[metric]) <= Number(high)) inside += 1;
    }
    return inside / simulations;
  };

  it.each([{ metric: 'auc' }, { metric: 'accuracy' }] as const)(
    'the interval of $metric, meant to hold the truth in 95 of 100 cases, holds it in 90 to 98',
    ({ metric }) => {
      const share = covered(metric, 'users');
      expect(share).toBeGreaterThanOrEqual(0.9);
      expect(share).toBeLessThanOrEqual(0.98);
    },
  );

  it('resampling rows instead of users holds the truth of AUC less often', () => {
    expect(covered('auc', 'rows', 100)).toBeLessThan(covered('auc', 'users', 100));
  });

  it('two equally good models are called different in about 5 % of the cases', () => {
    let called = 0;
    for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
      const { users, labels, scores, twin } = simulate(5000 + simulation, 50, 8);
      const index = indexUsers(users);
      const [a, b] = resampleUsers(
        [scores, twin].map((one) => METRIC.auc.byUsers(one, labels, index)),
        index.count,
        { resamples: 300, bootstrapSeed: simulation },
      );
      if (!a || !b) throw new Error('two distributions were asked for');
      const finding = findingOf('higher', estimate(difference(a, b), PERCENTILE));
      if (finding !== 'undecided') called += 1;
    }
    expect(called / SIMULATIONS).toBeGreaterThan(0.02);
    expect(called / SIMULATIONS).toBeLessThan(0.09);
  });
});
