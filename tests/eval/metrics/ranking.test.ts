import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankedList, targetRank } from '../../../src/eval/metrics/ranked-list.js';
import {
  averagePrecision,
  hitRate,
  ndcg,
  precision,
  rankBiasedPrecision,
  recall,
  reciprocalRank,
} from '../../../src/eval/metrics/ranking.js';

/** All orders of a few things. */
function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, i) =>
    permutations([...all.slice(0, i), ...all.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

/** The definition itself: candidates in every order, sorted by score without changing the order of equal ones, and the mean of what the rank gives. */
function overAllOrders(scores: readonly number[], target: number, ofRank: (rank: number) => number): number {
  const orders = permutations(scores.map((score, place) => ({ score, place })));
  const values = orders.map((order) => {
    const sorted = [...order].sort((a, b) => b.score - a.score); // stable
    return ofRank(1 + sorted.findIndex(({ place }) => place === target));
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Few distinct scores, so that ties are common. */
const anyList = fc
  .array(fc.integer({ min: -1, max: 2 }), { minLength: 1, maxLength: 6 })
  .chain((scores) => fc.tuple(fc.constant(scores), fc.nat({ max: scores.length - 1 })));

describe('metrics on the rank of one target', () => {
  it.each([
    { case: 'the first of four', scores: [9, 1, 2, 3], hit1: 1, hit3: 1, gain: 1, reciprocal: 1 },
    { case: 'the second of four', scores: [2, 1, 0, 3], hit1: 0, hit3: 1, gain: 1 / Math.log2(3), reciprocal: 1 / 2 },
    { case: 'the last of four', scores: [0, 1, 2, 3], hit1: 0, hit3: 0, gain: 0, reciprocal: 1 / 4 },
    // Rank 2 or 3, each with chance one half.
    {
      case: 'a tie for the second place',
      scores: [2, 2, 0, 3],
      hit1: 0,
      hit3: 1,
      gain: (1 / Math.log2(3) + 1 / Math.log2(4)) / 2,
      reciprocal: (1 / 2 + 1 / 3) / 2,
    },
    // Every rank with chance a quarter: what guessing gets.
    {
      case: 'a model that says nothing',
      scores: [0, 0, 0, 0],
      hit1: 1 / 4,
      hit3: 3 / 4,
      gain: (1 + 1 / Math.log2(3) + 1 / Math.log2(4)) / 4,
      reciprocal: (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4,
    },
  ])('are those of $case', ({ scores, hit1, hit3, gain, reciprocal }) => {
    const rank = targetRank(scores, 0);
    expect(hitRate(rank, 1)).toBeCloseTo(hit1, 12);
    expect(hitRate(rank, 3)).toBeCloseTo(hit3, 12);
    expect(ndcg(rank, 3)).toBeCloseTo(gain, 12);
    expect(reciprocalRank(rank)).toBeCloseTo(reciprocal, 12);
  });

  it('equal the mean over every order in which equal scores may come', () => {
    fc.assert(
      fc.property(anyList, fc.integer({ min: 1, max: 7 }), ([scores, target], k) => {
        const rank = targetRank(scores, target);
        const of = (ofRank: (place: number) => number) => overAllOrders(scores, target, ofRank);
        expect(hitRate(rank, k)).toBeCloseTo(
          of((place) => Number(place <= k)),
          10,
        );
        expect(ndcg(rank, k)).toBeCloseTo(
          of((place) => (place <= k ? 1 / Math.log2(1 + place) : 0)),
          10,
        );
        expect(reciprocalRank(rank)).toBeCloseTo(
          of((place) => 1 / place),
          10,
        );
      }),
    );
  });

  it('do not depend on where the target stands in the list', () => {
    fc.assert(
      fc.property(anyList, ([scores, target]) => {
        const moved = [scores[target] as number, ...scores.filter((_, place) => place !== target)];
        expect(targetRank(moved, 0)).toEqual(targetRank(scores, target));
      }),
    );
  });

  it.each([
    { case: 'a target that is not in the list', scores: [1, 2], target: 2 },
    { case: 'an empty list', scores: [], target: 0 },
    { case: 'a score that is not finite', scores: [1, Number.NaN], target: 0 },
  ])('refuse $case', ({ scores, target }) => expect(() => targetRank(scores, target)).toThrow(RangeError));
});

/** Each metric of one list, by its definition: relevance in the order of the ranks, no ties. */
const PLAIN: Record<string, (order: readonly boolean[], k: number) => number> = {
  hitRate: (order, k) => Number(order.slice(0, k).includes(true)),
  recall: (order, k) => count(order.slice(0, k)) / count(order),
  precision: (order, k) => count(order.slice(0, k)) / k,
  ndcg: (order, k) => {
    const gain = (all: readonly boolean[]) =>
      all.slice(0, k).reduce((sum, wanted, place) => sum + (wanted ? 1 / Math.log2(place + 2) : 0), 0);
    return gain(order) / gain([...order].sort((a, b) => Number(b) - Number(a)));
  },
  reciprocalRank: (order, k) => (order.slice(0, k).includes(true) ? 1 / (1 + order.indexOf(true)) : 0),
  averagePrecision: (order, k) => {
    const precisions = order.map((_, place) => count(order.slice(0, place + 1)) / (place + 1));
    const shown = precisions.filter((_, place) => order[place] && place < k);
    return shown.reduce((sum, value) => sum + value, 0) / Math.min(count(order), k);
  },
  rankBiasedPrecision: (order) => order.reduce((sum, wanted, place) => sum + (wanted ? 0.2 * 0.8 ** place : 0), 0),
};
const METRICS = { hitRate, recall, precision, ndcg, reciprocalRank, averagePrecision };
const valuesOf = (scores: readonly number[], relevant: readonly boolean[], k: number) => {
  const list = rankedList(scores, relevant);
  const values = Object.entries(METRICS).map(([name, metric]) => [name, metric(list, k)] as const);
  return Object.fromEntries([...values, ['rankBiasedPrecision', rankBiasedPrecision(list, 0.8)] as const]);
};

function count(all: readonly boolean[]): number {
  return all.filter((wanted) => wanted).length;
}

/** Few distinct scores, several relevant candidates or none. */
const anyRelevance = fc.array(fc.record({ score: fc.integer({ min: -1, max: 2 }), relevant: fc.boolean() }), {
  maxLength: 6,
});

describe('metrics on a list with several relevant candidates', () => {
  it('are those of a worked example', () => {
    // Ranks of the relevant: 1, 3 and 5 of five.
    const values = valuesOf([5, 4, 3, 2, 1], [true, false, true, false, true], 3);
    const [first, second, third] = [1, 1 / Math.log2(3), 1 / 2];
    expect(values).toEqual({
      hitRate: 1,
      recall: expect.closeTo(2 / 3, 12),
      precision: expect.closeTo(2 / 3, 12),
      ndcg: expect.closeTo((first + third) / (first + second + third), 12),
      reciprocalRank: 1,
      averagePrecision: expect.closeTo((1 + 2 / 3) / 3, 12),
      rankBiasedPrecision: expect.closeTo(0.2 * (1 + 0.8 ** 2 + 0.8 ** 4), 12),
    });
  });

  it('equal the mean of their definition over every order in which equal scores may come', () => {
    fc.assert(
      fc.property(anyRelevance, fc.integer({ min: 1, max: 7 }), (candidates, k) => {
        const values = valuesOf(
          candidates.map(({ score }) => score),
          candidates.map(({ relevant }) => relevant),
          k,
        );
        const orders = permutations(candidates).map((order) =>
          [...order].sort((a, b) => b.score - a.score).map(({ relevant }) => relevant),
        );
        for (const [name, plain] of Object.entries(PLAIN)) {
          if (!candidates.some(({ relevant }) => relevant)) {
            expect(values[name], name).toBeUndefined();
            continue;
          }
          const mean = orders.reduce((sum, order) => sum + plain(order, k), 0) / orders.length;
          expect(values[name], name).toBeCloseTo(mean, 10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are the same for one relevant candidate, whether it is called a target or not', () => {
    fc.assert(
      fc.property(anyList, fc.integer({ min: 1, max: 7 }), ([scores, target], k) => {
        const list = rankedList(
          scores,
          scores.map((_, place) => place === target),
        );
        const rank = targetRank(scores, target);
        for (const metric of Object.values(METRICS)) expect(metric(list, k)).toBeCloseTo(metric(rank, k) as number, 12);
        expect(rankBiasedPrecision(list, 0.8)).toBeCloseTo(rankBiasedPrecision(rank, 0.8) as number, 12);
      }),
    );
  });

  it('are not defined for an empty list, and for one in which nothing is relevant', () => {
    for (const values of [valuesOf([], [], 3), valuesOf([2, 1], [false, false], 3)]) {
      expect(new Set(Object.values(values))).toEqual(new Set([undefined]));
    }
  });

  it.each([0, 1, -0.1, Number.NaN])('refuse a persistence of %d', (persistence) =>
    expect(() => rankBiasedPrecision(targetRank([1], 0), persistence)).toThrow(RangeError),
  );

  it('refuse lists whose scores and candidates differ in number', () =>
    expect(() => rankedList([1, 2], [true])).toThrow(RangeError));
});
