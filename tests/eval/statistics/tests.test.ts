import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAIRED_TESTS } from '../../../src/core/report.js';
import { aucByUsers } from '../../../src/eval/metrics/auc.js';
import { bootstrapTest } from '../../../src/eval/statistics/bootstrap-test.js';
import { delongTest, pairedAuc } from '../../../src/eval/statistics/delong.js';
import type { Distribution } from '../../../src/eval/statistics/distribution.js';
import { holm } from '../../../src/eval/statistics/holm.js';
import { estimate } from '../../../src/eval/statistics/interval.js';
import { correctedForRivals, pairedTests } from '../../../src/eval/statistics/paired-tests.js';
import { meanOfRows, type RatioStatistic } from '../../../src/eval/statistics/ratio-statistic.js';
import { swapTest } from '../../../src/eval/statistics/swap-test.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { wilcoxonTest } from '../../../src/eval/statistics/wilcoxon.js';

const settings = { resamples: 5000, bootstrapSeed: 1, interval: 'percentile' } as const;
const NONE = { bootstrap: null, permutation: null, wilcoxon: null, delong: null };
const small = fc.integer({ min: -3, max: 3 });

/** All ways to say yes or no n times. */
function allAnswers(n: number): boolean[][] {
  return Array.from({ length: 2 ** n }, (_, which) =>
    Array.from({ length: n }, (_, bit) => ((which >> bit) & 1) === 1),
  );
}

describe('the signed-rank test', () => {
  it('is the share of all signs whose rank sum lies as far out', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 8 }), (differences) => {
        const ranked = differences.map((value) => {
          const below = differences.filter((other) => Math.abs(other) < Math.abs(value)).length;
          const equal = differences.filter((other) => Math.abs(other) === Math.abs(value)).length;
          return { value, rank: below + (equal + 1) / 2 };
        });
        const ranks = ranked.filter(({ value }) => value !== 0);
        if (ranks.length === 0) {
          expect(wilcoxonTest(differences)).toBeUndefined();
          return;
        }
        const sumOf = (isPositive: (place: number) => boolean) =>
          ranks.reduce((sum, { rank }, place) => sum + (isPositive(place) ? rank : 0), 0);
        const seen = sumOf((place) => (ranks[place]?.value ?? 0) > 0);
        const sums = allAnswers(ranks.length).map((signs) => sumOf((place) => signs[place] as boolean));
        const share = (holds: (sum: number) => boolean) => sums.filter(holds).length / sums.length;
        const p = Math.min(1, 2 * share((sum) => sum <= seen), 2 * share((sum) => sum >= seen));
        expect(wilcoxonTest(differences)).toBeCloseTo(p, 12);
      }),
      { numRuns: 60 },
    );
  });

  it('says the same when all signs are turned, counted or normal', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 120 }), (differences) => {
        const p = wilcoxonTest(differences);
        const turned = wilcoxonTest(differences.map((value) => -value));
        if (p === undefined) expect(turned).toBeUndefined();
        else expect(turned).toBeCloseTo(p, 12);
      }),
    );
  });
});

