import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coOccurrence } from '../../../src/eval/baselines/co-occurrence.js';
import { frequentPosition } from '../../../src/eval/baselines/frequent-position.js';
import { popularity, uniformChance } from '../../../src/eval/baselines/popularity.js';
import { trainInteractions, trainLines } from '../../../src/eval/baselines/train-log.js';
import { targetRank } from '../../../src/eval/metrics/ranked-list.js';
import { reciprocalRank } from '../../../src/eval/metrics/ranking.js';

const met = (userId: string, itemId: string) => ({ userId, itemId, rating: null });
const TRAIN = [met('u', 'a'), met('u', 'b'), met('v', 'a'), met('v', 'b'), met('v', 'c'), met('w', 'c')];

describe('interactions of train', () => {
  const log = [10, 11, 12, 13, 14].map((logIndex) => ({ ...met('u', `item ${logIndex}`), logIndex }));

  it('are counted once however many rows show them', () => {
    const train = [
      { target: 12, historyInteractions: [10, 11] },
      { target: 13, historyInteractions: [11, 12] },
    ];
    const items = trainInteractions(trainLines(train, []), log).map(({ itemId }) => itemId);
    expect(items).toEqual(['item 10', 'item 11', 'item 12', 'item 13']);
  });

  it('are without those that a row of valid or test asks for, even where train shows them', () => {
    const train = [{ target: 13, historyInteractions: [11, 12] }];
    const items = trainInteractions(trainLines(train, [{ target: 12 }, { target: 14 }]), log).map(
      ({ itemId }) => itemId,
    );
    expect(items).toEqual(['item 11', 'item 13']);
  });
});

describe('baselines of candidates', () => {
  it('popularity counts the interactions of train, and 0 for an item that is not there', () => {
    expect(popularity([...TRAIN, met('w', 'c')])(['c', 'a', 'z'])).toEqual([3, 2, 0]);
  });

  it('chance gives what guessing gets, exactly, wherever the target stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), (length, place) => {
        const scores = uniformChance(Array.from({ length }, (_, i) => `item ${i}`));
        let harmonic = 0;
        for (let rank = 1; rank <= length; rank++) harmonic += 1 / rank;
        expect(reciprocalRank(targetRank(scores, place % length))).toBeCloseTo(harmonic / length, 12);
      }),
    );
  });

  it.each([
    { case: 'the users who met both', history: ['a'], candidates: ['b', 'c', 'z'], expected: [2, 1, 0] },
    { case: 'the sum over the history', history: ['a', 'b'], candidates: ['c'], expected: [2] },
    { case: 'a history that shows an item twice as once', history: ['a', 'a'], candidates: ['b'], expected: [2] },
    { case: 'nothing for an empty history', history: [], candidates: ['a', 'b'], expected: [0, 0] },
    { case: 'no company of an item with itself', history: ['a'], candidates: ['a'], expected: [0] },
  ])('co-occurrence counts $case', ({ history, candidates, expected }) => {
    expect(coOccurrence(TRAIN)(candidates, history)).toEqual(expected);
  });

  it('the place that was right most often in train is scored by lists of the same length alone', () => {
    const row = (itemId: string, ...candidates: string[]) => ({ itemId, candidates });
    const places = frequentPosition([
      row('a', 'a', 'b', 'c'),
      row('b', 'a', 'b', 'c'),
      row('x', 'y', 'x', 'z'),
      row('q', 'p', 'q'),
      row('gone', 'p', 'q'), // no list holds it
      { itemId: 'a', candidates: null },
    ]);
    expect(places(['c', 'b', 'a'])).toEqual([1, 2, 0]);
    expect(places(['a', 'b'])).toEqual([0, 1]);
    expect(places(['a', 'b', 'c', 'd'])).toEqual([0, 0, 0, 0]);
  });

  it('the place baseline is right as often as the most frequent place, on the lists that it counted', () => {
    const list = fc
      .integer({ min: 2, max: 6 })
      .chain((length) => fc.record({ length: fc.constant(length), place: fc.nat(length - 1) }));
    fc.assert(
      fc.property(fc.array(list, { minLength: 1 }), (lists) => {
        const rows = lists.map(({ length, place }) => ({
          itemId: `item ${place}`,
          candidates: Array.from({ length }, (_, i) => `item ${i}`),
        }));
        const places = frequentPosition(rows);
        for (const { itemId, candidates } of rows) {
          const same = lists.filter(({ length }) => length === candidates.length);
          const times = same.filter(({ place }) => `item ${place}` === itemId).length;
          expect(places(candidates)[candidates.indexOf(itemId)]).toBe(times);
          expect(places(candidates).reduce((sum, count) => sum + count, 0)).toBe(same.length);
        }
      }),
    );
  });

  it('co-occurrence equals the count over all users on any log', () => {
    const item = fc.constantFrom('a', 'b', 'c', 'd');
    const user = fc.constantFrom('u', 'v', 'w', 'x');
    fc.assert(
      fc.property(fc.array(fc.tuple(user, item)), fc.array(item), fc.array(item), (pairs, history, candidates) => {
        const has = (who: string, what: string) => pairs.some(([u, i]) => u === who && i === what);
        const counted = candidates.map((candidate) => {
          let sum = 0;
          for (const one of new Set(history)) {
            if (one === candidate) continue;
            for (const who of ['u', 'v', 'w', 'x']) if (has(who, one) && has(who, candidate)) sum += 1;
          }
          return sum;
        });
        expect(coOccurrence(pairs.map(([u, i]) => met(u, i)))(candidates, history)).toEqual(counted);
      }),
    );
  });
});
