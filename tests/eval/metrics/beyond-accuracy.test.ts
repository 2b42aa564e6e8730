import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverage, gini } from '../../../src/eval/metrics/catalogue.js';
import { intraListSimilarity } from '../../../src/eval/metrics/intra-list-similarity.js';
import { novelty } from '../../../src/eval/metrics/novelty.js';
import { popularityLiftByUsers } from '../../../src/eval/metrics/popularity-lift.js';
import { chancesOf, type ShownList, shownList } from '../../../src/eval/metrics/shown-list.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers } from '../../../src/eval/statistics/user-statistic.js';

const ITEMS = ['a', 'b', 'c', 'd', 'e'];
const CATALOGUE = new Set(ITEMS);
const popularity = (item: string) => ITEMS.indexOf(item) ** 2; // of a: 0
const alike = (a: string, b: string) => 1 / (ITEMS.indexOf(a) + ITEMS.indexOf(b));

/** Every choice of `count` of the items. */
function choices(items: readonly string[], count: number): string[][] {
  if (count === 0) return [[]];
  return items.flatMap((first, i) => choices(items.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
}

/** What a list may show, each as likely as the other. */
const outcomes = ({ sure, open, seats }: ShownList) => choices(open, seats).map((chosen) => [...sure, ...chosen]);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const anyList = fc
  .record({
    items: fc.subarray(ITEMS),
    scores: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }),
    k: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ items, scores, k }) => ({ items, k, scores: scores.slice(0, items.length) }));

describe('the K best of a list', () => {
  it('are what a stable sort gives, over every order of the candidates', () => {
    fc.assert(
      fc.property(anyList, ({ items, scores, k }) => {
        const orders = (rest: readonly number[]): number[][] =>
          rest.length === 0
            ? [[]]
            : rest.flatMap((one) => orders(rest.filter((other) => other !== one)).map((order) => [one, ...order]));
        const shown = orders(items.map((_, place) => place)).map((order) =>
          [...order].sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, k),
        );
        const chances = new Map(chancesOf(shownList(items, scores, k)).map(({ item, chance }) => [item, chance]));
        items.forEach((item, place) => {
          const share = shown.filter((places) => places.includes(place)).length / shown.length;
          expect(chances.get(item) ?? 0).toBeCloseTo(share, 12);
        });
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    { case: 'unequal numbers', items: ['a', 'b'], scores: [1] },
    { case: 'a score that is not finite', items: ['a'], scores: [Number.NaN] },
  ])('refuse $case', ({ items, scores }) => expect(() => shownList(items, scores, 1)).toThrow(RangeError));
});

describe('coverage and Gini', () => {
  it('are those of a worked example', () => {
    const lists = [shownList(['a', 'b', 'c'], [3, 2, 1], 2), shownList(['a', 'c', 'd'], [3, 2, 1], 1)];
    // a twice, b once, c, d and e never.
    expect(coverage(lists, CATALOGUE)).toBeCloseTo(2 / 5, 12);
    expect(gini(lists, CATALOGUE)).toBeCloseTo((2 * 1 + 4 * 2) / (5 * 3), 12);
  });

  it('have coverage as the expected share over every way to break the ties of each list', () => {
    fc.assert(
      fc.property(fc.array(anyList, { minLength: 1, maxLength: 3 }), (all) => {
        const lists = all.map(({ items, scores, k }) => shownList(items, scores, k));
        const together = lists.reduce<string[][]>(
          (before, list) => before.flatMap((seen) => outcomes(list).map((shown) => [...seen, ...shown])),
          [[]],
        );
        const plain = meanOf(together.map((shown) => new Set(shown).size / ITEMS.length));
        expect(coverage(lists, CATALOGUE)).toBeCloseTo(plain, 12);
      }),
      { numRuns: 50 },
    );
  });

  it('have Gini as the mean distance of two exposures, by the mean exposure', () => {
    fc.assert(
      fc.property(fc.array(anyList, { maxLength: 4 }), (all) => {
        const lists = all.map(({ items, scores, k }) => shownList(items, scores, k));
        const exposures = ITEMS.map((item) =>
          lists.flatMap(chancesOf).reduce((sum, one) => sum + (one.item === item ? one.chance : 0), 0),
        );
        const distances = exposures.flatMap((one) => exposures.map((other) => Math.abs(one - other)));
        const value = gini(lists, CATALOGUE);
        if (meanOf(exposures) === 0) expect(value).toBeUndefined();
        else expect(value).toBeCloseTo(meanOf(distances) / (2 * meanOf(exposures)), 10);
      }),
    );
  });

  it('are 0 for exposures that are all alike, and not defined without lists', () => {
    expect(gini([shownList(ITEMS, [1, 1, 1, 1, 1], 2)], CATALOGUE)).toBeCloseTo(0, 12);
    expect([coverage([], CATALOGUE), gini([], CATALOGUE), coverage([], new Set())]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('novelty and similarity within a list', () => {
  it('equal the mean over every way to break ties', () => {
    fc.assert(
      fc.property(anyList, ({ items, scores, k }) => {
        const list = shownList(items, scores, k);
        const bits = (item: string) => -Math.log2(Math.max(1, popularity(item)) / 30);
        const value = novelty(list, popularity, 30);
        if (items.length === 0) expect(value).toBeUndefined();
        else expect(value).toBeCloseTo(meanOf(outcomes(list).map((shown) => meanOf(shown.map(bits)))), 10);
        const similarity = intraListSimilarity(list, alike);
        if (Math.min(items.length, k) < 2) {
          expect(similarity).toBeUndefined();
          return;
        }
        const ofShown = (shown: string[]) => meanOf(choices(shown, 2).map(([a, b]) => alike(a as string, b as string)));
        expect(similarity).toBeCloseTo(meanOf(outcomes(list).map(ofShown)), 10);
      }),
    );
  });

  it('are not defined where train is empty, or one item is shown', () => {
    const one = shownList(['a'], [1], 3);
    expect([novelty(one, () => 0, 0), intraListSimilarity(one, alike)]).toEqual([undefined, undefined]);
  });
});

describe('popularity lift', () => {
  it('is the gain of the means over lists with a history', () => {
    const rows = [
      { shown: 6, history: 2 },
      { shown: 3, history: 4 },
      { shown: 9, history: undefined },
      { shown: undefined, history: 5 },
    ];
    const users = indexUsers(['a', 'b', 'b', 'c']);
    expect(onAllUsers(popularityLiftByUsers(rows, users), users)).toBeCloseTo((9 - 6) / 6, 12);
  });

  it('is not defined where no history is known', () => {
    const users = indexUsers(['a']);
    for (const history of [undefined, 0]) {
      expect(onAllUsers(popularityLiftByUsers([{ shown: 3, history }], users), users)).toBeUndefined();
    }
  });
});