describe('the test by exchanges', () => {
  const anyUsers = fc.array(fc.record({ a: small, b: small, rows: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 7,
  });
  const anyFinish = fc.constantFrom('plain' as const, 'root' as const, 'exponential' as const);

  it('is the share of all exchanges whose difference is as large', () => {
    fc.assert(
      fc.property(anyUsers, anyFinish, (users, finish) => {
        const tops = (key: 'a' | 'b') => users.map((user) => (finish === 'root' ? user[key] ** 2 : user[key]));
        const statistic = (values: number[]): RatioStatistic => ({
          kind: 'ratio',
          tops: Float64Array.from(values),
          bottoms: Float64Array.from(users, ({ rows }) => rows),
          finish,
        });
        const figure = (values: readonly number[]) => {
          const ratio = values.reduce((sum, value) => sum + value, 0) / users.reduce((sum, { rows }) => sum + rows, 0);
          return { plain: ratio, root: Math.sqrt(ratio), exponential: Math.exp(ratio) }[finish];
        };
        const [first, second] = [tops('a'), tops('b')];
        const differences = allAnswers(users.length).map((isExchanged) => {
          const one = first.map((value, user) => (isExchanged[user] ? (second[user] as number) : value));
          const other = second.map((value, user) => (isExchanged[user] ? (first[user] as number) : value));
          return Math.abs(figure(one) - figure(other));
        });
        const seen = differences[0] as number;
        const share = differences.filter((value) => value >= seen - 1e-9).length / differences.length;
        expect(swapTest(statistic(first), statistic(second), settings)).toBeCloseTo(share, 12);
      }),
    );
  });

  it('draws exchanges where there are too many, and comes near the share of all', () => {
    const users = indexUsers(Array.from({ length: 14 }, (_, user) => String(user)));
    const [first, second] = [meanOfRows([...Array(14).keys()], users), meanOfRows(Array(14).fill(4.5), users)];
    const all = swapTest(first, second, { resamples: 2 ** 14, bootstrapSeed: 1 }) as number;
    const drawn = swapTest(first, second, { resamples: 10_000, bootstrapSeed: 1 }) as number;
    expect(Math.abs(drawn - all)).toBeLessThan(0.02);
    expect(drawn).toBe(swapTest(first, second, { resamples: 10_000, bootstrapSeed: 1 }));
  });

  it('says nothing where a metric is not defined, and 1 of two models that are the same', () => {
    const users = indexUsers(['a', 'b']);
    expect(swapTest(meanOfRows([1, 2], users), meanOfRows([1, 2], users), settings)).toBe(1);
    const nothing = meanOfRows([], indexUsers([]));
    expect(swapTest(nothing, nothing, settings)).toBeUndefined();
  });
});

describe("Holm's correction", () => {
  it('rejects what its step-down rule rejects, at any level', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (values, alpha) => {
          const sorted = [...values].sort((a, b) => a - b);
          const firstKept = sorted.findIndex((p, k) => p * (values.length - k) > alpha);
          const rejected = firstKept < 0 ? sorted : sorted.slice(0, firstKept);
          const corrected = holm(values);
          expect(corrected.filter((p) => (p as number) <= alpha)).toHaveLength(rejected.length);
          for (const [place, value] of values.entries()) expect(corrected[place]).toBeGreaterThanOrEqual(value);
        },
      ),
    );
  });

  it('does not count tests that could not be made', () => {
    expect(holm([0.02, undefined, 0.01])).toEqual([0.02, undefined, 0.02]);
  });

  it('counts, test by test, the models that are compared by one metric on one split', () => {
    const p = fc.option(fc.integer({ min: 0, max: 20 }).map((twentieths) => twentieths / 20));
    const anyTests = fc.record({ bootstrap: p, permutation: p, wilcoxon: p, delong: p }, { noNullPrototype: true });
    const split = fc.constantFrom('test', 'valid');
    const metric = fc.constantFrom('auc', 'brier');
    fc.assert(
      fc.property(fc.array(fc.record({ split, metric, tests: anyTests }), { maxLength: 8 }), (all) => {
        const corrected = correctedForRivals(all.map((one) => ({ ...one, tests: { ...one.tests, holm: NONE } })));
        corrected.forEach((one, place) => {
          for (const test of PAIRED_TESTS) {
            const own = all[place]?.tests[test] ?? null;
            const family = all
              .filter((other) => other.split === one.split && other.metric === one.metric)
              .flatMap(({ tests }) => (tests[test] === null ? [] : [tests[test]]));
            // The least level at which no smaller value, nor this one, stops the rule: each counts those that are no smaller than it.
            const steps = family
              .filter((value) => own !== null && value <= own)
              .map((value) => value * family.filter((other) => other >= value).length);
            if (own === null) expect(one.tests.holm[test]).toBeNull();
            else expect(one.tests.holm[test]).toBeCloseTo(Math.min(1, Math.max(...steps)), 12);
            expect(one.tests[test]).toBe(own);
          }
        });
      }),
    );
  });
});

