import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitRate, ndcg, reciprocalRank } from '../../../src/eval/metrics/ranking.js';
import { targetRank } from '../../../src/eval/metrics/target-rank.js';

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
