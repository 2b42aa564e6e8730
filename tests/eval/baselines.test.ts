import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemLikeRate, PRIOR_ROWS } from '../../src/eval/baselines/item-like-rate.js';
import { likedShare } from '../../src/eval/baselines/liked-share.js';
import { majorityClass } from '../../src/eval/baselines/majority-class.js';
import { countTrainLabels } from '../../src/eval/baselines/train-labels.js';
import { accuracy } from '../../src/eval/metrics/accuracy.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { probability } from '../../src/eval/metrics/brier.js';

const history = (...labels: (boolean | null)[]) => ({ historyLabels: labels });
const [yes, no] = [true, false];

describe('liked share of the shown history', () => {
  it.each([
    { case: '3 of 4', labels: [yes, yes, no, yes], probabilityOfLike: 3.5 / 5 },
    { case: 'all of 2', labels: [yes, yes], probabilityOfLike: 2.5 / 3 },
    { case: 'none of 1', labels: [no], probabilityOfLike: 0.5 / 2 },
    { case: 'an empty history', labels: [], probabilityOfLike: 0.5 },
    { case: 'unknown labels, which are not counted', labels: [null, yes, null], probabilityOfLike: 1.5 / 2 },
  ])('is smoothed for $case', ({ labels, probabilityOfLike }) => {
    const [logOdds] = likedShare([history(...labels)]);
    expect(probability(logOdds as number)).toBeCloseTo(probabilityOfLike, 12);
  });

  it('has the AUC of the plain share where all histories have one length', () => {
    const rows = fc.array(
      fc.record({ label: fc.boolean(), historyLabels: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }) }),
    );
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map(({ label }) => label);
        const plain = all.map(({ historyLabels }) => historyLabels.filter(Boolean).length / 10);
        expect(auc(likedShare(all), labels)).toBe(auc(plain, labels));
      }),
    );
  });

  it('is finite on any history', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(yes, no, null)), (labels) => {
        expect(likedShare([history(...labels)]).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe("target's like rate in train", () => {
  const train = countTrainLabels([
    { itemId: 'a', label: yes },
    { itemId: 'a', label: yes },
    { itemId: 'a', label: no },
    { itemId: 'b', label: no },
    { itemId: 'c', label: null },
  ]);
  const mean = 2.5 / 5; // (2 likes + 1/2) / (4 rows + 1)

  it.each([
    { item: 'a', expected: (2 + PRIOR_ROWS * mean) / (3 + PRIOR_ROWS) },
    { item: 'b', expected: (0 + PRIOR_ROWS * mean) / (1 + PRIOR_ROWS) },
    { item: 'c', expected: mean }, // its one row has no label
    { item: 'never seen', expected: mean },
  ])('of $item is smoothed towards the train mean', ({ item, expected }) => {
    const [logOdds] = itemLikeRate([{ itemId: item }], train);
    expect(probability(logOdds as number)).toBeCloseTo(expected, 12);
  });

  it('is one half without train rows, and finite when train has one label only', () => {
    expect(itemLikeRate([{ itemId: 'a' }], countTrainLabels([]))).toEqual([0]);
    const liked = countTrainLabels(Array.from({ length: 50 }, () => ({ itemId: 'a', label: true })));
    const [logOdds] = itemLikeRate([{ itemId: 'a' }], liked);
    expect(logOdds).toBeGreaterThan(3);
    expect(Number.isFinite(logOdds)).toBe(true);
  });

  it('lies between the rate of the item and the train mean on any train split', () => {
    const rows = fc.array(fc.record({ itemId: fc.constantFrom('a', 'b', 'c'), label: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(rows, (all) => {
        const counted = countTrainLabels(all);
        const whole = (all.filter(({ label }) => label).length + 0.5) / (all.length + 1);
        for (const itemId of new Set(all.map((row) => row.itemId))) {
          const own = all.filter((row) => row.itemId === itemId);
          const rate = own.filter(({ label }) => label).length / own.length;
          const p = probability(itemLikeRate([{ itemId }], counted)[0] as number);
          expect(p).toBeGreaterThanOrEqual(Math.min(rate, whole) - 1e-12);
          expect(p).toBeLessThanOrEqual(Math.max(rate, whole) + 1e-12);
        }
      }),
    );
  });
});

describe('majority class of train', () => {
  const row = (number: number) => ({ row: number });

  it.each([
    { case: 'mostly liked', labels: [yes, yes, no], expected: 2 / 3 },
    { case: 'mostly not liked', labels: [no, no, yes], expected: 1 / 3 },
  ])('calls every row alike when train is $case', ({ labels, expected }) => {
    const train = countTrainLabels(labels.map((label) => ({ itemId: 'a', label })));
    const scores = majorityClass([row(0), row(1), row(2)], train);
    const test = [yes, yes, no];
    expect(accuracy(scores, test)).toBeCloseTo(expected, 12);
    expect(auc(scores, test)).toBe(0.5);
  });

  it('says the smoothed like rate of train', () => {
    const train = countTrainLabels([yes, yes, no].map((label) => ({ itemId: 'a', label })));
    expect(probability(majorityClass([row(0)], train)[0] as number)).toBeCloseTo(2.5 / 4, 12);
  });
});