describe("DeLong's test", () => {
  const anyRows = fc.array(fc.record({ first: small, second: small, label: fc.boolean() }), { maxLength: 12 });

  it('has the variances of the placements, pair by pair', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const [first, second] = [rows.map((row) => row.first), rows.map((row) => row.second)];
        const labels = rows.map(({ label }) => label);
        const paired = pairedAuc(first, second, labels);
        const [liked, others] = [rows.filter(({ label }) => label), rows.filter(({ label }) => !label)];
        if (liked.length < 2 || others.length < 2) {
          expect(paired).toBeUndefined();
          return;
        }
        const win = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0);
        const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const placed = (key: 'first' | 'second') => ({
          liked: liked.map((one) => meanOf(others.map((other) => win(one[key], other[key])))),
          others: others.map((other) => meanOf(liked.map((one) => win(one[key], other[key])))),
        });
        const spread = (a: number[], b: number[]) =>
          a.reduce((sum, value, i) => sum + (value - meanOf(a)) * ((b[i] as number) - meanOf(b)), 0) /
          (a.length - 1) /
          a.length;
        const [a, b] = [placed('first'), placed('second')];
        expect(paired?.first).toBeCloseTo(meanOf(a.liked), 12);
        expect(paired?.covariance).toBeCloseTo(spread(a.liked, b.liked) + spread(a.others, b.others), 12);
        expect(paired?.secondVariance).toBeCloseTo(spread(b.liked, b.liked) + spread(b.others, b.others), 12);
      }),
    );
  });

  it.each([
    { case: 'two equal models', first: [1, 2, 3, 4], second: [1, 2, 3, 4], p: 1 },
    { case: 'a sure model against a surely wrong one', first: [1, 2, 3, 4], second: [4, 3, 2, 1], p: undefined },
  ])('says $p of $case', ({ first, second, p }) => {
    const paired = pairedAuc(first, second, [false, false, true, true]);
    expect(paired && delongTest(paired)).toBe(p);
  });
});

describe('tests of a paired difference', () => {
  it('give DeLong for AUC where each user has one row, and not where a user has two', () => {
    const rows = {
      first: [1, 3, 2, 5, 4, 6],
      second: [2, 1, 4, 3, 6, 5],
      labels: [false, true, false, true, false, true],
    };
    const tests = (names: string[]) => {
      const users = indexUsers(names);
      const [a, b] = [rows.first, rows.second].map((scores) => aucByUsers(scores, rows.labels, users));
      if (!a || !b) throw new Error('two statistics were made');
      const none: Distribution = { value: 0, resampled: new Float64Array(), withoutEach: new Float64Array() };
      return pairedTests(a, b, none, settings);
    };
    const paired = pairedAuc(rows.first, rows.second, rows.labels);
    expect(tests(['f', 'e', 'd', 'c', 'b', 'a']).delong).toBeCloseTo((paired && delongTest(paired)) as number, 12);
    expect(tests(['a', 'a', 'b', 'c', 'd', 'e'])).toEqual({
      ...NONE,
      holm: NONE,
    });
  });

  it.each(['percentile', 'bca'] as const)(
    'by resamples are below alpha where the %s interval leaves 0 out, and only there',
    (interval) => {
      const anyFigures = fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { minLength: 199, maxLength: 199 });
      fc.assert(
        fc.property(
          anyFigures,
          fc.double({ min: -0.5, max: 1.5, noNaN: true }),
          fc.double({ min: 0.02, max: 0.5, noNaN: true }),
          (figures, value, alpha) => {
            const distribution = {
              value,
              resampled: Float64Array.from(figures),
              withoutEach: Float64Array.from(figures.slice(0, 20), (one) => value + one / 50),
            };
            const p = bootstrapTest(distribution, { interval });
            // The added resample moves p by about one resample: so near to alpha both answers are right.
            const excludes = (level: number) => {
              const { low, high } = estimate(distribution, { level, interval });
              return low === null || high === null ? undefined : low > 0 || high < 0;
            };
            if (p === undefined) return;
            if (p < alpha) expect(excludes(1 - alpha)).not.toBe(false);
            else expect(excludes(Math.min(0.999, 1 - alpha / 2 + 0.03))).not.toBe(true);
          },
        ),
      );
    },
  );
});
